/* range: the RFC's examples, what is refused or ignored, and a naive reading of random values to compare
 * with. */
#include "http/range.h"

#include "../support/harness.h"
#include "../support/range_oracle.h"
#include "../support/seed.h"

#include <stdio.h>
#include <string.h>

/* "0+500 9500+500": first byte and length of each range. */
static void describe(const struct ranges *ranges, char *text, size_t size)
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ranges->count; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%llu+%llu", i > 0 ? " " : "",
                              (unsigned long long)ranges->list[i].first,
                              (unsigned long long)ranges->list[i].length);
}

struct row {
    const char *value;
    uint64_t size;
    unsigned status;
    const char *ranges;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct ranges ranges;
        char text[1024];
        unsigned status = ranges_parse(str_of(rows[i].value), rows[i].size, &ranges);
        if (status != rows[i].status)
            fail_msg("%s of %llu: %u, not %u", rows[i].value, (unsigned long long)rows[i].size, status,
                     rows[i].status);
        if (status != 206)
            continue;
        describe(&ranges, text, sizeof text);
        if (strcmp(text, rows[i].ranges) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].value, text, rows[i].ranges);
    }
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

/* RFC 9110 section 14.1.2. */
static void test_examples(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"bytes=0-499", 10000, 206, "0+500"},
        {"bytes=500-999", 10000, 206, "500+500"},
        {"bytes=-500", 10000, 206, "9500+500"},
        {"bytes=9500-", 10000, 206, "9500+500"},
        {"bytes=0-0,-1", 10000, 206, "0+1 9999+1"},
        {"bytes=0-999, 4500-5499, -1000", 10000, 206, "0+1000 4500+1000 9000+1000"},
        {"bytes=500-600,601-999", 10000, 206, "500+101 601+399"},
        {"bytes=500-700,601-999", 10000, 200, NULL}, /* overlaps */
    };
    CHECK(rows);
}

static void test_ends(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"bytes=0-", 10, 206, "0+10"},
        {"bytes=9-", 10, 206, "9+1"},
        {"bytes=10-", 10, 416, NULL},
        {"bytes=0-9", 10, 206, "0+10"},
        {"bytes=0-10", 10, 206, "0+10"},
        {"bytes=9-10", 10, 206, "9+1"},
        {"bytes=10-10", 10, 416, NULL},
        {"bytes=-1", 10, 206, "9+1"},
        {"bytes=-10", 10, 206, "0+10"},
        {"bytes=-11", 10, 206, "0+10"},
        {"bytes=-0", 10, 416, NULL},
        {"bytes=-00", 10, 416, NULL},
        {"bytes=20-30,5-6", 10, 206, "5+2"},
        {"bytes=20-30,-0,99-", 10, 416, NULL},
        {"bytes=9-9,0-0", 10, 206, "9+1 0+1"}, /* in the order asked for */
        {"bytes=0-", 0, 416, NULL},
        {"bytes=0-0", 0, 416, NULL},
        {"bytes=-0", 0, 416, NULL},
        {"bytes=-1", 0, 200, NULL},
        {"bytes=0-,-5", 0, 200, NULL},
    };
    CHECK(rows);
}

static void test_large_numbers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"bytes=0-18446744073709551615", 10, 206, "0+10"},
        {"bytes=0-18446744073709551616", 10, 206, "0+10"},
        {"bytes=5-99999999999999999999999999", 10, 206, "5+5"},
        {"bytes=-99999999999999999999999999", 10, 206, "0+10"},
        {"bytes=00000000000000000000000000000-0000000000000000000000000004", 10, 206, "0+5"},
        {"bytes=18446744073709551615-", 10, 416, NULL},
        {"bytes=99999999999999999999999999-", 10, 416, NULL},
        {"bytes=99999999999999999999999998-99999999999999999999999999", 10, 416, NULL},
        {"bytes=99999999999999999999999999-99999999999999999999999998", 10, 200, NULL}, /* invalid */
        {"bytes=0-18446744073709551615", UINT64_MAX, 206, "0+18446744073709551615"},
        {"bytes=18446744073709551614-", UINT64_MAX, 206, "18446744073709551614+1"},
    };
    CHECK(rows);
}

