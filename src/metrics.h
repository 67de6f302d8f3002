#ifndef HELLOD_METRICS_H
#define HELLOD_METRICS_H

#include "clients.h"
#include "process_usage.h"
#include "state.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* All that can be told of a running server at one moment, and telling it to Prometheus. */

/* What goes on over a reload besides the clients' counters. Plain data. */
struct history {
    int64_t started_usec; /* real time; of the process, which a reload replaces in its place */
    uint64_t reloads;
    int64_t pause_usec;   /* of the last of them: how long no worker ran */
    uint64_t log_dropped; /* by predecessors */
};

/* Of a server that has just started. */
void history_begin(struct history *history);

/* For a successor, and by it: 0, or -EBADMSG. */
void history_put(const struct history *history, struct state *state);
int history_get(struct history *history, struct state *state);

struct metrics {
    struct clients_measures clients;
    struct history history;
    struct process_usage process;
    uint64_t log_dropped;
};

/* For the main thread. */
void metrics_gather(struct clients *clients, const struct history *history, struct metrics *ret);

/*
 * The text format of Prometheus, version 0.0.4: of each metric what it means, what kind it is, and its
 * values. Counters never go backwards while the service runs.
 */
#define METRICS_MEDIA_TYPE "text/plain; version=0.0.4"
void metrics_write(const struct metrics *metrics, FILE *out);

#endif
