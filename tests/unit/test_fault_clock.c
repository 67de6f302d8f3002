/*
 * Somebody sets the clock, back or forward: what is said of the date follows; what counts time, the
 * deadlines, the cache and the rate of requests, does not notice.
 */
#include "../support/fault.h"
#include "../support/fault_stage.h"
#include "../support/harness.h"
#include "http/date.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SEC INT64_C(1000000)
#define DAY (86400 * SEC)

static const int64_t shifts[] = {0, -DAY, 365 * DAY, -365 * DAY, 3600 * SEC, -1, 0};

enum { SHIFTS = sizeof shifts / sizeof *shifts };

static struct stage_heard heard;

static bool has_body(const struct stage_heard *so_far)
{
    return strstr(so_far->text, "\r\n\r\nhello") != NULL || strstr(so_far->text, "\r\n\r\nanother") != NULL;
}

static bool is_closed(const struct stage_heard *so_far)
{
    return so_far->closed;
}

/* The date in a field of the head that was heard. */
static int64_t date_of(const char *field)
{
    int64_t date;
    const char *value = strstr(heard.text, field);
    assert_non_null(value);
    value += strlen(field);
    assert_int_equal(date_parse((struct str){value, strcspn(value, "\r")}, time(NULL), &date), 0);
    return date;
}

static void get(int client)
{
    stage_converse(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", has_body, &heard);
    assert_false(heard.closed);
    assert_non_null(strstr(heard.text, "HTTP/1.1 200 OK\r\n"));
}

/* Sweeps come by several times. */
static void assert_stays_open(int client)
{
    heard.length = 0;
    stage_go_on(client, is_closed, &heard);
    assert_false(heard.closed);
}

static void the_date_follows_and_connections_stay(void **state)
{
    (void)state;
    int client = stage_connect();
    for (unsigned i = 0; i < SHIFTS; i++) {
        fault_set_date(shifts[i]);
        int64_t earliest = time(NULL) + shifts[i] / SEC - 2;
        get(client);
        int64_t date = date_of("\r\nDate: ");
        assert_in_range(date - earliest, 0, 60);
        /* RFC 9110 section 8.8.2.1: no later than the Date. */
        assert_true(date_of("\r\nLast-Modified: ") <= date);
        assert_stays_open(client);
    }
    stage_end_client(client);
}

/* What was found is good for a second of the clock that nobody can set, whatever the other one does. */
static void a_change_is_seen_in_time(void **state)
{
    (void)state;
    int client = stage_connect();
    assert_int_equal(cache_new(&stage.site.cache, 1 << 20), 0);
    for (unsigned i = 0; i < SHIFTS; i++) {
        fault_set_date(shifts[i]);
        get(client);
        tree_text(stage.tree, "hello.html", i % 2 ? "hello" : "another");
        fault_shift_clock(2 * SEC * (i + 1));
        get(client);
        assert_non_null(strstr(heard.text, i % 2 ? "\r\n\r\nhello" : "\r\n\r\nanother"));
    }
    stage_end_client(client);
    cache_free(stage.site.cache);
    stage.site.cache = NULL;
}

/* The one clock that deadlines follow. */
static void what_is_over_is_over_by_the_steady_clock(void **state)
{
    (void)state;
    int idle = stage_connect(), slow = stage_connect();
    get(idle);
    stage_converse(slow, "GET / HT", is_closed, &heard);
    fault_set_date(-365 * DAY);
    fault_shift_clock(3601 * SEC);
    heard.length = 0;
    heard.closed = false;
    stage_go_on(idle, is_closed, &heard);
    assert_true(heard.closed);
    heard.length = 0;
    heard.closed = false;
    stage_go_on(slow, is_closed, &heard);
    assert_non_null(strstr(heard.text, "HTTP/1.1 408 "));
    close(idle);
    stage_end_client(slow);
    int client = stage_connect();
    get(client);
    stage_end_client(client);
}

static int tear_down(void **state)
{
    fault_set_date(0);
    fault_shift_clock(0);
    return stage_tear_down(state);
}

#define clock_test(function) cmocka_unit_test_setup_teardown(function, stage_set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        clock_test(the_date_follows_and_connections_stay),
        clock_test(a_change_is_seen_in_time),
        clock_test(what_is_over_is_over_by_the_steady_clock),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
