/* The pool: the book's promises (a queue, N workers, each job once, never more than N at a time) and the fds
 * on the same queue. */
#include "pool.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE = 60000000, SHORT = 1000 }; /* microseconds */

/* A door that jobs wait at until the test opens it. */
struct door {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    unsigned waiting; /* jobs at the door now */
    unsigned passed;
    unsigned most_at_once;
};

#define DOOR_INIT                                                                                            \
    {                                                                                                        \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER                               \
    }

static void wait_at_door(void *argument, unsigned worker)
{
    (void)worker;
    struct door *door = argument;
    pthread_mutex_lock(&door->lock);
    door->waiting++;
    if (door->waiting > door->most_at_once)
        door->most_at_once = door->waiting;
    pthread_cond_broadcast(&door->changed);
    while (!door->open)
        pthread_cond_wait(&door->changed, &door->lock);
    door->waiting--;
    door->passed++;
    pthread_cond_broadcast(&door->changed);
    pthread_mutex_unlock(&door->lock);
}

static void await_waiting(struct door *door, unsigned count)
{
    pthread_mutex_lock(&door->lock);
    while (door->waiting < count)
        pthread_cond_wait(&door->changed, &door->lock);
    pthread_mutex_unlock(&door->lock);
}

static void open_door(struct door *door)
{
    pthread_mutex_lock(&door->lock);
    door->open = true;
    pthread_cond_broadcast(&door->changed);
    pthread_mutex_unlock(&door->lock);
}

/* Of the pools that start() makes: 0, or 1, where all but one worker are the reserve. */
static unsigned concurrency;

static struct pool *start(unsigned size, pool_ready *ready, void *context)
{
    struct pool *pool;
    struct pool_options options = {
        .size = size, .concurrency = concurrency, .name = "test", .ready = ready, .context = context};
    assert_int_equal(pool_start(&pool, &options), 0);
    return pool;
}

