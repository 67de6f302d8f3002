/* Which worker is stuck, by a pool whose jobs wait for a byte from the test. */
#include "watchdog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define SEC INT64_C(1000000)

enum { SIZE = 2, PATIENCE_USEC = 60000000 };

static struct watchdog watchdog;
static struct pool *pool;
static int begun[2], gate[2];

static void wait_for_a_byte(void *argument, unsigned worker)
{
    (void)argument;
    (void)worker;
    char byte = 0;
    assert_int_equal(write(begun[1], &byte, 1), 1);
    assert_int_equal(read(gate[0], &byte, 1), 1);
}

static int set_up(void **state)
{
    (void)state;
    const struct pool_options options = {.size = SIZE, .name = "watched"};
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(pipe(begun), 0);
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(pool_start(&pool, &options), 0);
    watchdog_init(&watchdog, 10 * SEC);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pool_end(pool);
    for (int i = 0; i < 2; i++)
        close(begun[i]), close(gate[i]);
    return 0;
}

static void begin_job(void)
{
    char byte;
    assert_int_equal(pool_execute(pool, wait_for_a_byte, NULL), 0);
    assert_int_equal(read(begun[0], &byte, 1), 1);
}

/* The worker it belongs to is free when the pool can pause. */
static void end_jobs(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(write(gate[1], "", 1), 1);
    assert_int_equal(pool_pause(pool, PATIENCE_USEC), 0);
    pool_resume(pool);
}

static unsigned stuck_at(int64_t now_usec)
{
    watchdog_look(&watchdog, pool, SIZE, true, now_usec);
    return watchdog.stuck;
}

static void test_waiting_is_well(void **state)
{
    (void)state;
    for (int second = 1; second < 100; second++)
        assert_int_equal(stuck_at(second * SEC), 0);
}

static void test_half_the_time_at_one_job_is_stuck(void **state)
{
    (void)state;
    begin_job();
    assert_int_equal(stuck_at(1 * SEC), 0);
    assert_int_equal(stuck_at(6 * SEC - 1), 0);
    assert_int_equal(stuck_at(6 * SEC), 1);
    begin_job();
    assert_int_equal(stuck_at(7 * SEC), 1);
    assert_int_equal(stuck_at(12 * SEC), 2);
    end_jobs(2);
    assert_int_equal(stuck_at(13 * SEC), 0);
}

static void test_one_job_after_the_other_is_well(void **state)
{
    (void)state;
    for (int i = 1; i < 20; i++) {
        begin_job();
        assert_int_equal(stuck_at(i * 4 * SEC), 0);
        end_jobs(1);
    }
}

static void test_pings_end_with_the_first_stuck_worker(void **state)
{
    (void)state;
    assert_int_equal(stuck_at(1 * SEC), 0);
    assert_true(watchdog.watches);
    begin_job();
    for (int second = 2; second <= 6; second++)
        assert_int_equal(stuck_at(second * SEC), 0);
    int64_t pinged = watchdog.pinged_usec;
    assert_in_range(pinged, 3 * SEC, 6 * SEC);
    for (int second = 7; second <= 30; second++)
        assert_int_equal(stuck_at(second * SEC), 1);
    watchdog_ping(&watchdog, 31 * SEC);
    assert_int_equal(watchdog.pinged_usec, pinged);
    end_jobs(1);
    assert_int_equal(stuck_at(32 * SEC), 0);
    assert_int_equal(watchdog.pinged_usec, 32 * SEC);
    watchdog_look(&watchdog, pool, SIZE, false, 33 * SEC);
    assert_false(watchdog.watches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_waiting_is_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_half_the_time_at_one_job_is_stuck, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_job_after_the_other_is_well, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pings_end_with_the_first_stuck_worker, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
