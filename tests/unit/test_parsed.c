/* parsed: what is remembered of a head is what is read in it, and of no other head. */
#include "http/parsed.h"

#include "../support/harness.h"
#include "../support/heads.h"

#include <stdlib.h>
#include <string.h>

static struct parsed parsed;

static int forget(void **state)
{
    (void)state;
    parsed.length = 0;
    return 0;
}

/* Reads it from memory that is gone afterwards, as a worker's input is. */
static void read_head(struct str head)
{
    char *copy = malloc(head.length);
    assert_non_null(copy);
    memcpy(copy, head.data, head.length);
    parsed_read(&parsed, (struct str){copy, head.length}, &heads_limits);
    memset(copy, 'x', head.length);
    free(copy);
}

static void assert_path(struct str head, const char *path)
{
    read_head(head);
    assert_int_equal(parsed.status, 0);
    assert_int_equal(parsed.target_status, 0);
    heads_assert_str(parsed.target.path, path);
    heads_assert_str(parsed.request.field[FIELD_HOST], "a");
}

static void heads_in_turn_are_told_apart(void **state)
{
    (void)state;
    assert_path(STR("GET /one HTTP/1.1\r\nHost: a\r\n\r\n"), "one");
    assert_path(STR("GET /one HTTP/1.1\r\nHost: a\r\n\r\n"), "one");
    assert_path(STR("GET /two HTTP/1.1\r\nHost: a\r\n\r\n"), "two");
    assert_path(STR("GET /two%21 HTTP/1.1\r\nHost: a\r\n\r\n"), "two!");
    assert_path(STR("GET /two HTTP/1.1\r\nHost: a\r\n\r\n"), "two");
}

static void a_refusal_is_remembered_too(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        read_head(STR("GET /one HTTP/1.1\r\n\r\n"));
        assert_int_equal(parsed.status, 400);
    }
    for (int i = 0; i < 2; i++) {
        read_head(STR("GET /../one HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_int_equal(parsed.status, 0);
        assert_int_equal(parsed.target_status, 400);
    }
    assert_path(STR("GET /one HTTP/1.1\r\nHost: a\r\n\r\n"), "one");
}

static void a_length_is_known_of_what_starts_the_same(void **state)
{
    (void)state;
    static const struct str head = STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    static const struct str two = STR("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    static const struct str other = STR("GET / HTTP/1.1\r\nHost: ab\r\n\r\n");
    assert_int_equal(parsed_head_length(&parsed, head), head.length);
    assert_path(head, "");
    assert_int_equal(parsed_head_length(&parsed, head), head.length);
    assert_int_equal(parsed_head_length(&parsed, two), head.length);
    assert_int_equal(parsed_head_length(&parsed, other), other.length);
    assert_int_equal(parsed_head_length(&parsed, STR("")), 0);
    for (size_t i = 0; i < head.length; i++)
        assert_int_equal(parsed_head_length(&parsed, (struct str){head.data, i}), 0);
}

static void a_long_head_is_read_and_not_remembered(void **state)
{
    (void)state;
    char head[PARSED_HEAD_MAX + 100];
    static const char start[] = "GET /long HTTP/1.1\r\nHost: a\r\nX: ";
    for (size_t length = PARSED_HEAD_MAX; length <= PARSED_HEAD_MAX + 1; length++) {
        memset(head, 'x', length);
        memcpy(head, start, strlen(start));
        memcpy(head + length - 4, "\r\n\r\n", 4);
        parsed_read(&parsed, (struct str){head, length}, &heads_limits);
        assert_int_equal(parsed.status, 0);
        heads_assert_str(parsed.target.path, "long");
        assert_int_equal(parsed.length, length <= PARSED_HEAD_MAX ? length : 0);
        assert_int_equal(parsed_head_length(&parsed, (struct str){head, length}), length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(heads_in_turn_are_told_apart, forget),
        cmocka_unit_test_setup(a_refusal_is_remembered_too, forget),
        cmocka_unit_test_setup(a_length_is_known_of_what_starts_the_same, forget),
        cmocka_unit_test_setup(a_long_head_is_read_and_not_remembered, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
