/*
 * precondition: every field alone, every pair in the order of RFC 9110 section 13.2.2, and all combinations
 * against the section's steps written down anew.
 */
#include "http/precondition.h"

#include "../support/harness.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 800000000, MODIFIED = 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */ };

#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define AT     "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER  "Sun, 06 Nov 1994 08:49:38 GMT"

static const struct validators settled = {STR("\"e\""), MODIFIED, true, true};
static const struct validators unsettled = {.modified = MODIFIED, .dated = true};
static const struct validators undated = {.modified = 0};

static char head[1024];

static void parse(const char *method, const char *fields, struct request *ret)
{
    static const struct request_limits limits = {100, 1000, 20, 0};
    int n = snprintf(head, sizeof head, "%s / HTTP/1.1\r\nHost: h\r\n%s\r\n", method, fields);
    assert_int_equal(request_parse((struct str){head, (size_t)n}, &limits, ret), 0);
}

static unsigned evaluate(const char *fields, const struct validators *validators)
{
    struct request request;
    parse("GET", fields, &request);
    return precondition_evaluate(&request, validators, NOW);
}

struct row {
    const char *fields;
    unsigned settled, unsettled, undated;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const unsigned got[] = {evaluate(rows[i].fields, &settled), evaluate(rows[i].fields, &unsettled),
                                evaluate(rows[i].fields, &undated)};
        if (got[0] != rows[i].settled || got[1] != rows[i].unsettled || got[2] != rows[i].undated)
            fail_msg("%u %u %u: %s", got[0], got[1], got[2], rows[i].fields);
    }
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

static void test_tags(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", 200, 200, 200},
        {"If-Match: \"e\"\r\n", 200, 412, 412},
        {"If-Match: \"f\"\r\n", 412, 412, 412},
        {"If-Match: W/\"e\"\r\n", 412, 412, 412},
        {"If-Match: \"f\", \"e\"\r\n", 200, 412, 412},
        {"If-Match: \"f\"\r\nIf-Match: \"e\"\r\n", 200, 412, 412},
        {"If-Match: *\r\n", 200, 200, 200},
        {"If-Match: e\r\n", 412, 412, 412},
        {"If-Match:\r\n", 412, 412, 412},
        {"If-None-Match: \"e\"\r\n", 304, 200, 200},
        {"If-None-Match: \"f\"\r\n", 200, 200, 200},
        {"If-None-Match: W/\"e\"\r\n", 304, 200, 200},
        {"If-None-Match: \"f\", W/\"e\", \"g\"\r\n", 304, 200, 200},
        {"If-None-Match: \"f\"\r\nX: y\r\nIf-None-Match: \"e\"\r\n", 304, 200, 200},
        {"If-None-Match: *\r\n", 304, 304, 304},
        {"If-None-Match: e\r\n", 200, 200, 200},
        {"If-None-Match:\r\n", 200, 200, 200},
        {"If-None-Match: \"*\"\r\n", 200, 200, 200},
        {"If-None-Match: *\r\nIf-None-Match: \"f\"\r\n", 200, 200, 200}, /* a star stands alone */
    };
    CHECK(rows);
}

static void test_dates(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"If-Modified-Since: " BEFORE "\r\n", 200, 200, 200},
        {"If-Modified-Since: " AT "\r\n", 304, 200, 200},
        {"If-Modified-Since: " AFTER "\r\n", 304, 200, 200},
        {"If-Unmodified-Since: " BEFORE "\r\n", 412, 412, 200},
        {"If-Unmodified-Since: " AT "\r\n", 200, 200, 200},
        {"If-Unmodified-Since: " AFTER "\r\n", 200, 200, 200},
        /* The other two forms of a date. */
        {"If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n", 304, 200, 200},
        {"If-Modified-Since: Sun Nov  6 08:49:37 1994\r\n", 304, 200, 200},
        {"If-Modified-Since: Sunday, 06-Nov-94 08:49:36 GMT\r\n", 200, 200, 200},
        {"If-Unmodified-Since: Sunday, 06-Nov-94 08:49:36 GMT\r\n", 412, 412, 200},
        {"If-Unmodified-Since: Sun Nov  6 08:49:36 1994\r\n", 412, 412, 200},
        /* No date, or more than one: as if it were not there. */
        {"If-Modified-Since: " AFTER "x\r\n", 200, 200, 200},
        {"If-Modified-Since: tomorrow\r\n", 200, 200, 200},
        {"If-Modified-Since: 784111777\r\n", 200, 200, 200},
        {"If-Modified-Since: Sun, 06 Nov 1994 08:49:38 +0000\r\n", 200, 200, 200},
        {"If-Modified-Since: \"" AFTER "\"\r\n", 200, 200, 200},
        {"If-Modified-Since: " AFTER ", " AFTER "\r\n", 200, 200, 200},
        {"If-Modified-Since: " AFTER "\r\nIf-Modified-Since: " AFTER "\r\n", 200, 200, 200},
        {"If-Modified-Since:\r\n", 200, 200, 200},
        {"If-Unmodified-Since: yesterday\r\n", 200, 200, 200},
        {"If-Unmodified-Since: " BEFORE "x\r\n", 200, 200, 200},
        {"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 UTC\r\n", 200, 200, 200},
        {"If-Unmodified-Since: " BEFORE "\r\nIf-Unmodified-Since: " BEFORE "\r\n", 200, 200, 200},
    };
    CHECK(rows);
}

