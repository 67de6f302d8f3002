/* Adding up; see counters.h. */
#include "counters.h"

#include <stddef.h>
#include <time.h>

_Static_assert(sizeof(struct counters) % sizeof(uint64_t) == 0, "a row of counters");
_Static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t), "as plain numbers they outlive the process");

static enum counters_method method_of(enum method method)
{
    switch (method) {
    case METHOD_GET:
        return COUNTERS_GET;
    case METHOD_HEAD:
        return COUNTERS_HEAD;
    case METHOD_OPTIONS:
        return COUNTERS_OPTIONS;
    default:
        return COUNTERS_OTHER;
    }
}

void counters_note_answer(struct counters *counters, enum method method, unsigned status)
{
    unsigned class = status / 100 - COUNTERS_CLASS_FIRST;
    if (class < COUNTERS_CLASSES)
        counter_add(&counters->answers[method_of(method)][class], 1);
}

/* The first bucket whose limit is not below. */
static unsigned bucket_of(uint64_t nsec)
{
    uint64_t usec = (nsec + 999) / 1000;
    unsigned bucket = usec <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(usec - 1);
    return bucket < COUNTERS_BUCKETS ? bucket : COUNTERS_BUCKETS - 1;
}

void histogram_note(struct histogram *histogram, uint64_t nsec)
{
    counter_add(&histogram->bucket[bucket_of(nsec)], 1);
    counter_add(&histogram->sum_nsec, nsec);
}

void counters_add(struct counters *sum, const struct counters *counters)
{
    _Atomic uint64_t *to = (_Atomic uint64_t *)sum;
    const _Atomic uint64_t *from = (const _Atomic uint64_t *)counters;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        counter_add(&to[i], counter_get(&from[i]));
}

uint64_t counters_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
