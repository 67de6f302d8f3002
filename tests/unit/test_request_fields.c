/* request: the field lines of a head, those that frame the request above all. */
#include "http/request.h"

#include "../support/harness.h"
#include "../support/heads.h"

#include <stdio.h>
#include <string.h>

#define HOST "Host: www.example.org\r\n"

static void test_fields(void **state)
{
    (void)state;
    struct request request;
    assert_int_equal(request_parse(STR("POST /a?b HTTP/1.1\r\n"
                                       "hOsT:\t [::1]:7878 \t\r\n"
                                       "CONTENT-LENGTH:5\r\n"
                                       "Connection: x\r\n"
                                       "connection: y\r\n"
                                       "Expect: 100-continue\r\n"
                                       "X-Empty:\r\n"
                                       "!#$%&'*+-.^_`|~09azAZ: \x80\xff\t\"\r\n"
                                       "\r\n"),
                                   &heads_limits, &request),
                     0);
    assert_int_equal(request.method, METHOD_OTHER);
    heads_assert_str(request.target, "/a?b");
    heads_assert_str(request.field[FIELD_HOST], "[::1]:7878");
    heads_assert_str(request.field[FIELD_CONTENT_LENGTH], "5");
    heads_assert_str(request.field[FIELD_CONNECTION], "x");
    assert_int_equal(request.lines[FIELD_CONNECTION], 2);
    heads_assert_str(request.field[FIELD_EXPECT], "100-continue");
    assert_true(request.has_body);
    assert_true(request.content_length == 5);
    /* A field that is there without a value is not an absent one. */
    assert_int_equal(request_parse(STR("GET / HTTP/1.1\r\nHost:\r\n\r\n"), &heads_limits, &request), 0);
    assert_non_null(request.field[FIELD_HOST].data);
    assert_int_equal(request.field[FIELD_HOST].length, 0);
}

static void test_field_lines_refused(void **state)
{
    (void)state;
    static const struct str fields[] = {
        STR("A"),
        STR(":"),
        STR(": b"),
        STR("A : b"),
        STR("A\t: b"),
        STR(" A: b"),
        STR("\tA: b"),
        STR("A: b\r\n c"),
        STR("A: b\r\n\tc"),
        STR("A: b\r\n : c"),
        STR("A B: c"),
        STR("A(: b"),
        STR("A/: b"),
        STR("A\xc3: b"),
        STR("A\0: b"),
        STR("A\r: b"),
        STR("A\n: b"),
        STR("A: b\nc"),
        STR("A: b\rc"),
        STR("A: b\r"),
        STR("A: b\r\r"),
        STR("A: b\n"),
        STR("A: b\0c"),
        STR("A: b\x01"),
        STR("A: 0123456789\x1f"
            "0123456789"),
        STR("A: 0123456\x7f\t9"),
        STR("A: b\vc"),
        STR("A: b\x7f"),
        STR("A;b: c"),
        STR("\r"),
        STR("\rA: b"),
        STR("\0"),
        STR("GET / HTTP/1.1"),
    };
    HEADS_ASSERT_EACH_ENDING("GET / HTTP/1.1\r\n" HOST, fields, 400);
    /* White space between the request line and the first field line: RFC 9112 section 2.2. */
    HEADS_ASSERT_EACH_ENDING("GET / HTTP/1.0\r\n", fields, 400);
    heads_assert_status(STR("GET / HTTP/1.1\r\n" HOST "A: b\r\n\n"), 400);
    heads_assert_status(STR("GET / HTTP/1.1\r\n" HOST "A: b\n\r\n"), 400);
    heads_assert_status(STR("GET / HTTP/1.1\n" HOST "\n"), 400);
}

/* Each octet at each place of a value: whether values are looked at octet by octet or many at once must not
 * matter. */
static void test_octets_of_values(void **state)
{
    (void)state;
    for (int octet = 0; octet < 256; octet++)
        for (size_t place = 0; place < 20; place++) {
            char head[] = "GET / HTTP/1.0\r\nA:\xff"
                          "bcd\tfg\x80ijklmnopqrst\r\n\r\n";
            bool allowed = octet == '\t' || (octet >= 0x20 && octet != 0x7f);
            head[18 + place] = (char)octet;
            heads_assert_status((struct str){head, sizeof head - 1}, allowed ? 0 : 400);
        }
}

