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

/* Takes its place, if there is one. Any thread. */
bool access_rate_take(struct access_rate *rate, int64_t now_nsec);

static inline bool access_rate_is_reached(const struct access_rate *rate, int64_t now_nsec)
{
    return atomic_load_explicit(&rate->due_nsec, memory_order_relaxed) - now_nsec >
           rate->burst_nsec - rate->interval_nsec;
}

/* Whether one more entry may be written at that moment of CLOCK_MONOTONIC. Any thread. */
static inline bool access_rate_admits(struct access_rate *rate, int64_t now_nsec)
{
    return rate->interval_nsec == 0 ||
           (!access_rate_is_reached(rate, now_nsec) && access_rate_take(rate, now_nsec));
}

#endif
