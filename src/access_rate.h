#ifndef HELLOD_ACCESS_RATE_H
#define HELLOD_ACCESS_RATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * How many entries may be written: so many a second, and twice as many at once after a quiet time. One number
 * for all threads, the moment from which on the entries that were admitted would have come one by one. Who is
 * not admitted only reads it, so that a flood doesn't pass a cache line round.
 */

struct access_rate {
    _Atomic int64_t due_nsec;
    int64_t interval_nsec; /* 0: no limit */
    int64_t burst_nsec;
};

/* 1 to 1,000,000 a second; 0: no limit. */
void access_rate_init(struct access_rate *ret, unsigned per_second);

/* Whether one more entry may be written at that moment of CLOCK_MONOTONIC. Any thread. */
bool access_rate_admits(struct access_rate *rate, int64_t now_nsec);

#endif
