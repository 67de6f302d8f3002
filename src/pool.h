#ifndef HELLOD_POOL_H
#define HELLOD_POOL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A fixed pool of threads with one queue: an epoll set that all workers share. Whoever is free takes the next
 * job; a job is either a file descriptor that became ready or a function given to pool_execute(). The pool
 * knows nothing of what its jobs do.
 *
 * A watched fd fires once (EPOLLONESHOT), then is silent until it is armed again: so at most one worker
 * handles it at a time. After pool_arm() another worker may already be at it: whoever armed it must not touch
 * what belongs to it any more. Who arms it with EPOLLET instead has an event for every edge, and sees to it
 * that two workers who have one each don't get into each other's way.
 *
 * Every function may be called from any thread, workers included, save where it says otherwise. Workers start
 * with the signal mask of the thread that starts them.
 */

struct pool;

typedef void pool_job(void *argument, unsigned worker);

/* Called by a worker when a watched fd is ready; `events` as epoll_wait(2) gave them. */
typedef void pool_ready(void *context, unsigned worker, uint64_t key, uint32_t events);

struct pool_options {
    unsigned size; /* threads, 1 to POOL_SIZE_MAX; workers are numbered from 0 */
    /* So many of them, those of the lowest numbers, wait for jobs at once; 0: all. The others step in for who
     * is held up at a job for some milliseconds, and step back when he goes on. Meant to be the number of
     * CPUs, where jobs seldom wait. */
    unsigned concurrency;
    const char *name;  /* of the threads: NAME-w0, NAME-w1, ...; at most 9 bytes are kept */
    pool_ready *ready; /* NULL where no fd will be watched */
    void *context;     /* its first argument */
    bool unmanned;     /* no worker runs before pool_man() */
    int epoll_fd;      /* an epoll set to go on with, which the pool takes over; 0: a new one */
};

enum { POOL_SIZE_MAX = 256 };

/* Keys from here on are the pool's own. */
#define POOL_KEY_RESERVED (UINT64_MAX - 15)

/*
 * 0 with the pool in *ret, running, to be ended by pool_end(). -EINVAL for a size of 0 or past the maximum,
 * or the errno of what could not be made (a thread, say): then nothing is left behind.
 */
int pool_start(struct pool **ret, const struct pool_options *options);

/*
 * Starts so many of the workers that don't run yet, in the order of their numbers, or all that are left. 0,
 * or the negative errno of pthread_create(3): those that run go on. Only by one thread at a time, and not
 * while the pool pauses.
 */
int pool_man(struct pool *pool, unsigned workers);

/* Queues a job. 0; -ESHUTDOWN after pool_drain(); -ENOMEM. Jobs are taken in order, each run exactly once. */
int pool_execute(struct pool *pool, pool_job *run, void *argument);

/* Adds an fd to the set, armed for `events` once. 0 or the negative errno of epoll_ctl(2). */
int pool_watch(struct pool *pool, int fd, uint32_t events, uint64_t key);

/* Arms a watched fd again. 0 or the negative errno of epoll_ctl(2). */
int pool_arm(struct pool *pool, int fd, uint32_t events, uint64_t key);

/* Takes an fd out of the set; an event of it that a worker already has still runs. Closing an fd does the
 * same. */
int pool_unwatch(struct pool *pool, int fd);

/*
 * Returns 0 when no worker is at a job; none begins one until pool_resume(). What is ready or queued waits.
 * -ETIMEDOUT where a job lasts longer than that: then all go on. Not from a worker, and not after
 * pool_drain().
 */
int pool_pause(struct pool *pool, uint64_t patience_usec);
void pool_resume(struct pool *pool);

/*
 * Grows by one as the worker takes something to do and as it is done with it: odd while it is at a job, even
 * while it waits for one or stands still. `worker` is below the pool's size. Any thread.
 */
uint64_t pool_turns(const struct pool *pool, unsigned worker);

/* The set, with all that is watched in it, for a successor of this process; close-on-exec. */
int pool_epoll_fd(const struct pool *pool);

/*
 * Refuses new jobs from now on; the workers run what is queued, then leave one by one. Does not wait. Ready
 * fds are handled until the last queued job was taken, not after.
 */
void pool_drain(struct pool *pool);

/* Drains if that hasn't happened, waits for every worker, frees the pool. Not from a worker. NULL is fine.
 * Returns the jobs run. */
uint64_t pool_end(struct pool *pool);

#endif