static void test_lists(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"bytes=0-0,,2-2", 10, 206, "0+1 2+1"},
        {"bytes=,0-0", 10, 206, "0+1"},
        {"bytes=0-0,", 10, 206, "0+1"},
        {"bytes=,,0-0, ,\t,2-2 ,,", 10, 206, "0+1 2+1"},
        {"bytes=,", 10, 200, NULL},
        {"bytes=, ,", 10, 200, NULL},
        {"bytes=0-0,0-0", 10, 200, NULL},
        {"bytes=0-4,4-5", 10, 200, NULL},
        {"bytes=2-3,0-9", 10, 200, NULL},
        {"bytes=0-,-1", 10, 200, NULL},
        {"bytes=0-3,4-7", 10, 206, "0+4 4+4"},
        {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30", 100,
         206, "0+1 2+1 4+1 6+1 8+1 10+1 12+1 14+1 16+1 18+1 20+1 22+1 24+1 26+1 28+1 30+1"},
        {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16,18-18,20-20,22-22,24-24,26-26,28-28,30-30,32-32",
         100, 200, NULL},
    };
    CHECK(rows);
}

static void test_ignored(void **state)
{
    (void)state;
    static const char *const values[] = {
        "",           "bytes",         "bytes=",          "bytes:0-1",     "bytes 0-1",   "bytes =0-1",
        "bytes= 0-1", "bytes=\t0-1",   "byte=0-1",        "bytess=0-1",    "items=0-1",   "none=0-1",
        "bytes=-",    "bytes=0",       "bytes=a-b",       "bytes=0-b",     "bytes=a-1",   "bytes=1-0",
        "bytes=+0-1", "bytes=-0-1",    "bytes=--1",       "bytes=0--1",    "bytes=0-1-2", "bytes=0 -1",
        "bytes=0- 1", "bytes=0-1;",    "bytes=0-1 2-3",   "bytes=0x0-0x1", "bytes=0-1,a", "bytes=a,0-1",
        "bytes=0.-1", "bytes=0-1,-",   "bytes=0-1,3-2",   "bytes=0-1;2-3", "=0-1",        "bytes=*",
        "bytes=0-*",  "bytes=\"0-1\"", "bytes=bytes=0-1", "bytes=0-1=",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct ranges ranges;
        if (ranges_parse(str_of(values[i]), 10, &ranges) != 200)
            fail_msg("\"%s\" isn't ignored", values[i]);
    }
    /* The unit may come in any case. */
    struct ranges ranges;
    assert_int_equal(ranges_parse(STR("BYTES=0-1"), 10, &ranges), 206);
    assert_int_equal(ranges_parse(STR("Bytes=0-1"), 10, &ranges), 206);
}

static void make_value(char *value)
{
    static const char *const pieces[] = {
        "0", "1", "3", "7",  "9", "12", "99999999999999999999", "-", "-", "-", "-",
        ",", ",", " ", "\t", "a", "00",
    };
    strcpy(value, seed_pick(50) == 0 ? "byte=" : seed_pick(2) == 0 ? "bytes=" : "Bytes=");
    for (unsigned n = 1 + seed_pick(9); n > 0; n--)
        strcat(value, pieces[seed_pick(sizeof pieces / sizeof *pieces)]);
}

static void test_against_a_naive_reading(void **state)
{
    (void)state;
    unsigned partial = 0, unsatisfiable = 0, whole = 0;
    seed_start();
    for (unsigned run = 0; run < 300000; run++) {
        char value[256];
        struct ranges ranges;
        unsigned size = seed_pick(13);
        make_value(value);
        unsigned status = ranges_parse(str_of(value), size, &ranges);
        if (!range_oracle_agrees(str_of(value), size, status, &ranges))
            fail_msg("%s of %u: %u", value, size, status);
        whole += status == 200, unsatisfiable += status == 416, partial += status == 206;
    }
    assert_true(partial > 10000 && unsatisfiable > 10000 && whole > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),      cmocka_unit_test(test_ends),
        cmocka_unit_test(test_large_numbers), cmocka_unit_test(test_lists),
        cmocka_unit_test(test_ignored),       cmocka_unit_test(test_against_a_naive_reading),
    };
    return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
