#ifndef HELLOD_TALLY_H
#define HELLOD_TALLY_H

#include "counters.h"
#include "pool.h"
#include "state.h"
#include "workspace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The counters of all desks, those of the workers and behind them the main thread's: summed up, carried over
 * to a successor, and the one that no worker can count, how long a job waits in the queue.
 */

/* All that the desks have counted. Any thread, while they go on. */
void tally_sum(const struct workspace *desks, unsigned workers, struct counters *ret);

/*
 * Puts all counters into a state, and gets them out again, for as many workers as there are then: 0 or
 * -EBADMSG. What was counted by a worker that there is no more goes to the main thread.
 */
void tally_put(const struct workspace *desks, unsigned workers, struct state *state);
int tally_get(struct workspace *desks, unsigned workers, struct state *state);

/* A job that measures the queue by going through it; one at a time. All zero at first, then `desks` is set.
 */
struct tally_probe {
    struct workspace *desks;
    _Atomic bool under_way;
    uint64_t put_nsec;
};

/* Puts it in, unless it is under way still or the pool takes no more. For the main thread. */
void tally_probe_queue(struct tally_probe *probe, struct pool *pool);

#endif
