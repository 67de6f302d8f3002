/* A pool that can't have what it needs: it isn't started by half, and what it has begun it ends. */
#include "pool.h"

#include "../support/fault.h"
#include "../support/harness.h"
#include "../support/patience.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SIZE = 4, JOBS = 200, MANY = UINT_MAX / 2 };

static _Atomic unsigned done;

static int tear_down(void **state)
{
    (void)state;
    fault_clear();
    return 0;
}

static void count_job(void *argument, unsigned worker)
{
    (void)argument;
    (void)worker;
    done++;
}

static unsigned threads(void)
{
    unsigned n = 0;
    DIR *dir = opendir("/proc/self/task");
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static struct pool *start(void)
{
    struct pool *pool;
    const struct pool_options options = {.size = SIZE, .name = "test"};
    assert_int_equal(pool_start(&pool, &options), 0);
    return pool;
}

static void await_done(unsigned count)
{
    int64_t deadline = patience_deadline();
    while (done < count) {
        assert_true(patience_now() < deadline);
        sched_yield();
    }
}

/* Ended threads are gone from the list a moment after they were joined. */
static void await_threads(unsigned count)
{
    int64_t deadline = patience_deadline();
    while (threads() != count)
        assert_true(patience_now() < deadline);
}

static bool start_fails(enum fault_call call, unsigned nth, int error)
{
    struct pool *pool = NULL;
    const struct pool_options options = {.size = SIZE, .name = "test"};
    unsigned fds = fault_open_fds(), others = threads();
    fault_set(call, nth, 1, error);
    int r = pool_start(&pool, &options);
    bool struck = fault_has_struck();
    fault_clear();
    assert_int_equal(r, struck ? -error : 0);
    if (!struck)
        pool_end(pool);
    assert_int_equal(fault_open_fds(), fds);
    await_threads(others);
    return struck;
}

static void a_pool_that_cant_start_leaves_nothing(void **state)
{
    (void)state;
    static const enum fault_call calls[] = {FAULT_CALLOC, FAULT_EPOLL_CREATE1, FAULT_EVENTFD, FAULT_EPOLL_CTL,
                                            FAULT_PTHREAD_CREATE};
    static const unsigned times[] = {2, 1, 2, 2, SIZE};
    /* With the first thread comes one of ThreadSanitizer's own, which stays. */
    pool_end(start());
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (const int *error = fault_errors(calls[i]); *error; error++) {
            unsigned n = 0;
            while (start_fails(calls[i], n + 1, *error))
                n++;
            assert_int_equal(n, times[i]);
        }
}

static void a_job_without_memory_is_refused(void **state)
{
    (void)state;
    struct pool *pool = start();
    done = 0;
    fault_set(FAULT_MALLOC, 1, 1, ENOMEM);
    assert_int_equal(pool_execute(pool, count_job, NULL), -ENOMEM);
    assert_int_equal(pool_execute(pool, count_job, NULL), 0);
    assert_int_equal(pool_end(pool), 1);
    assert_int_equal(done, 1);
}

/* The list's eventfd can't be armed: whoever holds it goes on. */
static void jobs_run_though_nothing_can_be_armed(void **state)
{
    (void)state;
    static const unsigned times[] = {1, 10, MANY};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct pool *pool = start();
        done = 0;
        fault_set(FAULT_EPOLL_CTL, 2, times[i], ENOMEM);
        for (unsigned n = 0; n < JOBS; n++)
            assert_int_equal(pool_execute(pool, count_job, NULL), 0);
        await_done(5);
        fault_clear();
        await_done(JOBS);
        assert_int_equal(pool_execute(pool, count_job, NULL), 0);
        assert_int_equal(pool_end(pool), JOBS + 1);
        assert_int_equal(done, JOBS + 1);
    }
}

static void a_pool_that_holds_its_jobs_can_be_ended(void **state)
{
    (void)state;
    struct pool *pool = start();
    done = 0;
    fault_set(FAULT_EPOLL_CTL, 1, MANY, ENOMEM);
    for (unsigned n = 0; n < 10; n++)
        assert_int_equal(pool_execute(pool, count_job, NULL), 0);
    assert_int_equal(pool_end(pool), 10);
    assert_int_equal(done, 10);
}

static void a_wait_may_be_interrupted(void **state)
{
    (void)state;
    fault_set(FAULT_EPOLL_WAIT, 1, 100, EINTR);
    struct pool *pool = start();
    done = 0;
    for (unsigned n = 0; n < JOBS; n++)
        assert_int_equal(pool_execute(pool, count_job, NULL), 0);
    assert_int_equal(pool_end(pool), JOBS);
    assert_true(fault_has_struck());
}

static void what_cant_be_watched_is_told(void **state)
{
    (void)state;
    struct pool *pool = start();
    int fd = eventfd(0, EFD_CLOEXEC);
    for (const int *error = fault_errors(FAULT_EPOLL_CTL); *error; error++) {
        fault_set(FAULT_EPOLL_CTL, 1, 1, *error);
        assert_int_equal(pool_watch(pool, fd, 0, 1), -*error);
        fault_set(FAULT_EPOLL_CTL, 2, 1, *error);
        assert_int_equal(pool_watch(pool, fd, 0, 1), 0);
        assert_int_equal(pool_arm(pool, fd, 0, 1), -*error);
        assert_int_equal(pool_arm(pool, fd, 0, 1), 0);
        assert_int_equal(pool_unwatch(pool, fd), 0);
    }
    close(fd);
    pool_end(pool);
}

#define row(function) cmocka_unit_test_teardown(function, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(a_pool_that_cant_start_leaves_nothing),
        row(a_job_without_memory_is_refused),
        row(jobs_run_though_nothing_can_be_armed),
        row(a_pool_that_holds_its_jobs_can_be_ended),
        row(a_wait_may_be_interrupted),
        row(what_cant_be_watched_is_told),
    };
    return cmocka_run_group_tests_name("fault: pool", tests, NULL, NULL);
}
