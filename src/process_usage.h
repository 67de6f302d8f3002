#ifndef HELLOD_PROCESS_USAGE_H
#define HELLOD_PROCESS_USAGE_H

#include <stdint.h>

/* What this process takes of the machine, as the kernel tells. What it doesn't tell is 0. */
struct process_usage {
    uint64_t resident_bytes, virtual_bytes;
    uint64_t cpu_nsec;
    uint64_t fds, fds_max; /* open, and allowed */
};

void process_usage_read(struct process_usage *ret);

#endif
