/* excerpt: what is kept of a head for a log, from any text at all. */
#include "http/excerpt.h"

#include "support/harness.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void assert_str(struct str s, const char *text)
{
    assert_int_equal(s.length, strlen(text));
    if (s.length > 0)
        assert_memory_equal(s.data, text, s.length);
}

static void parts_are_found_in_whatever_came(void **state)
{
    (void)state;
    static const struct {
        const char *head, *line, *host, *user_agent, *referer;
    } rows[] = {
        {"GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: u v\r\nReferer: r\r\n\r\n", "GET /a HTTP/1.1", "x", "u v",
         "r"},
        {"\r\n\r\nGET / HTTP/1.0\r\nhOST:\tx \r\n\r\nUser-Agent: body\r\n", "GET / HTTP/1.0", "x", "", ""},
        {"GET / HTTP/1.1\nReferer: a\nReferer: b\n", "GET / HTTP/1.1", "", "", "a"},
        {"GET / HT", "GET / HT", "", "", ""},
        {"GET / HTTP/1.1\r\nHost", "GET / HTTP/1.1", "", "", ""},
        {"GET / HTTP/1.1\r\nHost:\r\nHostess: y\r\n\r\n", "GET / HTTP/1.1", "", "", ""},
        {"\x16\x03\x01", "\x16\x03\x01", "", "", ""},
        {"\r\n\r\n", "", "", "", ""},
        {"", "", "", "", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct excerpt excerpt;
        excerpt_read(str_of(rows[i].head), &excerpt);
        assert_str(excerpt.line, rows[i].line);
        assert_str(excerpt_line(str_of(rows[i].head)), rows[i].line);
        assert_str(excerpt.host, rows[i].host);
        assert_str(excerpt.user_agent, rows[i].user_agent);
        assert_str(excerpt.referer, rows[i].referer);
    }
}

static void assert_same(struct str a, struct str b)
{
    assert_true(str_equal(a, b));
    assert_int_equal(!a.data, !b.data);
}

static void assert_reads_back(struct str head)
{
    char text[EXCERPT_MAX];
    struct excerpt excerpt, again;
    excerpt_read(head, &excerpt);
    size_t length = excerpt_write(&excerpt, text, sizeof text);
    excerpt_read((struct str){text, length}, &again);
    assert_same(excerpt.line, again.line);
    assert_same(excerpt.host, again.host);
    assert_same(excerpt.user_agent, again.user_agent);
    assert_same(excerpt.referer, again.referer);
}

static void what_is_written_reads_back_to_the_same(void **state)
{
    (void)state;
    assert_reads_back(STR("GET / HTTP/1.1\r\nAccept: a\r\nReferer: r\r\nHost:\r\nUser-Agent: u\r\r\n\r\n"));
    assert_reads_back(STR("GET / \r\r\nHost: a\0b\r\n\r\n"));
    assert_reads_back(STR(""));
}

static void what_is_long_is_cut(void **state)
{
    (void)state;
    enum { LONG = 9000 };
    static char head[4 * LONG];
    size_t length = 0;
    static const char *const starts[] = {"GET /", "\r\nHost: ", "\r\nUser-Agent: ", "\r\nReferer: "};
    for (size_t i = 0; i < COUNT(starts); i++) {
        memcpy(head + length, starts[i], strlen(starts[i]));
        length += strlen(starts[i]);
        memset(head + length, 'a' + (int)i, LONG - 100);
        length += LONG - 100;
    }
    struct excerpt excerpt;
    excerpt_read((struct str){head, length}, &excerpt);
    assert_int_equal(excerpt.line.length, EXCERPT_LINE_MAX);
    assert_int_equal(excerpt.host.length, EXCERPT_HOST_MAX);
    assert_int_equal(excerpt.user_agent.length, EXCERPT_USER_AGENT_MAX);
    assert_int_equal(excerpt.referer.length, EXCERPT_REFERER_MAX);
    assert_reads_back((struct str){head, length});
}

static void without_room_fields_are_left_out_and_never_half(void **state)
{
    (void)state;
    char text[64];
    struct excerpt excerpt, again;
    excerpt_read(STR("GET / HTTP/1.1\r\nHost: example\r\nReferer: r\r\n\r\n"), &excerpt);
    for (size_t size = 0; size < sizeof text; size++) {
        size_t length = excerpt_write(&excerpt, text, size);
        assert_true(length <= size);
        excerpt_read((struct str){text, length}, &again);
        assert_str(again.line, length > 0 ? "GET / HTTP/1.1" : "");
        if (again.host.data)
            assert_str(again.host, "example");
        assert_str(again.user_agent, "");
    }
    assert_str(again.referer, "r");
}

static void a_request_line_has_three_parts_at_most(void **state)
{
    (void)state;
    static const struct {
        const char *line, *method, *target, *protocol;
    } rows[] = {
        {"GET /a HTTP/1.1", "GET", "/a", "HTTP/1.1"},
        {"GET /a b HTTP/1.1", "GET", "/a b", "HTTP/1.1"},
        {"GET /", "GET", "/", ""},
        {"GET", "GET", "", ""},
        {"", "", "", ""},
        {"GET ", "GET", "", ""},
        {" / ", "", "/", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct request_line line = excerpt_split(str_of(rows[i].line));
        assert_str(line.method, rows[i].method);
        assert_str(line.target, rows[i].target);
        assert_str(line.protocol, rows[i].protocol);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_found_in_whatever_came),
        cmocka_unit_test(what_is_written_reads_back_to_the_same),
        cmocka_unit_test(what_is_long_is_cut),
        cmocka_unit_test(without_room_fields_are_left_out_and_never_half),
        cmocka_unit_test(a_request_line_has_three_parts_at_most),
    };
    return cmocka_run_group_tests_name("excerpt", tests, NULL, NULL);
}
