/* A bucket that leaks by the clock alone; see access_rate.h. */
#include "access_rate.h"

#define NSEC_PER_SEC INT64_C(1000000000)

enum { BURST_SECONDS = 2 };

void access_rate_init(struct access_rate *ret, unsigned per_second)
{
    *ret = (struct access_rate){
        .interval_nsec = per_second > 0 ? NSEC_PER_SEC / per_second : 0,
        .burst_nsec = BURST_SECONDS * NSEC_PER_SEC,
    };
}

bool access_rate_take(struct access_rate *rate, int64_t now_nsec)
{
    int64_t due = atomic_load_explicit(&rate->due_nsec, memory_order_relaxed), from;
    do {
        from = due > now_nsec ? due : now_nsec;
        if (from - now_nsec > rate->burst_nsec - rate->interval_nsec)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&rate->due_nsec, &due, from + rate->interval_nsec,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}
