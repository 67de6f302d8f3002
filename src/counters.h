#ifndef HELLOD_COUNTERS_H
#define HELLOD_COUNTERS_H

#include "http/request.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What one worker has done. Only that worker writes, so an addition is a load and a store, no locked
 * instruction, and no line of memory goes from one processor to another; whoever wants the sum reads them
 * all, while they go on.
 */

enum counters_method { COUNTERS_GET, COUNTERS_HEAD, COUNTERS_OPTIONS, COUNTERS_OTHER, COUNTERS_METHODS };

/* Of the status classes 2xx to 5xx. */
enum { COUNTERS_CLASS_FIRST = 2, COUNTERS_CLASSES = 4 };

/* Room for every reason why a connection ends. */
enum { COUNTERS_REASONS = 24 };

/* Bucket I holds what took up to 2^I microseconds, the last one all that took longer. */
enum { COUNTERS_BUCKETS = 22 };

struct histogram {
    _Atomic uint64_t bucket[COUNTERS_BUCKETS];
    _Atomic uint64_t sum_nsec;
};

/* Nothing but counters, all of one type. All zero at first. */
struct counters {
    _Atomic uint64_t answers[COUNTERS_METHODS][COUNTERS_CLASSES];
    _Atomic uint64_t sent_bytes; /* heads and content, as the sockets took them */
    _Atomic uint64_t accepted;
    _Atomic uint64_t closes[COUNTERS_REASONS];
    _Atomic uint64_t cache_hits, cache_misses;
    struct histogram service; /* of a job: from taking an event to being free for the next one */
    struct histogram queue;   /* from putting a job into the pool's queue to a worker's taking it */
} __attribute__((aligned(64)));

/* By the worker that the counter belongs to. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

static inline uint64_t counter_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void counters_note_answer(struct counters *counters, enum method method, unsigned status);

void histogram_note(struct histogram *histogram, uint64_t nsec);

/* Adds all of one to another, which nobody else writes to. */
void counters_add(struct counters *sum, const struct counters *counters);

/* The upper limit of a bucket but the last, in microseconds. */
static inline uint64_t histogram_limit_usec(unsigned bucket)
{
    return UINT64_C(1) << bucket;
}

/* CLOCK_MONOTONIC, precise, in nanoseconds. */
uint64_t counters_clock(void);

#endif
