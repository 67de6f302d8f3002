/* The words of STATUS=, and when they are others than before. */
#include "status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SEC INT64_C(1000000)

static struct status status;

static int set_up(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    status_init(&status, INT64_C(1000000000) * SEC);
    return 0;
}

static void assert_told(unsigned connections, unsigned transfers, uint64_t answers, unsigned stuck,
                        int64_t now_usec, const char *text)
{
    const struct clients_pulse pulse = {connections, transfers, answers};
    assert_true(status_update(&status, &pulse, stuck, now_usec));
    assert_string_equal(status.text, text);
    assert_false(stuck == 0 && connections == 0 && status_update(&status, &pulse, stuck, now_usec));
}

static void test_words(void **state)
{
    (void)state;
    const struct clients_pulse first = {1, 0, 0};
    status_begin(&status, &first, 5 * SEC);
    assert_told(
        3, 2, 500, 0, 6 * SEC,
        "connections: 3, transfers: 2, requests/s: 500, requests: 500 since Sun 2001-09-09 01:46:40 UTC");
    assert_told(3, 2, 750, 1, 8 * SEC,
                "connections: 3, transfers: 2, requests/s: 125, workers stuck: 1, requests: 750 since "
                "Sun 2001-09-09 01:46:40 UTC");
    assert_told(0, 0, 760, 0, 9 * SEC, "idle, requests: 760 since Sun 2001-09-09 01:46:40 UTC");
}

/* The hour that nobody came doesn't count. */
static void test_a_rate_begins_with_the_first_client(void **state)
{
    (void)state;
    assert_told(0, 0, 100, 0, 1 * SEC, "idle, requests: 100 since Sun 2001-09-09 01:46:40 UTC");
    const struct clients_pulse first = {1, 0, 100}, later = {2, 0, 150};
    status_begin(&status, &first, 3601 * SEC);
    status_begin(&status, &later, 3601 * SEC + SEC / 2);
    assert_told(
        2, 0, 200, 0, 3602 * SEC,
        "connections: 2, transfers: 0, requests/s: 100, requests: 200 since Sun 2001-09-09 01:46:40 UTC");
}

static void test_what_does_not_change_is_not_told_again(void **state)
{
    (void)state;
    const struct clients_pulse pulse = {1, 0, 10};
    status_begin(&status, &pulse, 1 * SEC);
    assert_true(status_update(&status, &pulse, 0, 2 * SEC));
    assert_false(status_update(&status, &pulse, 0, 3 * SEC));
    assert_false(status_update(&status, &pulse, 0, 3 * SEC));
    const struct clients_pulse next = {1, 0, 11};
    assert_true(status_update(&status, &next, 0, 4 * SEC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_words, set_up),
        cmocka_unit_test_setup(test_a_rate_begins_with_the_first_client, set_up),
        cmocka_unit_test_setup(test_what_does_not_change_is_not_told_again, set_up),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
