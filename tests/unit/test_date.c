/* date: the RFC's own examples, the edges of the calendar, and the C library as a second opinion. */
#include "http/date.h"

#include "../support/harness.h"
#include "../support/seed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXAMPLE     INT64_C(784111777)    /* 1994-11-06T08:49:37Z, of RFC 9110 section 5.6.7 */
#define NOW         INT64_C(1700000000)   /* 2023-11-14T22:13:20Z */
#define YEAR_1      INT64_C(-62135596800) /* its first second */
#define YEAR_9999   INT64_C(253402300799) /* its last second */
#define RANDOM_RUNS 100000

static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void test_format_examples(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {
        {EXAMPLE, "Sun, 06 Nov 1994 08:49:37 GMT"},    {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},         {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
        {4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"}, {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
        {YEAR_1, "Mon, 01 Jan 0001 00:00:00 GMT"},     {YEAR_9999, "Fri, 31 Dec 9999 23:59:59 GMT"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[DATE_LENGTH + 1] = {0};
        assert_int_equal(date_format(rows[i].seconds, text), 0);
        assert_string_equal(text, rows[i].text);
    }
}

static void test_format_refuses_other_years(void **state)
{
    (void)state;
    static const int64_t outside[] = {YEAR_1 - 1, YEAR_9999 + 1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        char text[DATE_LENGTH + 1] = "untouched";
        assert_int_equal(date_format(outside[i], text), -ERANGE);
        assert_int_equal(date_format_iso(outside[i], text), -ERANGE);
        assert_string_equal(text, "untouched");
    }
}

static void test_format_and_parse_agree_with_libc(void **state)
{
    (void)state;
    seed_start();
    for (int i = 0; i < RANDOM_RUNS; i++) {
        int64_t seconds = YEAR_1 + (int64_t)(seed_number() % (uint64_t)(YEAR_9999 - YEAR_1 + 1));
        time_t time = (time_t)seconds;
        struct tm tm;
        gmtime_r(&time, &tm);
        char expected[64], text[DATE_LENGTH + 1] = {0};
        int64_t back = 0;
        snprintf(expected, sizeof expected, "%.3s, %02d %s %04d %02d:%02d:%02d GMT", weekdays[tm.tm_wday],
                 tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_int_equal(date_format(seconds, text), 0);
        assert_string_equal(text, expected);
        assert_int_equal(date_parse(str_of(expected), NOW, &back), 0);
        assert_true(back == seconds);
        snprintf(expected, sizeof expected, "%.3s %s %2d %02d:%02d:%02d %04d", weekdays[tm.tm_wday],
                 months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
        assert_int_equal(date_parse(str_of(expected), NOW, &back), 0);
        assert_true(back == seconds);
        char iso[DATE_ISO_LENGTH + 1] = {0};
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_int_equal(date_format_iso(seconds, iso), 0);
        assert_string_equal(iso, expected);
    }
}

/* Two digits of a year mean the one that is less than 50 years away, or just that. */
static void test_short_years_agree_with_libc(void **state)
{
    (void)state;
    seed_start();
    for (int i = 0; i < RANDOM_RUNS; i++) {
        const unsigned half = 18261U * 86400; /* fifty years, where they are shortest */
        time_t now = (time_t)(seed_number() % 200000000000);
        time_t time = now - half + 1 + seed_pick(2 * half - 1);
        struct tm tm;
        gmtime_r(&time, &tm);
        char text[64];
        int64_t back = 0;
        snprintf(text, sizeof text, "%s, %02d-%s-%02d %02d:%02d:%02d GMT", weekdays[tm.tm_wday], tm.tm_mday,
                 months[tm.tm_mon], (tm.tm_year + 1900) % 100, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_int_equal(date_parse(str_of(text), now, &back), 0);
        if (back != time)
            fail_msg("%s at %" PRId64 ": %" PRId64 ", not %" PRId64, text, (int64_t)now, back, (int64_t)time);
    }
}

/* All days and months that could be written, also those that no calendar has: timegm() would carry those
 * over. */
static void test_parse_knows_the_calendar(void **state)
{
    (void)state;
    seed_start();
    for (int i = 0; i < RANDOM_RUNS; i++) {
        struct tm tm = {.tm_year = (int)(seed_number() % 9999) - 1899,
                        .tm_mon = (int)(seed_number() % 12),
                        .tm_mday = (int)(seed_number() % 40)};
        struct tm carried = tm;
        time_t expected = timegm(&carried);
        bool exists = tm.tm_mday == carried.tm_mday && tm.tm_mon == carried.tm_mon;
        char text[64];
        int64_t seconds = 0;
        snprintf(text, sizeof text, "Mon, %02d %s %04d 00:00:00 GMT", tm.tm_mday, months[tm.tm_mon],
                 tm.tm_year + 1900);
        int r = date_parse(str_of(text), NOW, &seconds);
        if (r != (exists ? 0 : -EINVAL) || (exists && seconds != (int64_t)expected))
            fail_msg("%s: %d, %" PRId64, text, r, seconds);
    }
}

static void test_parse_accepts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE},
        {"Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE},
        {"Sun Nov  6 08:49:37 1994", EXAMPLE},
        {"Sun Nov 06 08:49:37 1994", EXAMPLE},
        {"Wed Nov 16 08:49:37 1994", EXAMPLE + 10 * 86400},
        {"Mon, 06 Nov 1994 08:49:37 GMT", EXAMPLE}, /* the wrong weekday */
        {"Monday, 06-Nov-94 08:49:37 GMT", EXAMPLE},
        {"Wednesday, 06-Nov-94 08:49:37 GMT", EXAMPLE},
        {"Thursday, 06-Nov-94 08:49:37 GMT", EXAMPLE},
        {"Tuesday, 06-Nov-94 08:49:37 GMT", EXAMPLE},
        {"Friday, 06-Nov-94 08:49:37 GMT", EXAMPLE},
        {"Saturday, 06-Nov-94 08:49:37 GMT", EXAMPLE},
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, /* a leap second */
        {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Mon, 01 Jan 0001 00:00:00 GMT", YEAR_1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t seconds = -1;
        if (date_parse(str_of(rows[i].text), NOW, &seconds) != 0 || seconds != rows[i].seconds)
            fail_msg("%s: %" PRId64, rows[i].text, seconds);
    }
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "S",
        "Sun",
        "Sun,",
        "Sunday",
        "0",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 ovD 1994 08:49:37 GMT",
        "unM, 06 Nov 1994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,  6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 19940 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:-1 GMT",
        "Sun, 06 Nov 1994 08:49: 7 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Thu, 29 Feb 1900 00:00:00 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 32-Nov-94 08:49:37 GMT",
        "Munday, 06-Nov-94 08:49:37 GMT",
        "Sunmonday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  0 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun Nov  6 08:49:37 94",
        "Sunday Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "1994-11-06T08:49:37Z",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t seconds = 4711;
        if (date_parse(str_of(rows[i]), NOW, &seconds) != -EINVAL || seconds != 4711)
            fail_msg("%s: %" PRId64, rows[i], seconds);
    }
}

static void test_century(void **state)
{
    (void)state;
    static const struct {
        const char *now;
        const char *text;
        const char *expected;
    } rows[] = {
        {"Tue, 14 Nov 2023 22:13:20 GMT", "Tuesday, 14-Nov-73 22:13:20 GMT", "Tue, 14 Nov 2073 22:13:20 GMT"},
        {"Tue, 14 Nov 2023 22:13:20 GMT", "Tuesday, 14-Nov-73 22:13:21 GMT", "Wed, 14 Nov 1973 22:13:21 GMT"},
        {"Tue, 14 Nov 2023 22:13:20 GMT", "Tuesday, 15-Nov-73 00:00:00 GMT", "Thu, 15 Nov 1973 00:00:00 GMT"},
        {"Tue, 14 Nov 2023 22:13:20 GMT", "Friday, 31-Dec-99 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:59 GMT"},
        {"Tue, 14 Nov 2023 22:13:20 GMT", "Tuesday, 29-Feb-00 00:00:00 GMT", "Tue, 29 Feb 2000 00:00:00 GMT"},
        {"Sun, 06 Nov 1994 08:49:37 GMT", "Monday, 01-Jan-44 00:00:00 GMT", "Fri, 01 Jan 2044 00:00:00 GMT"},
        {"Sun, 06 Nov 1994 08:49:37 GMT", "Monday, 01-Jan-45 00:00:00 GMT", "Mon, 01 Jan 1945 00:00:00 GMT"},
        {"Thu, 29 Feb 2024 12:00:00 GMT", "Friday, 01-Mar-74 00:00:00 GMT", "Thu, 01 Mar 2074 00:00:00 GMT"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t now = 0, seconds = 0;
        char text[DATE_LENGTH + 1] = {0};
        assert_int_equal(date_parse(str_of(rows[i].now), 0, &now), 0);
        assert_int_equal(date_parse(str_of(rows[i].text), now, &seconds), 0);
        assert_int_equal(date_format(seconds, text), 0);
        assert_string_equal(text, rows[i].expected);
    }
}

/* Near the year 1 the window reaches before it, where no date is. */
static void test_century_before_the_first(void **state)
{
    (void)state;
    int64_t seconds;
    assert_int_equal(date_parse(STR("Monday, 01-Jan-99 00:00:00 GMT"), YEAR_1, &seconds), -EINVAL);
    assert_int_equal(date_parse(STR("Monday, 01-Jan-00 00:00:00 GMT"), YEAR_1, &seconds), -EINVAL);
    assert_int_equal(date_parse(STR("Monday, 01-Jan-01 00:00:00 GMT"), YEAR_1, &seconds), 0);
    assert_true(seconds == YEAR_1);
}

/* No octet is read past the end: each prefix lies in memory of just its size, so a sanitizer would see it. */
static void test_parse_of_prefixes(void **state)
{
    (void)state;
    static const char *const texts[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "Wednesday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t length = 1; length < strlen(texts[i]); length++) {
            char *copy = malloc(length);
            assert_non_null(copy);
            memcpy(copy, texts[i], length);
            int64_t seconds;
            int r = date_parse((struct str){copy, length}, NOW, &seconds);
            free(copy);
            assert_int_equal(r, -EINVAL);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_examples),
        cmocka_unit_test(test_format_refuses_other_years),
        cmocka_unit_test(test_format_and_parse_agree_with_libc),
        cmocka_unit_test(test_short_years_agree_with_libc),
        cmocka_unit_test(test_parse_knows_the_calendar),
        cmocka_unit_test(test_parse_accepts),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_century),
        cmocka_unit_test(test_century_before_the_first),
        cmocka_unit_test(test_parse_of_prefixes),
    };
    return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
