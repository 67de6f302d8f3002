#ifndef HELLOD_ACCESS_TALLY_H
#define HELLOD_ACCESS_TALLY_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "http/str.h"

/*
 * What is counted of the requests that are not written one by one. A worker has one of its own, with a lock
 * that is free but for the moment, once a second, in which the counts are taken away.
 */

enum { ACCESS_STATUS_MAX = 600, ACCESS_SLOWEST_MAX = 200 };

struct access_counts {
    uint64_t requests, bytes;
    int64_t slowest_usec;
    size_t slowest_length;
    char slowest[ACCESS_SLOWEST_MAX]; /* its request line, not escaped, cut */
    uint32_t status[ACCESS_STATUS_MAX];
};

struct access_tally {
    pthread_mutex_t lock;
    struct access_counts counts;
} __attribute__((aligned(64)));

/* All zero at first. */
void access_tally_init(struct access_tally *ret);

/* One request more, of which `head` begins with the request line. */
void access_tally_note(struct access_tally *tally, unsigned status, uint64_t bytes, int64_t duration_usec,
                       struct str head);

/* Adds all of it to *sum, and begins anew. */
void access_tally_take(struct access_tally *tally, struct access_counts *sum);

/* Room for the text of any counts. */
enum { ACCESS_TALLY_TEXT_MAX = 4096 };

/* "Not written one by one: 4711 requests in 1.0 s, ..." of what was counted within that time. */
void access_tally_format(const struct access_counts *counts, int64_t period_usec, char *buffer, size_t size);

#endif