static void test_host(void **state)
{
    (void)state;
    static const struct str valid[] = {
        STR("Host: a"), STR("Host:a:80"),       STR("Host:\ta\t"),   STR("Host: [::1]:80"),
        STR("Host:"),   STR("Host: 127.0.0.1"), STR("Host: a%41b:"), STR("hOST: a"),
    };
    HEADS_ASSERT_EACH_ENDING("GET / HTTP/1.1\r\n", valid, 0);
    HEADS_ASSERT_EACH_ENDING("GET / HTTP/1.0\r\n", valid, 0);
    static const struct str invalid[] = {
        STR("Host: a@b"),
        STR("Host: a?b"),
        STR("Host: a#b"),
        STR("Host: a\\b"),
        STR("Host: a/b"),
        STR("Host: a b"),
        STR("Host: a\xc3"),
        STR("Host: a%4"),
        STR("Host: a:x"),
        STR("Host: a:65536"),
        STR("Host: a:80:80"),
        STR("Host: [::1"),
        STR("Host: http://a"),
        STR("Host: a\r\nHost: a"),
        STR("Host: a\r\nHost: b"),
        STR("Host:\r\nHost:"),
        STR("Host: a\r\nX: y\r\nhost: a"),
        STR("Host: \"a\""),
    };
    HEADS_ASSERT_EACH_ENDING("GET / HTTP/1.1\r\n", invalid, 400);
    HEADS_ASSERT_EACH_ENDING("GET / HTTP/1.0\r\n", invalid, 400);
    heads_assert_status(STR("GET / HTTP/1.1\r\n\r\n"), 400);
    heads_assert_status(STR("GET / HTTP/1.2\r\n\r\n"), 400);
    heads_assert_status(STR("GET / HTTP/1.1\r\nX-Host: a\r\n\r\n"), 400);
    heads_assert_status(STR("GET / HTTP/1.0\r\n\r\n"), 0);
}

static void test_content_length(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint64_t length;
    } rows[] = {{"0", 0}, {"5", 5}, {" 5\t", 5}, {"0005", 5}, {"18446744073709551615", UINT64_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[128];
        struct request request;
        snprintf(head, sizeof head, "GET / HTTP/1.0\r\nContent-Length:%s\r\n\r\n", rows[i].value);
        assert_int_equal(heads_status(str_of(head), &request), 0);
        assert_true(request.content_length == rows[i].length);
        assert_int_equal(request.has_body, rows[i].length > 0);
    }
    static const struct str refused[] = {
        STR("Content-Length:"),
        STR("Content-Length: -5"),
        STR("Content-Length: +5"),
        STR("Content-Length: 5,"),
        STR("Content-Length: 5, 5"),
        STR("Content-Length: 5, 6"),
        STR("Content-Length: 5 5"),
        STR("Content-Length: 0x5"),
        STR("Content-Length: 5.0"),
        STR("Content-Length: 5;"),
        STR("Content-Length: \"5\""),
        STR("Content-Length: five"),
        STR("Content-Length: 18446744073709551616"),
        STR("Content-Length: 99999999999999999999999999"),
        STR("Content-Length: 5\r\nContent-Length: 5"),
        STR("Content-Length: 5\r\ncontent-length: 6"),
        STR("Content-Length: 0\r\nX: y\r\nContent-Length: 0"),
    };
    HEADS_ASSERT_EACH_ENDING("POST / HTTP/1.1\r\n" HOST, refused, 400);
}

