/*
 * Jobs that are functions: pool_execute() against GLib's GThreadPool.
 *     jobs THREADS EMPTY_JOBS BLOCKING_JOBS ROUNDS
 *
 * Empty jobs cost what the queue costs; each blocking job sleeps for a millisecond. One thread hands out all
 * of a kind, then waits for the last. Prints a line a measurement, the pools in turn: KIND POOL JOBS
 * WALL_NSEC CPU_NSEC
 */
#include "net.h"
#include "pool.h"

#include <err.h>
#include <glib.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { JOBS_MAX = 100000000, ROUNDS_MAX = 100 };

struct kind {
    const char *name;
    void (*run)(void);
};

static _Atomic unsigned done;

static void run_empty(void)
{
    atomic_fetch_add_explicit(&done, 1, memory_order_relaxed);
}

static void run_blocking(void)
{
    struct timespec time = {.tv_nsec = 1000000};
    nanosleep(&time, NULL); /* lint: sleeps, because it stands for a job that blocks */
    run_empty();
}

static const struct kind kinds[] = {{"empty", run_empty}, {"blocking", run_blocking}};

static void pool_runs(void *kind, unsigned worker)
{
    (void)worker;
    ((const struct kind *)kind)->run();
}

static void execute_all(const struct kind *kind, unsigned threads, unsigned jobs)
{
    const struct pool_options options = {.size = threads, .name = "jobs"};
    struct pool *pool;
    if (pool_start(&pool, &options) < 0)
        errx(1, "pool_start");
    for (unsigned i = 0; i < jobs; i++)
        if (pool_execute(pool, pool_runs, (void *)(uintptr_t)kind) < 0)
            errx(1, "pool_execute");
    pool_end(pool);
}

static void glib_runs(void *kind, void *unused)
{
    (void)unused;
    ((const struct kind *)kind)->run();
}

static void push_all(const struct kind *kind, unsigned threads, unsigned jobs)
{
    GError *error = NULL;
    GThreadPool *pool = g_thread_pool_new(glib_runs, NULL, (int)threads, TRUE, &error);
    if (error)
        errx(1, "g_thread_pool_new: %s", error->message);
    for (unsigned i = 0; i < jobs; i++)
        if (!g_thread_pool_push(pool, (void *)(uintptr_t)kind, NULL))
            errx(1, "g_thread_pool_push");
    g_thread_pool_free(pool, FALSE, TRUE);
}

static uint64_t cpu_nsec(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void measure(const char *name, void (*all)(const struct kind *, unsigned, unsigned),
                    const struct kind *kind, unsigned threads, unsigned jobs)
{
    uint64_t wall = net_now_nsec(), cpu = cpu_nsec();
    atomic_store(&done, 0);
    all(kind, threads, jobs);
    if (atomic_load(&done) != jobs)
        errx(1, "%s ran %u jobs of %u", name, atomic_load(&done), jobs);
    printf("%s %s %u %llu %llu\n", kind->name, name, jobs, (unsigned long long)(net_now_nsec() - wall),
           (unsigned long long)(cpu_nsec() - cpu));
}

int main(int argc, char **argv)
{
    if (argc != 5)
        errx(2, "usage: jobs THREADS EMPTY_JOBS BLOCKING_JOBS ROUNDS");
    unsigned threads = net_number(argv[1], 1, POOL_SIZE_MAX);
    unsigned rounds = net_number(argv[4], 1, ROUNDS_MAX);
    for (size_t i = 0; i < 2; i++) {
        unsigned jobs = net_number(argv[2 + i], 1, JOBS_MAX);
        for (unsigned round = 0; round < rounds; round++) {
            measure("hellod", execute_all, &kinds[i], threads, jobs);
            measure("GThreadPool", push_all, &kinds[i], threads, jobs);
        }
    }
}
