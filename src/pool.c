/*
 * The pool: threads that share one epoll set. The kernel's ready list is the job queue, so "whoever is free
 * takes the next job" costs no lock of ours. Jobs given as functions stand in a list; an eventfd in the same
 * set, readable while that list is not empty, makes them one more thing that is ready.
 *
 * Invariants: a worker takes one event at a time; the job list's eventfd is armed or in the hands of exactly
 * one worker; the eventfd is readable if and only if the list is not empty; `halt_fd` is readable while the
 * pool pauses and once its workers are to leave.
 */
#include "pool.h"

#include "log.h"
#include "reserve.h"
#include "thread.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* While the kernel is too short of memory to arm the job list's eventfd, whoever holds it looks so often. */
enum { RETRY_MSEC = 100 };

#define KEY_JOBS (POOL_KEY_RESERVED + 0)
#define KEY_HALT (POOL_KEY_RESERVED + 1)

struct job {
    struct job *next;
    pool_job *run;
    void *argument;
};

struct worker {
    struct pool *pool;
    pthread_t thread;
    unsigned number;
    bool is_reserve;
    bool holds_jobs; /* the job list's eventfd is in its hands: it couldn't be armed */
    struct reserve_duty duty;
};

struct pool {
    int epoll_fd;
    int jobs_fd;
    int halt_fd;
    _Atomic bool halted;
    pool_ready *ready;
    void *context;
    char name[10];
    unsigned size, concurrency; /* of workers, and of those that wait for jobs at once */

    pthread_mutex_t lock; /* over all up to `started` */
    pthread_cond_t changed;
    struct job *first, **end;
    uint64_t jobs_taken;
    bool draining, leaving, pausing;
    unsigned paused; /* workers that stand still */

    struct reserve reserve;
    struct reserve_post *posts;
    unsigned started; /* workers whose thread runs */
    struct worker workers[];
};

static void lock(struct pool *pool)
{
    int r = pthread_mutex_lock(&pool->lock);
    assert(r == 0);
}

static void unlock(struct pool *pool)
{
    int r = pthread_mutex_unlock(&pool->lock);
    assert(r == 0);
}

static void broadcast(struct pool *pool)
{
    int r = pthread_cond_broadcast(&pool->changed);
    assert(r == 0);
}

/* With the lock held. */
static void await_change(struct pool *pool)
{
    int r = pthread_cond_wait(&pool->changed, &pool->lock);
    assert(r == 0);
}

static void raise_event(int fd)
{
    ssize_t n = write(fd, &(uint64_t){1}, sizeof(uint64_t));
    assert(n == sizeof(uint64_t));
}

static void clear_event(int fd)
{
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof count);
    assert(n == sizeof count);
}

static void halt(struct pool *pool)
{
    if (!atomic_exchange(&pool->halted, true))
        raise_event(pool->halt_fd);
    reserve_wake(&pool->reserve);
}

static void send_home(struct pool *pool)
{
    pool->leaving = true;
    halt(pool);
}

/* The next job, or NULL; whoever takes the last one of a draining pool sends everybody home. */
static struct job *take_job(struct pool *pool)
{
    lock(pool);
    struct job *job = pool->first;
    if (job) {
        pool->first = job->next;
        pool->jobs_taken++;
        if (!pool->first) {
            pool->end = &pool->first;
            clear_event(pool->jobs_fd);
            if (pool->draining)
                send_home(pool);
        }
    }
    unlock(pool);
    return job;
}

static void run_job(struct worker *worker)
{
    struct job *job = take_job(worker->pool);
    worker->holds_jobs = pool_arm(worker->pool, worker->pool->jobs_fd, EPOLLIN, KEY_JOBS) < 0;
    if (!job)
        return;
    job->run(job->argument, worker->number);
    free(job);
}

/* Between two jobs: stands still while the pool pauses. False: time to leave. */
static bool stand_still(struct pool *pool)
{
    lock(pool);
    pool->paused++;
    broadcast(pool);
    while (pool->pausing)
        await_change(pool);
    pool->paused--;
    bool stay = !pool->leaving;
    unlock(pool);
    return stay;
}

static void do_job(struct worker *worker, const struct epoll_event *event)
{
    struct pool *pool = worker->pool;
    log_debug("Worker %u got a job; executing.", worker->number);
    if (event->data.u64 == KEY_JOBS)
        run_job(worker);
    else
        pool->ready(pool->context, worker->number, event->data.u64, event->events);
}

