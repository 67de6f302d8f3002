/* The reserve of a pool: who steps in, when, and who steps back. */
#include "pool.h"
#include "reserve.h"

#include "../support/patience.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 4, PATIENCE = 60000000 };

/* A job that says who took it, then waits for leave to end. */
struct job {
    int taken_fd, leave_fd;
    unsigned worker;
};

static struct job job_new(void)
{
    struct job job = {.taken_fd = eventfd(0, EFD_CLOEXEC), .leave_fd = eventfd(0, EFD_CLOEXEC)};
    assert_true(job.taken_fd >= 0 && job.leave_fd >= 0);
    return job;
}

static void job_end(const struct job *job)
{
    close(job->taken_fd);
    close(job->leave_fd);
}

static void await_event(int fd)
{
    eventfd_t count;
    int r = eventfd_read(fd, &count);
    assert(r == 0);
}

static void raise_event(int fd)
{
    int r = eventfd_write(fd, 1);
    assert(r == 0);
}

static void run(void *argument, unsigned worker)
{
    struct job *job = argument;
    job->worker = worker;
    raise_event(job->taken_fd);
    await_event(job->leave_fd);
}

static struct pool *start(unsigned concurrency)
{
    struct pool *pool;
    const struct pool_options options = {.size = SIZE, .concurrency = concurrency, .name = "test"};
    assert_int_equal(pool_start(&pool, &options), 0);
    return pool;
}

static void begin(struct pool *pool, struct job *job)
{
    assert_int_equal(pool_execute(pool, run, job), 0);
    await_event(job->taken_fd);
}

/* A job that holds up nobody. */
struct errand {
    int done_fd;
    unsigned worker;
};

static void run_errand(void *argument, unsigned worker)
{
    struct errand *errand = argument;
    errand->worker = worker;
    raise_event(errand->done_fd);
}

/* Who did it. */
static unsigned do_one(struct pool *pool)
{
    struct errand errand = {.done_fd = eventfd(0, EFD_CLOEXEC)};
    assert_int_equal(pool_execute(pool, run_errand, &errand), 0);
    await_event(errand.done_fd);
    close(errand.done_fd);
    return errand.worker;
}

static void who_waits_for_jobs_takes_them(void **state)
{
    (void)state;
    struct pool *pool = start(1);
    unsigned others = 0;
    for (unsigned i = 0; i < 1000; i++)
        others += do_one(pool) != 0;
    pool_end(pool);
    /* A machine that is busy with others may hold up a worker at any place. */
    assert_in_range(others, 0, 200);
}

static void everyone_held_up_is_stood_for(void **state)
{
    (void)state;
    struct pool *pool = start(1);
    struct job jobs[SIZE];
    for (unsigned i = 0; i < SIZE; i++) {
        jobs[i] = job_new();
        begin(pool, &jobs[i]);
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(jobs[i].worker, jobs[k].worker);
    }
    for (unsigned i = 0; i < SIZE; i++)
        raise_event(jobs[i].leave_fd);
    assert_int_equal(pool_end(pool), SIZE);
    for (unsigned i = 0; i < SIZE; i++)
        job_end(&jobs[i]);
}

static void who_stood_in_steps_back(void **state)
{
    (void)state;
    struct pool *pool = start(1);
    struct job held_up = job_new();
    begin(pool, &held_up);
    assert_int_equal(held_up.worker, 0);
    assert_int_not_equal(do_one(pool), 0);
    assert_int_not_equal(do_one(pool), 0);
    raise_event(held_up.leave_fd);
    /* What it waits for at this moment it may still take. */
    unsigned in_a_row = 0;
    for (unsigned i = 0; in_a_row < 20; i++) {
        assert_true(i < 10000);
        in_a_row = do_one(pool) == 0 ? in_a_row + 1 : 0;
    }
    pool_end(pool);
    job_end(&held_up);
}

/* By then it is looked less often. */
static void after_a_calm_while_too_who_is_held_up_is_stood_for(void **state)
{
    (void)state;
    struct pool *pool = start(1);
    for (int64_t end = patience_now() + 2000 * RESERVE_LOOKS_MAX * RESERVE_LOOK_MSEC; patience_now() < end;)
        do_one(pool);
    struct job held_up = job_new();
    begin(pool, &held_up);
    for (unsigned i = 0; i < 3; i++)
        assert_int_not_equal(do_one(pool), held_up.worker);
    raise_event(held_up.leave_fd);
    pool_end(pool);
    job_end(&held_up);
}

static void a_pause_finds_all_of_them(void **state)
{
    (void)state;
    struct pool *pool = start(1);
    for (unsigned i = 0; i < 50; i++) {
        struct job held_up = job_new();
        begin(pool, &held_up);
        if (i % 2 == 1)
            do_one(pool);
        raise_event(held_up.leave_fd);
        assert_int_equal(pool_pause(pool, PATIENCE), 0);
        for (unsigned worker = 0; worker < SIZE; worker++)
            assert_int_equal(pool_turns(pool, worker) % 2, 0);
        pool_resume(pool);
        job_end(&held_up);
    }
    assert_int_equal(pool_end(pool), 75);
}

static void more_may_wait_than_there_are(void **state)
{
    (void)state;
    struct pool *pool = start(SIZE + 1);
    do_one(pool);
    assert_int_equal(pool_end(pool), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_for_jobs_takes_them),
        cmocka_unit_test(everyone_held_up_is_stood_for),
        cmocka_unit_test(who_stood_in_steps_back),
        cmocka_unit_test(a_pause_finds_all_of_them),
        cmocka_unit_test(more_may_wait_than_there_are),
        cmocka_unit_test(after_a_calm_while_too_who_is_held_up_is_stood_for),
    };
    return cmocka_run_group_tests_name("reserve", tests, NULL, NULL);
}
