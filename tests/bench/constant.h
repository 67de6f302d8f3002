#ifndef HELLOD_TESTS_BENCH_CONSTANT_H
#define HELLOD_TESTS_BENCH_CONSTANT_H

#include <stddef.h>
#include <sys/types.h>

/* A reply that is made once: what servers send that are measured for their shape only. */

struct constant {
    char *bytes;   /* the head and, if that was asked for, the file; `count` times in a row */
    size_t length; /* of one */
    size_t count;
    int file_fd;
    off_t file_size;
};

/* Files up to `body_max` bytes are part of `bytes`. What fails ends the program. */
void constant_load(struct constant *ret, const char *path, off_t body_max, size_t count);

#endif