/* Only the worker itself writes. */
static void count_turn(struct worker *worker)
{
    _Atomic uint64_t *turns = &worker->pool->posts[worker->number].turns;
    atomic_store_explicit(turns, atomic_load_explicit(turns, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* Whether it waits for events. */
static bool is_on_duty(struct worker *worker)
{
    return !worker->is_reserve || reserve_duty_lasts(&worker->duty) || worker->holds_jobs;
}

/* How long at most, in milliseconds; -1: as long as it takes. */
static int patience_of(const struct worker *worker)
{
    return worker->holds_jobs ? RETRY_MSEC : worker->is_reserve ? RESERVE_LOOK_MSEC : -1;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    struct epoll_event event;

    while (!atomic_load_explicit(&pool->halted, memory_order_acquire) || stand_still(pool)) {
        if (!is_on_duty(worker)) {
            reserve_stand_by(&pool->reserve, &worker->duty);
            continue;
        }
        int patience = patience_of(worker);
        int n = epoll_wait(pool->epoll_fd, &event, 1, patience);
        if (n < 0 && errno == EINTR)
            continue;
        assert(n == 1 || (n == 0 && patience >= 0));
        count_turn(worker);
        if (n == 1 && event.data.u64 != KEY_HALT)
            do_job(worker, &event);
        if (worker->holds_jobs)
            run_job(worker);
        count_turn(worker);
    }
    log_debug("Worker %u shutting down.", worker->number);
    return NULL;
}

static int start_worker(struct pool *pool, unsigned number)
{
    struct worker *worker = &pool->workers[number];
    *worker = (struct worker){.pool = pool, .number = number, .is_reserve = number >= pool->concurrency};
    char name[sizeof pool->name + sizeof "-w4294967295"];
    snprintf(name, sizeof name, "%s-w%u", pool->name, number);
    int r = thread_start(&worker->thread, name, work, worker);
    pool->started += r == 0;
    return r;
}

static int watch_own_fds(struct pool *pool)
{
    if (pool->epoll_fd < 0)
        pool->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    pool->jobs_fd = eventfd(0, EFD_CLOEXEC);
    pool->halt_fd = eventfd(0, EFD_CLOEXEC);
    if (pool->epoll_fd < 0 || pool->jobs_fd < 0 || pool->halt_fd < 0)
        return -errno;
    int r = pool_watch(pool, pool->jobs_fd, EPOLLIN, KEY_JOBS);
    if (r < 0)
        return r;
    /* Not one-shot: it must reach every worker. */
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = KEY_HALT};
    return epoll_ctl(pool->epoll_fd, EPOLL_CTL_ADD, pool->halt_fd, &event) < 0 ? -errno : 0;
}

static struct pool *pool_new(const struct pool_options *options)
{
    struct pool *pool = calloc(1, sizeof *pool + options->size * sizeof pool->workers[0]);
    struct reserve_post *posts = calloc(options->size, sizeof posts[0]);
    if (!pool || !posts) {
        free(pool);
        free(posts);
        return NULL;
    }
    pool->posts = posts;
    pool->epoll_fd = options->epoll_fd > 0 ? options->epoll_fd : -1;
    pool->jobs_fd = pool->halt_fd = -1;
    pool->size = options->size;
    pool->concurrency = options->concurrency > 0 ? options->concurrency : options->size;
    pool->ready = options->ready;
    pool->context = options->context;
    pool->end = &pool->first;
    snprintf(pool->name, sizeof pool->name, "%s", options->name);
    int r = pthread_mutex_init(&pool->lock, NULL);
    assert(r == 0);
    r = pthread_cond_init(&pool->changed, NULL);
    assert(r == 0);
    reserve_init(&pool->reserve);
    return pool;
}

static void set_up_reserve(struct pool *pool)
{
    pool->reserve.posts = pool->posts;
    pool->reserve.size = pool->size;
    pool->reserve.epoll_fd = pool->epoll_fd;
    pool->reserve.halt_fd = pool->halt_fd;
    pool->reserve.halted = &pool->halted;
}

int pool_man(struct pool *pool, unsigned workers)
{
    int r = 0;
    for (unsigned i = 0; r == 0 && i < workers && pool->started < pool->size; i++)
        r = start_worker(pool, pool->started);
    return r;
}

int pool_start(struct pool **ret, const struct pool_options *options)
{
    if (options->size == 0 || options->size > POOL_SIZE_MAX)
        return -EINVAL;
    struct pool *pool = pool_new(options);
    if (!pool)
        return -ENOMEM;
    int r = watch_own_fds(pool);
    set_up_reserve(pool);
    if (r == 0 && !options->unmanned)
        r = pool_man(pool, pool->size);
    if (r < 0) {
        pool_end(pool);
        return r;
    }
    *ret = pool;
    return 0;
}

int pool_execute(struct pool *pool, pool_job *run, void *argument)
{
    struct job *job = malloc(sizeof *job);
    if (!job)
        return -ENOMEM;
    *job = (struct job){.run = run, .argument = argument};
    lock(pool);
    if (pool->draining) {
        unlock(pool);
        free(job);
        return -ESHUTDOWN;
    }
    if (!pool->first)
        raise_event(pool->jobs_fd);
    *pool->end = job;
    pool->end = &job->next;
    unlock(pool);
    return 0;
}

static int control(struct pool *pool, int operation, int fd, uint32_t events, uint64_t key)
{
    struct epoll_event event = {.events = events & EPOLLET ? events : events | EPOLLONESHOT, .data.u64 = key};
    return epoll_ctl(pool->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

int pool_watch(struct pool *pool, int fd, uint32_t events, uint64_t key)
{
    return control(pool, EPOLL_CTL_ADD, fd, events, key);
}

int pool_arm(struct pool *pool, int fd, uint32_t events, uint64_t key)
{
    return control(pool, EPOLL_CTL_MOD, fd, events, key);
}

int pool_unwatch(struct pool *pool, int fd)
{
    return control(pool, EPOLL_CTL_DEL, fd, 0, 0);
}

/* With the lock held. */
static void end_pause(struct pool *pool)
{
    pool->pausing = false;
    atomic_store(&pool->halted, false);
    clear_event(pool->halt_fd);
    broadcast(pool);
}

static struct timespec moment_in(uint64_t usec)
{
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    uint64_t nsec = (uint64_t)moment.tv_nsec + usec % 1000000 * 1000;
    moment.tv_sec += (time_t)(usec / 1000000 + nsec / 1000000000);
    moment.tv_nsec = (long)(nsec % 1000000000);
    return moment;
}

void pool_drain(struct pool *pool)
{
    lock(pool);
    if (pool->pausing)
        end_pause(pool);
    if (!pool->draining && !pool->first && pool->halt_fd >= 0)
        send_home(pool);
    pool->draining = true;
    unlock(pool);
}

int pool_pause(struct pool *pool, uint64_t patience_usec)
{
    struct timespec until = moment_in(patience_usec);
    int r = 0;
    lock(pool);
    assert(!pool->pausing && !pool->draining);
    pool->pausing = true;
    halt(pool);
    while (r == 0 && pool->paused < pool->started)
        r = pthread_cond_clockwait(&pool->changed, &pool->lock, CLOCK_MONOTONIC, &until);
    assert(r == 0 || r == ETIMEDOUT);
    if (r != 0)
        end_pause(pool);
    unlock(pool);
    return -r;
}

void pool_resume(struct pool *pool)
{
    lock(pool);
    assert(pool->pausing);
    end_pause(pool);
    unlock(pool);
}

uint64_t pool_turns(const struct pool *pool, unsigned worker)
{
    return atomic_load_explicit(&pool->posts[worker].turns, memory_order_relaxed);
}

int pool_epoll_fd(const struct pool *pool)
{
    return pool->epoll_fd;
}

uint64_t pool_end(struct pool *pool)
{
    if (!pool)
        return 0;
    pool_drain(pool);
    for (unsigned i = 0; i < pool->started; i++) {
        int r = pthread_join(pool->workers[i].thread, NULL);
        assert(r == 0);
    }
    assert(!pool->first);
    uint64_t jobs = pool->jobs_taken;
    int fds[] = {pool->epoll_fd, pool->jobs_fd, pool->halt_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    reserve_end(&pool->reserve);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool->posts);
    free(pool);
    return jobs;
}
