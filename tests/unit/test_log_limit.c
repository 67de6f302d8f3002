/* One entry a cause and interval, with a count, whoever counts and however often. */
#include "log_limit.h"

#include "../support/fault.h"
#include "../support/harness.h"
#include "../support/logged.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, INTERVAL = LOG_LIMIT_INTERVAL_SECONDS * SECOND, THREADS = 4, EVENTS = 20000 };

static int64_t now;

/* Every test begins long after the last one: no interval of that still runs. */
static int set_up(void **state)
{
    (void)state;
    logged_start();
    fault_stop_clock(now += INT64_C(1000) * INTERVAL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_limit_tell_all();
    logged_end();
    return 0;
}

static void pass(int64_t usec)
{
    fault_stop_clock(now += usec);
}

static void the_first_is_told_at_once(void **state)
{
    (void)state;
    errno = ENFILE;
    log_limit(LOG_CAUSE_ACCEPT, "No %s", "more");
    assert_int_equal(errno, ENFILE);
    assert_string_equal(logged(), "No more\n");
    assert_false(log_limit_tell());
}

static void the_others_are_counted(void **state)
{
    (void)state;
    log_limit(LOG_CAUSE_ACCEPT, "one");
    assert_true(log_limit_wants_text(LOG_CAUSE_ACCEPT));
    for (int i = 2; i < 502; i++)
        log_limit(LOG_CAUSE_ACCEPT, "number %d", i);
    assert_false(log_limit_wants_text(LOG_CAUSE_ACCEPT));
    assert_string_equal(logged(), "one\n");
    assert_true(log_limit_tell());
    assert_string_equal(logged(), "");
    pass(INTERVAL + SECOND);
    assert_false(log_limit_tell());
    assert_string_equal(logged(), "number 2 (500 times in 11 s)\n");
}

/* The first is told before there is a worse one; of those that follow, the worst. */
static void of_an_interval_the_worst_is_told(void **state)
{
    (void)state;
    static const unsigned weights[] = {1, 2, 7, 3, 7, 1};
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++)
        log_limit_worst(LOG_CAUSE_ADDRESS, weights[i], "number %zu of weight %u", i, weights[i]);
    pass(INTERVAL + SECOND / 2);
    log_limit_worst(LOG_CAUSE_ADDRESS, 4, "another");
    log_limit_worst(LOG_CAUSE_ADDRESS, 1, "a fresh start");
    pass(INTERVAL + SECOND / 2);
    assert_false(log_limit_tell());
    assert_string_equal(logged(),
                        "number 0 of weight 1\nnumber 2 of weight 7 (6 times in 11 s)\na fresh start\n");
}

/* Where nobody looks after it, the next event does. */
static void the_next_one_tells_as_well(void **state)
{
    (void)state;
    for (int i = 1; i < 4; i++)
        log_limit(LOG_CAUSE_ACCEPT, "number %d", i);
    pass(INTERVAL + SECOND / 2);
    log_limit(LOG_CAUSE_ACCEPT, "number 4");
    log_limit(LOG_CAUSE_ACCEPT, "number 5");
    assert_string_equal(logged(), "number 1\nnumber 4 (3 times in 11 s)\n");
    pass(INTERVAL + SECOND / 2);
    assert_false(log_limit_tell());
    assert_string_equal(logged(), "number 5\n");
}

static void causes_are_counted_apart(void **state)
{
    (void)state;
    for (enum log_cause cause = 0; cause < LOG_CAUSE_COUNT; cause++)
        for (int i = 0; i < 2; i++)
            log_limit(cause, "%d of %d", i, (int)cause);
    const char *text = logged();
    for (enum log_cause cause = 0; cause < LOG_CAUSE_COUNT; cause++) {
        char line[32];
        snprintf(line, sizeof line, "0 of %d\n", (int)cause);
        assert_non_null(strstr(text, line));
    }
    pass(INTERVAL + SECOND);
    assert_false(log_limit_tell());
    assert_non_null(strstr(logged(), "1 of 0\n"));
}

static void the_end_tells_all(void **state)
{
    (void)state;
    log_limit(LOG_CAUSE_FAILURE, "one");
    log_limit(LOG_CAUSE_FAILURE, "two");
    log_limit(LOG_CAUSE_FAILURE, "three");
    log_limit_tell_all();
    assert_string_equal(logged(), "one\ntwo (2 times in 0 s)\n");
    log_limit_tell_all();
    assert_string_equal(logged(), "");
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    log_limit(LOG_CAUSE_FAILURE, "%2000s", "x");
    assert_int_equal(strlen(logged()), LOG_LIMIT_TEXT_MAX);
}

static void *count_on(void *argument)
{
    for (int i = 0; i < EVENTS; i++)
        log_limit(LOG_CAUSE_SHORTAGE, "event %d", i);
    return argument;
}

/* "(N times" of all lines, and 1 for one without. */
static unsigned told(const char *lines)
{
    unsigned sum = 0;
    for (const char *end; (end = strchr(lines, '\n')); lines = end + 1) {
        const char *count = memmem(lines, (size_t)(end - lines), "(", 1);
        sum += count ? (unsigned)atoi(count + 1) : 1;
    }
    return sum;
}

static void none_is_lost_among_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_on, NULL), 0);
    for (int i = 0; i < 50; i++) {
        pass(INTERVAL);
        (void)log_limit_tell();
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    log_limit_tell_all();
    assert_int_equal(told(logged()), THREADS * EVENTS);
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_an_interval_the_worst_is_told, set_up, tear_down),
        row(the_first_is_told_at_once),
        row(the_others_are_counted),
        row(the_next_one_tells_as_well),
        row(causes_are_counted_apart),
        row(the_end_tells_all),
        row(a_long_text_is_cut),
        row(none_is_lost_among_threads),
    };
    return cmocka_run_group_tests_name("log_limit", tests, NULL, NULL);
}
