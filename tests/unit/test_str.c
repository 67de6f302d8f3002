/* str: pieces of text, with or without bytes, compared, cut, read as numbers and made safe to print. */
#include "http/str.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct str nothing = {NULL, 0};

static void assert_str_equal(struct str s, const char *expected)
{
    assert_int_equal(s.length, strlen(expected));
    if (s.length > 0)
        assert_memory_equal(s.data, expected, s.length);
}

static void test_comparison(void **state)
{
    (void)state;
    assert_true(str_equal(str_of("abc"), STR("abc")));
    assert_false(str_equal(STR("abc"), STR("abC")));
    assert_false(str_equal(STR("abc"), STR("abcd")));
    assert_true(str_equal(nothing, STR("")));
    assert_true(str_equal_ignoring_case(STR("Content-LENGTH"), STR("content-length")));
    assert_true(str_equal_ignoring_case(nothing, STR("")));
    assert_false(str_equal_ignoring_case(STR("a"), STR("ab")));
    /* Neighbours of the letters, and letters of other alphabets, have no case. */
    assert_false(str_equal_ignoring_case(STR("@[`{"), STR("`{@[")));
    assert_false(str_equal_ignoring_case(STR("\xc4"), STR("\xe4")));
    assert_true(str_starts_with(STR("abc"), STR("ab")));
    assert_true(str_starts_with(STR("abc"), nothing));
    assert_true(str_starts_with(nothing, nothing));
    assert_false(str_starts_with(STR("ab"), STR("abc")));
    assert_false(str_starts_with(STR("abc"), STR("b")));
}

static void test_order(void **state)
{
    (void)state;
    assert_int_equal(str_compare_ignoring_case(STR("HTML"), STR("html")), 0);
    assert_int_equal(str_compare_ignoring_case(nothing, STR("")), 0);
    assert_true(str_compare_ignoring_case(STR("htm"), STR("HTML")) < 0);
    assert_true(str_compare_ignoring_case(STR("js"), STR("HTML")) > 0);
    assert_true(str_compare_ignoring_case(STR("_"), STR("A")) < 0);
    assert_true(str_compare_ignoring_case(STR("\xff"), STR("z")) > 0);
}

static void test_trim(void **state)
{
    (void)state;
    assert_str_equal(str_trim(STR(" \t a\t b \t")), "a\t b");
    assert_str_equal(str_trim(STR("a")), "a");
    assert_str_equal(str_trim(STR(" \t ")), "");
    assert_str_equal(str_trim(STR("\va\r")), "\va\r");
    assert_str_equal(str_trim(nothing), "");
    assert_str_equal(str_after(STR("abc"), 1), "bc");
}

static void test_next(void **state)
{
    (void)state;
    struct str rest = STR("a,,bc,"), piece;
    assert_true(str_next(&rest, ',', &piece));
    assert_str_equal(piece, "a");
    assert_true(str_next(&rest, ',', &piece));
    assert_str_equal(piece, "");
    assert_true(str_next(&rest, ',', &piece));
    assert_str_equal(piece, "bc");
    assert_false(str_next(&rest, ',', &piece));
    rest = nothing;
    assert_false(str_next(&rest, ',', &piece));
    rest = STR("whole");
    assert_true(str_next(&rest, ',', &piece));
    assert_str_equal(piece, "whole");
    assert_false(str_next(&rest, ',', &piece));
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        int result;
        uint64_t value;
    } rows[] = {
        {STR("0"), 0, 0},
        {STR("42"), 0, 42},
        {STR("00000000000000000000000000007"), 0, 7},
        {STR("18446744073709551615"), 0, UINT64_MAX},
        {STR("18446744073709551616"), -ERANGE, 0},
        {STR("18446744073709551620"), -ERANGE, 0},
        {STR("99999999999999999999999999"), -ERANGE, 0},
        {STR("99999999999999999999999999x"), -EINVAL, 0},
        {STR(""), -EINVAL, 0},
        {STR("-1"), -EINVAL, 0},
        {STR("+1"), -EINVAL, 0},
        {STR(" 1"), -EINVAL, 0},
        {STR("1 "), -EINVAL, 0},
        {STR("0x10"), -EINVAL, 0},
        {STR("1e3"), -EINVAL, 0},
        {STR("1\0"), -EINVAL, 0},
        {STR("/"), -EINVAL, 0},
        {STR(":"), -EINVAL, 0},
        {{NULL, 0}, -EINVAL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t value = 0;
        int r = str_to_uint64(rows[i].text, &value);
        if (r != rows[i].result || value != rows[i].value)
            fail_msg("\"%.*s\": %d", (int)rows[i].text.length, rows[i].text.data, r);
    }
}

static void test_utf8_length(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        size_t length;
    } rows[] = {
        {STR(""), 0},
        {STR("a\xff"), 1},
        {STR("\x7f"), 1},
        {STR("\x80"), 0},
        {STR("\xc3\xa4"), 2},
        {STR("\xc3"), 0},
        {STR("\xc3("), 0},
        {STR("\xc0\xaf"), 0}, /* "/" in two octets */
        {STR("\xc1\xbf"), 0},
        {STR("\xe0\x80\xaf"), 0}, /* in three */
        {STR("\xe0\xa0\x80"), 3},
        {STR("\xed\x9f\xbf"), 3},
        {STR("\xed\xa0\x80"), 0}, /* a surrogate */
        {STR("\xf0\x80\x80\xaf"), 0},
        {STR("\xf0\x90\x80\x80"), 4},
        {STR("\xf4\x8f\xbf\xbf"), 4},
        {STR("\xf4\x90\x80\x80"), 0}, /* past U+10FFFF */
        {STR("\xf5\x80\x80\x80"), 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(str_utf8_length(rows[i].text), rows[i].length);
    assert_int_equal(str_utf8_length((struct str){NULL, 0}), 0);
}

static void test_escape(void **state)
{
    (void)state;
    char buffer[64];
    assert_int_equal(str_escape(STR("a\\b\r\n\t\x1b[0m\0\x7f\xc3\xa4~ "), buffer, sizeof buffer), 35);
    assert_string_equal(buffer, "a\\\\b\\r\\n\\t\\x1b[0m\\x00\\x7f\\xc3\\xa4~ ");
    assert_int_equal(str_escape(nothing, buffer, sizeof buffer), 0);
    assert_string_equal(buffer, "");
}

/* Whatever the size: no byte past it, a NUL at the end, and no half escape. */
static void test_escape_is_cut(void **state)
{
    (void)state;
    static const char whole[] = "a\\x1bb\\n";
    static const size_t lengths[] = {0, 0, 1, 1, 1, 1, 5, 6, 6, 8, 8};
    for (size_t size = 1; size < sizeof lengths / sizeof *lengths; size++) {
        char *buffer = malloc(size);
        assert_int_equal(str_escape(STR("a\x1b"
                                        "b\n"),
                                    buffer, size),
                         lengths[size]);
        assert_memory_equal(buffer, whole, lengths[size]);
        assert_int_equal(buffer[lengths[size]], '\0');
        free(buffer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparison),    cmocka_unit_test(test_order),
        cmocka_unit_test(test_trim),          cmocka_unit_test(test_next),
        cmocka_unit_test(test_numbers),       cmocka_unit_test(test_escape),
        cmocka_unit_test(test_escape_is_cut), cmocka_unit_test(test_utf8_length),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
