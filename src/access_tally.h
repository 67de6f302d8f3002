#ifndef HELLOD_ACCESS_TALLY_H
#define HELLOD_ACCESS_TALLY_H

#include "counters.h"
#include "http/str.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is counted of the requests that are not written one by one. A worker has a tally of its own, which
 * only it adds to, and which only grows: whoever takes the counts away remembers what he has had. The one
 * lock is over the request that took longest, which is seldom another one.
 */

enum { ACCESS_STATUS_MAX = 600, ACCESS_SLOWEST_MAX = 200 };

struct access_counts {
    uint64_t requests, bytes;
    int64_t slowest_usec; /* -1: not known */
    size_t slowest_length;
    char slowest[ACCESS_SLOWEST_MAX]; /* its request line, not escaped, cut */
    uint32_t status[ACCESS_STATUS_MAX];
};

struct access_tally {
    _Atomic uint64_t bytes;
    _Atomic int64_t slowest_usec; /* -1: none; written with the lock held */
    _Atomic uint32_t status[ACCESS_STATUS_MAX];
    pthread_mutex_t lock; /* over the rest of the slowest one */
    size_t slowest_length;
    char slowest[ACCESS_SLOWEST_MAX];
    uint64_t bytes_taken; /* from here on: of whoever takes */
    uint32_t status_taken[ACCESS_STATUS_MAX];
} __attribute__((aligned(64)));

void access_tally_init(struct access_tally *ret);

/* It is the slowest one so far. */
void access_tally_note_slowest(struct access_tally *tally, int64_t duration_usec, struct str head);

/* By the tally's worker: one request more, of which `head` begins with the request line. What that worker
 * does next, others see only when they see this. */
static inline void access_tally_note(struct access_tally *tally, unsigned status, uint64_t bytes,
                                     int64_t duration_usec, struct str head)
{
    if (duration_usec > atomic_load_explicit(&tally->slowest_usec, memory_order_relaxed))
        access_tally_note_slowest(tally, duration_usec, head);
    counter_add(&tally->bytes, bytes);
    assert(status < ACCESS_STATUS_MAX);
    atomic_fetch_add(&tally->status[status], 1);
}

/* By one thread: adds all that is new to *sum. */
void access_tally_take(struct access_tally *tally, struct access_counts *sum);

/* Room for the text of any counts. */
enum { ACCESS_TALLY_TEXT_MAX = 4096 };

/* "Not written one by one: 4711 requests in 1.0 s, ..." of what was counted within that time. */
void access_tally_format(const struct access_counts *counts, int64_t period_usec, char *buffer, size_t size);

#endif