static const struct str refused_codings[] = {
    STR("Transfer-Encoding:"),
    STR("Transfer-Encoding: ,"),
    STR("Transfer-Encoding: identity"),
    STR("Transfer-Encoding: gzip"),
    STR("Transfer-Encoding: xchunked"),
    STR("Transfer-Encoding: chunkedx"),
    STR("Transfer-Encoding: chunke"),
    STR("Transfer-Encoding: \"chunked\""),
    STR("Transfer-Encoding: chunked, gzip"),
    STR("Transfer-Encoding: chunked, chunked"),
    STR("Transfer-Encoding: chunked,"),
    STR("Transfer-Encoding: chunked, "),
    STR("Transfer-Encoding: ,chunked"),
    STR("Transfer-Encoding: gzip,,chunked"),
    STR("Transfer-Encoding: chunked;a=b"),
    STR("Transfer-Encoding: chunked gzip"),
    STR("Transfer-Encoding: gzip chunked"),
    STR("Transfer-Encoding: \vchunked"),
    STR("Transfer-Encoding: chunked\v"),
    STR("Transfer-Encoding: chunked\0"),
    STR("Transfer-Encoding: chunked\xa0"),
    STR("Transfer-Encoding : chunked"),
    STR("Transfer-Encoding\0: chunked"),
    STR(" Transfer-Encoding: chunked"),
    STR("X: y\r\n Transfer-Encoding: chunked"),
    STR("Transfer-Encoding:\r\n chunked"),
    STR("X: y\nTransfer-Encoding: chunked"),
    STR("X: y\rTransfer-Encoding: chunked"),
    STR("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    STR("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    STR("Transfer-Encoding: gzip\r\ntransfer-encoding: chunked"),
    STR("Transfer-Encoding: chunked\r\nContent-Length: 5"),
    STR("Content-Length: 5\r\nTransfer-Encoding: chunked"),
    STR("Content-Length: 0\r\nTransfer-Encoding: chunked"),
    STR("Content-Length: 5\r\nTransfer-Encoding: gzip, chunked"),
};

static void test_transfer_encoding(void **state)
{
    (void)state;
    static const struct str chunked[] = {
        STR("Transfer-Encoding: chunked"),
        STR("transfer-encoding:CHUNKED"),
        STR("Transfer-Encoding:\tchUnked \t"),
    };
    for (size_t i = 0; i < sizeof chunked / sizeof *chunked; i++) {
        char head[128];
        struct request request;
        snprintf(head, sizeof head, "POST / HTTP/1.1\r\n" HOST "%s\r\n\r\n", chunked[i].data);
        assert_int_equal(heads_status(str_of(head), &request), 0);
        assert_true(request.has_body);
        assert_true(request.chunked);
    }
    static const struct str unknown[] = {
        STR("Transfer-Encoding: gzip, chunked"),
        STR("Transfer-Encoding: gzip,chunked"),
        STR("Transfer-Encoding: identity, gzip\t,\tchunked"),
        STR("Transfer-Encoding: xchunked, chunked"),
    };
    HEADS_ASSERT_EACH_ENDING("POST / HTTP/1.1\r\n" HOST, unknown, 501);
    HEADS_ASSERT_EACH_ENDING("POST / HTTP/1.1\r\n" HOST, refused_codings, 400);
    HEADS_ASSERT_EACH_ENDING("POST / HTTP/1.0\r\n" HOST, chunked, 400);
    HEADS_ASSERT_EACH_ENDING("POST / HTTP/1.0\r\n" HOST, unknown, 400);
}

/* RFC 9110 section 10.1.1. */
static void test_expect(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        enum expectation in_1_0, in_1_1;
    } rows[] = {
        {"", EXPECT_NOTHING, EXPECT_NOTHING},
        {"Expect: 100-continue\r\n", EXPECT_NOTHING, EXPECT_CONTINUE},
        {"Expect: 100-Continue\r\n", EXPECT_NOTHING, EXPECT_CONTINUE},
        {"eXPECT:\t100-CONTINUE \r\n", EXPECT_NOTHING, EXPECT_CONTINUE},
        {"Expect: 100-continue, 100-continue\r\n", EXPECT_NOTHING, EXPECT_CONTINUE},
        {"Expect: ,100-continue,\r\n", EXPECT_NOTHING, EXPECT_CONTINUE},
        {"Expect:\r\n", EXPECT_NOTHING, EXPECT_NOTHING},
        {"Expect:\r\nExpect: 100-continue\r\n", EXPECT_NOTHING, EXPECT_CONTINUE},
        {"Expect: 100\r\n", EXPECT_UNKNOWN, EXPECT_UNKNOWN},
        {"Expect: 100-continues\r\n", EXPECT_UNKNOWN, EXPECT_UNKNOWN},
        {"Expect: 100-continue;a=b\r\n", EXPECT_UNKNOWN, EXPECT_UNKNOWN},
        {"Expect: \"100-continue\"\r\n", EXPECT_UNKNOWN, EXPECT_UNKNOWN},
        {"Expect: 100-continue, x=y\r\n", EXPECT_UNKNOWN, EXPECT_UNKNOWN},
        {"Expect: 100-continue\r\nX: y\r\nExpect: z\r\n", EXPECT_UNKNOWN, EXPECT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int minor = 0; minor < 2; minor++) {
            char head[256];
            struct request request;
            snprintf(head, sizeof head, "GET / HTTP/1.%d\r\n" HOST "%s\r\n", minor, rows[i].fields);
            assert_int_equal(heads_status(str_of(head), &request), 0);
            if (request.expectation != (minor == 0 ? rows[i].in_1_0 : rows[i].in_1_1))
                fail_msg("%s", head);
        }
}

static void test_values_of_several_lines(void **state)
{
    (void)state;
    static const char head[] = "GET / HTTP/1.1\r\n" HOST "if-none-match: a, b \r\nX: y\r\n"
                               "If-None-Match:\r\nIf-Match: c\r\nIF-NONE-MATCH:\td\r\n\r\n";
    static const char *const values[] = {"a, b", "", "d"};
    struct request request;
    struct str value;
    assert_int_equal(request_parse(str_of(head), &heads_limits, &request), 0);
    struct str rest = request.field_lines;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        assert_true(request_next_value(FIELD_IF_NONE_MATCH, &rest, &value));
        heads_assert_str(value, values[i]);
    }
    assert_false(request_next_value(FIELD_IF_NONE_MATCH, &rest, &value));
    rest = request.field_lines;
    assert_false(request_next_value(FIELD_RANGE, &rest, &value));
    assert_int_equal(request_parse(STR("GET / HTTP/1.0\r\n\r\n"), &heads_limits, &request), 0);
    rest = request.field_lines;
    assert_false(request_next_value(FIELD_HOST, &rest, &value));
}

