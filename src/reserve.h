#ifndef HELLOD_RESERVE_H
#define HELLOD_RESERVE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The reserve of a pool: workers that don't wait for events, but step in for who is held up at a job.
 *
 * An event that finds every waiting worker busy but one asleep wakes that one, for a job that a busy one
 * would have got to a moment later; with more workers than CPUs such wakes cost more than the jobs. So no
 * more of them wait than there are CPUs. One of the rest keeps the lookout: as long as anything is ready in
 * the epoll set it looks every few milliseconds who is at the same job as before, and stands in for him until
 * he goes on. Where nobody was for a while, it looks less often: a look, too, may move a worker to another
 * CPU. While nothing is ready all of them sleep.
 */

/* One for each worker of the pool, 0 at first. */
struct reserve_post {
    _Atomic uint64_t
        turns;           /* by the worker: grows as it takes a job and as it is done with it; odd between */
    uint64_t seen_turns; /* by the lookout */
    bool is_stood_for;   /* by the lookout: at that turn */
    char apart[64];      /* no worker writes to the line of memory of another */
};

/* Whom a worker of the reserve stands in for; 0: nobody. The worker's own. */
struct reserve_duty {
    const struct reserve_post *post; /* NULL: it stands by */
    uint64_t turns;
};

/* All but the lock's is const once it is set up. */
struct reserve {
    struct reserve_post *posts; /* borrowed, `size` of them */
    unsigned size;
    int epoll_fd, halt_fd;      /* borrowed; the second is readable while `halted` is set */
    const _Atomic bool *halted; /* borrowed: all are to come back from reserve_stand_by() */
    pthread_mutex_t lock;       /* over what follows */
    pthread_cond_t changed;
    bool lookout_is_kept;
};

/* Readies lock and condition; the caller sets the members above them before any thread stands by. */
void reserve_init(struct reserve *reserve);

/* Nobody stands by any more. */
void reserve_end(struct reserve *reserve);

/* Returns with a duty, or without one when the pool halts. A worker's thread. */
void reserve_stand_by(struct reserve *reserve, struct reserve_duty *ret);

/* After `halted` was set. Any thread. */
void reserve_wake(struct reserve *reserve);

/* Whether he for whom it stands in is held up still; false too where there is none. Ends a duty that is over.
 * A worker's thread. */
bool reserve_duty_lasts(struct reserve_duty *duty);

/*
 * From one look to the next; so long, too, may a worker on such duty wait for an event before it asks again
 * whether its duty lasts. Then the same after so many looks that found nobody.
 */
enum { RESERVE_LOOK_MSEC = 4, RESERVE_LOOK_CALM_MSEC = 16, RESERVE_LOOKS_MAX = 64 };

#endif