static void test_precedence(void **state)
{
    (void)state;
    static const struct row rows[] = {
        /* If-Match stands above If-Unmodified-Since. */
        {"If-Match: \"e\"\r\nIf-Unmodified-Since: " BEFORE "\r\n", 200, 412, 412},
        {"If-Match: \"f\"\r\nIf-Unmodified-Since: " AFTER "\r\n", 412, 412, 412},
        /* If-None-Match above If-Modified-Since. */
        {"If-None-Match: \"f\"\r\nIf-Modified-Since: " AFTER "\r\n", 200, 200, 200},
        {"If-None-Match: \"e\"\r\nIf-Modified-Since: " BEFORE "\r\n", 304, 200, 200},
        {"If-Modified-Since: " AFTER "\r\nIf-None-Match: nonsense\r\n", 200, 200, 200},
        /* 412 comes before 304. */
        {"If-None-Match: \"e\"\r\nIf-Match: \"f\"\r\n", 412, 412, 412},
        {"If-None-Match: *\r\nIf-Match: *\r\n", 304, 304, 304},
        {"If-Modified-Since: " AT "\r\nIf-Unmodified-Since: " BEFORE "\r\n", 412, 412, 200},
        {"If-Modified-Since: " AT "\r\nIf-Unmodified-Since: " AT "\r\n", 304, 200, 200},
        {"If-None-Match: \"e\"\r\nIf-Unmodified-Since: " BEFORE "\r\n", 412, 412, 200},
        {"If-Match: \"e\"\r\nIf-Modified-Since: " AT "\r\n", 304, 412, 412},
    };
    CHECK(rows);
}

/* The section's five steps, read aloud; 0 of each pair is "absent". */
static unsigned oracle(unsigned match, unsigned unmodified, unsigned none_match, unsigned modified)
{
    if (match == 2)
        return 412;
    if (match == 0 && unmodified == 2)
        return 412;
    if (none_match == 2)
        return 304;
    if (none_match == 0 && modified == 2)
        return 304;
    return 200;
}

static void test_all_combinations(void **state)
{
    (void)state;
    /* Absent, true, false. */
    static const char *const match[] = {"", "If-Match: \"e\"\r\n", "If-Match: \"f\"\r\n"};
    static const char *const unmodified[] = {"", "If-Unmodified-Since: " AT "\r\n",
                                             "If-Unmodified-Since: " BEFORE "\r\n"};
    static const char *const none_match[] = {"", "If-None-Match: \"f\"\r\n", "If-None-Match: \"e\"\r\n"};
    static const char *const modified[] = {"", "If-Modified-Since: " BEFORE "\r\n",
                                           "If-Modified-Since: " AT "\r\n"};
    for (unsigned i = 0; i < 81; i++) {
        unsigned a = i % 3, b = i / 3 % 3, c = i / 9 % 3, d = i / 27;
        char fields[512];
        snprintf(fields, sizeof fields, "%s%s%s%s", modified[d], none_match[c], unmodified[b], match[a]);
        if (evaluate(fields, &settled) != oracle(a, b, c, d))
            fail_msg("%s", fields);
    }
}

static bool allows(const char *method, const char *fields, const struct validators *validators)
{
    struct request request;
    parse(method, fields, &request);
    return precondition_allows_range(&request, validators, NOW);
}

static void test_if_range(void **state)
{
    (void)state;
    static const struct {
        const char *if_range;
        bool allowed;
    } rows[] = {
        {"", true},
        {"If-Range: \"e\"\r\n", true},
        {"If-Range: \"f\"\r\n", false},
        {"If-Range: W/\"e\"\r\n", false}, /* strong comparison */
        {"If-Range: \"e\", \"f\"\r\n", false},
        {"If-Range: *\r\n", false},
        {"If-Range: e\r\n", false},
        {"If-Range:\r\n", false},
        {"If-Range: " AT "\r\n", true},
        {"If-Range: Sunday, 06-Nov-94 08:49:37 GMT\r\n", true},
        {"If-Range: Sun Nov  6 08:49:37 1994\r\n", true},
        {"If-Range: " BEFORE "\r\n", false},
        {"If-Range: " AFTER "\r\n", false}, /* to the second, not "since" */
        {"If-Range: \"" AT "\"\r\n", false},
        {"If-Range: \"e\"\r\nIf-Range: \"e\"\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char fields[256];
        bool none = !*rows[i].if_range;
        snprintf(fields, sizeof fields, "%sRange: bytes=0-1\r\n", rows[i].if_range);
        if (allows("GET", fields, &settled) != rows[i].allowed)
            fail_msg("%s", fields);
        /* Without validators nothing that If-Range could say is true. */
        assert_int_equal(allows("GET", fields, &unsettled), none);
        assert_int_equal(allows("GET", fields, &undated), none);
        assert_false(allows("HEAD", fields, &settled));
        assert_false(allows("GET", rows[i].if_range, &settled));
    }
    assert_false(allows("GET", "Range: bytes=0-1\r\nRange: bytes=0-1\r\n", &settled));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags),       cmocka_unit_test(test_dates),
        cmocka_unit_test(test_precedence), cmocka_unit_test(test_all_combinations),
        cmocka_unit_test(test_if_range),
    };
    return cmocka_run_group_tests_name("precondition", tests, NULL, NULL);
}
