#ifndef HELLOD_WATCHDOG_H
#define HELLOD_WATCHDOG_H

#include "pool.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the workers get on, told to the service manager, which restarts a service that says nothing for as
 * long as its unit allows (WatchdogSec= of systemd.service(5)). A worker that waits for a job is well, one
 * that has been at the same job for half that time is stuck: with a disk that doesn't answer, say. As long as
 * one is, nothing is said.
 *
 * The service manager watches only while there are connections: without any, no worker is at a job, and
 * nothing has to wake up for it. For the main thread.
 */

struct watchdog_worker {
    uint64_t turns;
    int64_t since_usec; /* when these turns were seen first */
    bool stuck;
};

struct watchdog {
    uint64_t usec;       /* WatchdogSec=; 0: nobody watches */
    uint64_t stuck_usec; /* a job may take that long */
    int64_t pinged_usec;
    bool watches;
    unsigned stuck; /* workers */
    struct watchdog_worker workers[POOL_SIZE_MAX];
};

/* A job may take half of `usec`; 15 s where that is 0. */
void watchdog_init(struct watchdog *ret, uint64_t usec);

/* The service manager, which watches from service_ready() on, is not to. */
void watchdog_rest(struct watchdog *watchdog);

/*
 * Looks at every worker of the pool, whose size is given, and pings if all are well and it is time. To be
 * called every second while there are connections, and with `busy` false once when there are none any more.
 * A worker that is found stuck, and one that goes on, is logged. `now_usec`: of CLOCK_MONOTONIC.
 */
void watchdog_look(struct watchdog *watchdog, const struct pool *pool, unsigned size, bool busy,
                   int64_t now_usec);

/* Nothing will be looked at for a while that is bounded otherwise: pings now, unless a worker is stuck. */
void watchdog_ping(struct watchdog *watchdog, int64_t now_usec);

#endif