static unsigned open_fds(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void size_must_be_sane(void **state)
{
    (void)state;
    struct pool *pool = NULL;
    assert_int_equal(pool_start(&pool, &(struct pool_options){.size = 0, .name = "test"}), -EINVAL);
    assert_int_equal(pool_start(&pool, &(struct pool_options){.size = POOL_SIZE_MAX + 1, .name = "test"}),
                     -EINVAL);
    assert_null(pool);
}

static void a_pool_that_cannot_start_leaves_nothing(void **state)
{
    (void)state;
    unsigned before = open_fds();
    struct rlimit old, none;
    struct pool *pool = NULL;
    /* Room for the epoll set and one eventfd, not for the second. */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    int probe = dup(0);
    assert_true(probe >= 0);
    close(probe);
    none = (struct rlimit){.rlim_cur = (rlim_t)probe + 2, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int r = pool_start(&pool, &(struct pool_options){.size = 2, .name = "test"});
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(r, -EMFILE);
    assert_null(pool);
    assert_int_equal(open_fds(), before);
}

static void note_number(void *argument, unsigned worker)
{
    (void)worker;
    _Atomic unsigned *runs = argument;
    atomic_fetch_add(runs, 1);
}

static void each_job_runs_once(void **state)
{
    (void)state;
    enum { JOBS = 20000 };
    static _Atomic unsigned runs[JOBS];
    struct pool *pool = start(4, NULL, NULL);
    for (unsigned i = 0; i < JOBS; i++)
        runs[i] = 0;
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(pool_execute(pool, note_number, &runs[i]), 0);
    assert_int_equal(pool_end(pool), JOBS);
    for (unsigned i = 0; i < JOBS; i++)
        assert_int_equal(runs[i], 1);
}

struct producer {
    struct pool *pool;
    _Atomic unsigned *runs;
    unsigned count;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    for (unsigned i = 0; i < producer->count; i++)
        if (pool_execute(producer->pool, note_number, &producer->runs[i]) != 0)
            return argument;
    return NULL;
}

static void jobs_may_come_from_many_threads(void **state)
{
    (void)state;
    enum { THREADS = 4, JOBS = 5000 };
    static _Atomic unsigned runs[THREADS][JOBS];
    struct pool *pool = start(3, NULL, NULL);
    pthread_t threads[THREADS];
    struct producer producers[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        for (unsigned j = 0; j < JOBS; j++)
            runs[i][j] = 0;
        producers[i] = (struct producer){pool, runs[i], JOBS};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(pool_end(pool), THREADS * JOBS);
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned j = 0; j < JOBS; j++)
            assert_int_equal(runs[i][j], 1);
}

static void never_more_than_size_at_once(void **state)
{
    (void)state;
    struct door door = DOOR_INIT;
    struct pool *pool = start(3, NULL, NULL);
    for (int i = 0; i < 10; i++)
        assert_int_equal(pool_execute(pool, wait_at_door, &door), 0);
    /* Three block, seven wait: all three workers are busy, and there is no fourth. */
    await_waiting(&door, 3);
    open_door(&door);
    assert_int_equal(pool_end(pool), 10);
    assert_int_equal(door.passed, 10);
    assert_int_equal(door.most_at_once, 3);
}

static void a_blocked_worker_holds_up_nobody(void **state)
{
    (void)state;
    struct door blocked = DOOR_INIT, quick = DOOR_INIT;
    struct pool *pool = start(2, NULL, NULL);
    open_door(&quick);
    assert_int_equal(pool_execute(pool, wait_at_door, &blocked), 0);
    await_waiting(&blocked, 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(pool_execute(pool, wait_at_door, &quick), 0);
    pthread_mutex_lock(&quick.lock);
    while (quick.passed < 100)
        pthread_cond_wait(&quick.changed, &quick.lock);
    pthread_mutex_unlock(&quick.lock);
    assert_int_equal(blocked.passed, 0);
    open_door(&blocked);
    assert_int_equal(pool_end(pool), 101);
}

static void drain_runs_what_is_queued_and_refuses_more(void **state)
{
    (void)state;
    struct door door = DOOR_INIT;
    struct pool *pool = start(1, NULL, NULL);
    for (int i = 0; i < 50; i++)
        assert_int_equal(pool_execute(pool, wait_at_door, &door), 0);
    await_waiting(&door, 1);
    pool_drain(pool);
    assert_int_equal(pool_execute(pool, wait_at_door, &door), -ESHUTDOWN);
    open_door(&door);
    assert_int_equal(pool_end(pool), 50);
    assert_int_equal(door.passed, 50);
}

struct fd_case {
    struct pool *pool;
    int fd;
    struct door door;
    _Atomic unsigned runs;
    _Atomic uint64_t key;
};

static void fd_is_ready(void *context, unsigned worker, uint64_t key, uint32_t events)
{
    struct fd_case *c = context;
    assert(events & EPOLLIN); /* cmocka's own must stay on its thread */
    atomic_fetch_add(&c->runs, 1);
    atomic_store(&c->key, key);
    wait_at_door(&c->door, worker);
}

static void a_ready_fd_fires_once_until_armed_again(void **state)
{
    (void)state;
    struct fd_case c = {.fd = eventfd(1, EFD_CLOEXEC), .door = DOOR_INIT};
    c.pool = start(4, fd_is_ready, &c);
    assert_int_equal(pool_watch(c.pool, c.fd, EPOLLIN, 42), 0);
    await_waiting(&c.door, 1);
    /* Still readable and three workers free: whatever they did with it would show by the time a job of theirs
     * has run. */
    struct door other = DOOR_INIT;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pool_execute(c.pool, wait_at_door, &other), 0);
    await_waiting(&other, 3);
    assert_int_equal(c.runs, 1);
    assert_int_equal(c.key, 42);
    open_door(&other);
    assert_int_equal(pool_arm(c.pool, c.fd, EPOLLIN, 43), 0);
    await_waiting(&c.door, 2);
    assert_int_equal(c.runs, 2);
    assert_int_equal(c.key, 43);
    open_door(&c.door);
    pool_end(c.pool);
    close(c.fd);
}

static void fds_and_jobs_share_the_workers(void **state)
{
    (void)state;
    struct fd_case c = {.fd = eventfd(1, EFD_CLOEXEC), .door = DOOR_INIT};
    c.pool = start(2, fd_is_ready, &c);
    assert_int_equal(pool_watch(c.pool, c.fd, EPOLLIN, 1), 0);
    assert_int_equal(pool_execute(c.pool, wait_at_door, &c.door), 0);
    assert_int_equal(pool_execute(c.pool, wait_at_door, &c.door), 0);
    await_waiting(&c.door, 2);
    open_door(&c.door);
    assert_int_equal(pool_end(c.pool), 2);
    assert_int_equal(c.door.most_at_once, 2);
    close(c.fd);
}

static void an_unwatched_fd_is_silent(void **state)
{
    (void)state;
    struct fd_case c = {.fd = eventfd(0, EFD_CLOEXEC), .door = DOOR_INIT};
    c.pool = start(1, fd_is_ready, &c);
    assert_int_equal(pool_watch(c.pool, c.fd, EPOLLIN, 1), 0);
    assert_int_equal(pool_unwatch(c.pool, c.fd), 0);
    assert_int_equal(pool_unwatch(c.pool, c.fd), -ENOENT);
    assert_int_equal(eventfd_write(c.fd, 1), 0);
    pool_end(c.pool);
    assert_int_equal(c.runs, 0);
    close(c.fd);
}

static void a_pause_waits_for_the_job_at_hand(void **state)
{
    (void)state;
    struct door first = DOOR_INIT, second = DOOR_INIT;
    struct pool *pool = start(2, NULL, NULL);
    open_door(&first);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(pool_execute(pool, wait_at_door, &first), 0);
    assert_int_equal(pool_pause(pool, PATIENCE), 0);
    unsigned passed = first.passed; /* no lock: nobody is at work */
    assert_int_equal(first.waiting, 0);
    assert_int_equal(pool_execute(pool, wait_at_door, &second), 0);
    assert_int_equal(first.passed, passed);
    pool_resume(pool);
    await_waiting(&second, 1);
    open_door(&second);
    assert_int_equal(pool_end(pool), 1001);
}

static void a_pause_gives_up_on_a_job_that_lasts(void **state)
{
    (void)state;
    struct door first = DOOR_INIT, second = DOOR_INIT;
    struct pool *pool = start(2, NULL, NULL);
    assert_int_equal(pool_execute(pool, wait_at_door, &first), 0);
    await_waiting(&first, 1);
    assert_int_equal(pool_pause(pool, SHORT), -ETIMEDOUT);
    assert_int_equal(pool_execute(pool, wait_at_door, &second), 0);
    await_waiting(&second, 1); /* the other worker has gone on */
    assert_int_equal(pool_pause(pool, 0), -ETIMEDOUT);
    open_door(&first);
    open_door(&second);
    assert_int_equal(pool_pause(pool, PATIENCE), 0);
    pool_resume(pool);
    assert_int_equal(pool_end(pool), 2);
}

/* Threads of that name; those of other tests may be in the list for a moment yet. */
static unsigned threads_named(const char *name)
{
    glob_t found;
    unsigned n = 0;
    assert_int_equal(glob("/proc/self/task/*/comm", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char comm[16] = "";
        FILE *file = fopen(found.gl_pathv[i], "re");
        n += file && fgets(comm, sizeof comm, file) && strncmp(comm, name, strlen(name)) == 0;
        if (file)
            fclose(file);
    }
    globfree(&found);
    return n;
}

static void a_pool_may_be_manned_one_by_one(void **state)
{
    (void)state;
    struct door door = DOOR_INIT;
    struct pool *pool;
    const struct pool_options options = {.size = 3, .name = "manned", .unmanned = true};
    assert_int_equal(pool_start(&pool, &options), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pool_execute(pool, wait_at_door, &door), 0);
    assert_int_equal(threads_named("manned-w"), 0);
    assert_int_equal(pool_man(pool, 1), 0);
    await_waiting(&door, 1);
    assert_int_equal(threads_named("manned-w"), 1);
    assert_int_equal(pool_man(pool, 9), 0);
    await_waiting(&door, 3);
    assert_int_equal(threads_named("manned-w"), 3);
    open_door(&door);
    assert_int_equal(pool_end(pool), 4);
}

static void a_pool_without_workers_can_be_ended(void **state)
{
    (void)state;
    struct pool *pool;
    const struct pool_options options = {.size = 3, .name = "test", .unmanned = true};
    assert_int_equal(pool_start(&pool, &options), 0);
    assert_int_equal(pool_end(pool), 0);
}

static void a_paused_pool_can_be_ended(void **state)
{
    (void)state;
    struct door door = DOOR_INIT;
    struct pool *pool = start(2, NULL, NULL);
    open_door(&door);
    assert_int_equal(pool_pause(pool, PATIENCE), 0);
    assert_int_equal(pool_execute(pool, wait_at_door, &door), 0);
    assert_int_equal(pool_end(pool), 1);
    assert_int_equal(door.passed, 1);
}

static void a_successor_goes_on_with_what_was_watched(void **state)
{
    (void)state;
    struct fd_case c = {.fd = eventfd(0, EFD_CLOEXEC), .door = DOOR_INIT};
    struct pool *pool = start(1, fd_is_ready, &c);
    assert_int_equal(pool_watch(pool, c.fd, EPOLLIN, 7), 0);
    assert_int_equal(pool_pause(pool, PATIENCE), 0);
    int epoll_fd = dup(pool_epoll_fd(pool));
    pool_end(pool);
    assert_int_equal(eventfd_write(c.fd, 1), 0);
    const struct pool_options options = {
        .size = 1, .name = "test", .ready = fd_is_ready, .context = &c, .epoll_fd = epoll_fd};
    assert_int_equal(pool_start(&c.pool, &options), 0);
    await_waiting(&c.door, 1);
    assert_int_equal(c.key, 7);
    open_door(&c.door);
    pool_end(c.pool);
    close(c.fd);
}

static void read_name(void *argument, unsigned worker)
{
    (void)worker;
    int r = pthread_getname_np(pthread_self(), argument, 16);
    assert(r == 0);
}

static void threads_carry_their_number(void **state)
{
    (void)state;
    char name[16] = "";
    struct pool *pool = start(1, NULL, NULL);
    assert_int_equal(pool_execute(pool, read_name, name), 0);
    pool_end(pool);
    assert_string_equal(name, "test-w0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_must_be_sane),
        cmocka_unit_test(a_pool_that_cannot_start_leaves_nothing),
        cmocka_unit_test(each_job_runs_once),
        cmocka_unit_test(jobs_may_come_from_many_threads),
        cmocka_unit_test(never_more_than_size_at_once),
        cmocka_unit_test(a_blocked_worker_holds_up_nobody),
        cmocka_unit_test(drain_runs_what_is_queued_and_refuses_more),
        cmocka_unit_test(a_ready_fd_fires_once_until_armed_again),
        cmocka_unit_test(fds_and_jobs_share_the_workers),
        cmocka_unit_test(an_unwatched_fd_is_silent),
        cmocka_unit_test(a_pause_waits_for_the_job_at_hand),
        cmocka_unit_test(a_pause_gives_up_on_a_job_that_lasts),
        cmocka_unit_test(a_pool_may_be_manned_one_by_one),
        cmocka_unit_test(a_pool_without_workers_can_be_ended),
        cmocka_unit_test(a_paused_pool_can_be_ended),
        cmocka_unit_test(a_successor_goes_on_with_what_was_watched),
        cmocka_unit_test(threads_carry_their_number),
    };
    int failed = cmocka_run_group_tests_name("pool", tests, NULL, NULL);
    concurrency = 1;
    return failed + cmocka_run_group_tests_name("pool with a reserve", tests, NULL, NULL);
}