static void test_keep_alive(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        bool in_1_0, in_1_1;
    } rows[] = {
        {"", false, true},
        {"Connection: keep-alive\r\n", true, true},
        {"Connection: Keep-Alive\r\n", true, true},
        {"Connection: close\r\n", false, false},
        {"Connection: CLOSE\r\n", false, false},
        {"Connection:\tclose\t\r\n", false, false},
        {"Connection: keep-alive, close\r\n", false, false},
        {"Connection: close, keep-alive\r\n", false, false},
        {"Connection: upgrade, keep-alive,\r\n", true, true},
        {"Connection: , ,close\r\n", false, false},
        {"Connection: keep-alive\r\nConnection: x\r\n", true, true},
        {"Connection: x\r\nConnection: keep-alive\r\n", true, true},
        {"Connection: keep-alive\r\nConnection: close\r\n", false, false},
        {"Connection: close\r\nConnection: keep-alive\r\n", false, false},
        {"Connection:\r\n", false, true},
        {"Connection: closed\r\n", false, true},
        {"Connection: not close\r\n", false, true},
        {"Connection: keep-alives\r\n", false, true},
        {"Keep-Alive: timeout=5\r\n", false, true},
        {"X-Connection: close\r\n", false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int minor = 0; minor < 2; minor++) {
            char head[256];
            struct request request;
            snprintf(head, sizeof head, "GET / HTTP/1.%d\r\n" HOST "%s\r\n", minor, rows[i].fields);
            assert_int_equal(heads_status(str_of(head), &request), 0);
            if (request.keep_alive != (minor == 0 ? rows[i].in_1_0 : rows[i].in_1_1))
                fail_msg("%s", head);
        }
}

static void test_joined_values(void **state)
{
    (void)state;
    static const struct {
        const char *fields, *joined; /* NULL: there is no such line */
        size_t room;
    } rows[] = {
        {"", NULL, 64},
        {"Accept: a\r\n", "a", 64},
        {"Accept: a, b\r\n", "a, b", 1}, /* one line needs no room */
        {"Accept:\r\n", "", 64},
        {"Accept: a\r\nX: y\r\naccept: b;q=0.5 \r\n", "a,b;q=0.5,", 64},
        {"Accept: a\r\nAccept:\r\nAccept: b\r\n", "a,,b,", 64},
        {"Accept: a\r\nAccept: bcd\r\n", "a,bcd,", 6},
        {"Accept: a\r\nAccept: bcd\r\n", "a,", 5},
        {"Accept: abc\r\nAccept: d\r\n", "", 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[256], buffer[64];
        struct request request;
        snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" HOST "%s\r\n", rows[i].fields);
        assert_int_equal(request_parse(str_of(head), &heads_limits, &request), 0);
        struct str joined = request_join_values(&request, FIELD_ACCEPT, buffer, rows[i].room);
        assert_int_equal(joined.data != NULL, rows[i].joined != NULL);
        if (!str_equal(joined, str_of(rows[i].joined ?: "")))
            fail_msg("%s: \"%.*s\"", rows[i].fields, (int)joined.length, joined.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),           cmocka_unit_test(test_field_lines_refused),
        cmocka_unit_test(test_octets_of_values), cmocka_unit_test(test_host),
        cmocka_unit_test(test_content_length),   cmocka_unit_test(test_transfer_encoding),
        cmocka_unit_test(test_expect),           cmocka_unit_test(test_values_of_several_lines),
        cmocka_unit_test(test_keep_alive),       cmocka_unit_test(test_joined_values),
    };
    return cmocka_run_group_tests_name("request fields", tests, NULL, NULL);
}
