/*
 * request: the RFCs' examples, request lines as a smuggler would send them, limits, and heads damaged at
 * random. What fields may say is tested in test_request_fields.c.
 */
#include "http/request.h"

#include "../support/harness.h"
#include "../support/heads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST "Host: www.example.org\r\n"

static const char example[] =
    "GET /hello.txt HTTP/1.1\r\n" /* RFC 9112 section 2.1 and RFC 9110 section 3.9 */
    "User-Agent: curl/7.64.1\r\n"
    "Host: www.example.com\r\n"
    "Accept-Language: en, mi\r\n"
    "\r\n";

static void test_example(void **state)
{
    (void)state;
    struct request request;
    assert_int_equal(request_parse(str_of(example), &heads_limits, &request), 0);
    assert_int_equal(request.method, METHOD_GET);
    heads_assert_str(request.method_name, "GET");
    heads_assert_str(request.target, "/hello.txt");
    assert_int_equal(request.minor_version, 1);
    heads_assert_str(request.field[FIELD_HOST], "www.example.com");
    assert_int_equal(request.lines[FIELD_CONNECTION], 0);
    assert_int_equal(request.lines[FIELD_OTHER], 2);
    assert_true(request.keep_alive);
    assert_false(request.has_body);
}

static void test_head_length(void **state)
{
    (void)state;
    char received[512];
    size_t length = strlen(example);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(request_head_length((struct str){example, i}), 0);
    assert_int_equal(request_head_length(str_of(example)), length);
    snprintf(received, sizeof received, "%s%s", example, example);
    assert_int_equal(request_head_length(str_of(received)), length);
    snprintf(received, sizeof received, "%sbody\r\n\r\n", example);
    assert_int_equal(request_head_length(str_of(received)), length);
    snprintf(received, sizeof received, "\r\n\r\n%s", example);
    assert_int_equal(request_head_length(str_of(received)), length + 4);
    assert_int_equal(request_head_length((struct str){NULL, 0}), 0);
    assert_int_equal(request_head_length(STR("\r\n\r\n\r\n")), 0);
    assert_int_equal(request_head_length(STR("\r\n\r")), 0);
    assert_int_equal(request_head_length(STR("GET / HTTP/1.1\r\n\r\n")), 18);
    /* A bare LF is an end: nothing that follows could save this head. */
    assert_int_equal(request_head_length(STR("GET / HTTP/1.1\nHost: h")), 15);
    assert_int_equal(request_head_length(STR("\nGET / HTTP/1.1")), 1);
    assert_int_equal(request_head_length(STR("GET / HTTP/1.1\r\nA: b\nHost: h")), 21);
}

static void test_line_fits(void **state)
{
    (void)state;
    assert_false(request_line_fits((struct str){NULL, 0}, 100));
    assert_false(request_line_fits(STR("GET / HTTP/1.1\r"), 100));
    assert_false(request_line_fits(STR("\r\n\r\nGET / HTTP/1.1"), 100));
    assert_true(request_line_fits(STR("GET / HTTP/1.1\r\n"), 100));
    assert_true(request_line_fits(STR("GET / HTTP/1.1\r\n"), 14));
    assert_false(request_line_fits(STR("GET / HTTP/1.1\r\n"), 13));
    assert_true(request_line_fits(STR("\r\n\r\nGET / HTTP/1.1\r\nHost"), 14));
    assert_false(request_line_fits(STR("\r\n\r\nGET / HTTP/1.1\r\nHost"), 13));
}

static void test_beginnings(void **state)
{
    (void)state;
    assert_false(request_has_begun((struct str){NULL, 0}));
    assert_false(request_has_begun(STR("\r\n\r\n")));
    assert_true(request_has_begun(STR("\r\n\r")));
    assert_true(request_has_begun(STR("G")));
    assert_true(request_is_head(STR("HEAD ")));
    assert_true(request_is_head(STR("\r\nHEAD / HTTP")));
    assert_false(request_is_head(STR("HEAD")));
    assert_false(request_is_head(STR("HEADER /")));
    assert_false(request_is_head(STR("GET / HTTP/1.1\r\n\r\nHEAD ")));
}

static void test_methods(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum method method;
    } rows[] = {
        {"GET", METHOD_GET},
        {"HEAD", METHOD_HEAD},
        {"OPTIONS", METHOD_OPTIONS},
        {"POST", METHOD_OTHER},
        {"PUT", METHOD_OTHER},
        {"DELETE", METHOD_OTHER},
        {"TRACE", METHOD_OTHER},
        {"PATCH", METHOD_OTHER},
        {"PROPFIND", METHOD_OTHER},
        {"VERSION-CONTROL", METHOD_OTHER},
        {"get", METHOD_UNKNOWN},
        {"Get", METHOD_UNKNOWN},
        {"GETS", METHOD_UNKNOWN},
        {"GE", METHOD_UNKNOWN},
        {"BREW", METHOD_UNKNOWN},
        {"M-SEARCH", METHOD_UNKNOWN},
        {"VERSION-CONTRO", METHOD_UNKNOWN},
        {"!#$%&'*+-.^_`|~", METHOD_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[128];
        struct request request;
        snprintf(head, sizeof head, "%s / HTTP/1.1\r\n" HOST "\r\n", rows[i].name);
        assert_int_equal(heads_status(str_of(head), &request), 0);
        assert_int_equal(request.method, rows[i].method);
    }
}

/* A refused HEAD gets no content either, so its method must be known. */
static void test_method_of_a_refused_request(void **state)
{
    (void)state;
    static const struct str heads[] = {
        STR("HEAD / HTTP/1.1\n"),
        STR("HEAD  / HTTP/1.1\r\n\r\n"),
        STR("HEAD / HTTP/1.1\r\n\r\n"),
        STR("HEAD / HTTP/2.0\r\n\r\n"),
        STR("HEAD / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct request request;
        assert_true(heads_status(heads[i], &request) >= 400);
        assert_int_equal(request.method, METHOD_HEAD);
    }
}

static void test_request_line_refused(void **state)
{
    (void)state;
    static const struct str heads[] = {
        STR("GET  / HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET /  HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET / HTTP/1.1 \r\n" HOST "\r\n"),
        STR(" GET / HTTP/1.1\r\n" HOST "\r\n"),
        STR(" / HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET\t/ HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET /\tHTTP/1.1\r\n" HOST "\r\n"),
        STR("GET\v/ HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET / HTTP/1.1\r\r\n" HOST "\r\n"),
        STR("GET / HTTP/1.1\n" HOST "\r\n"),
        STR("GET / HTTP/1.1\r" HOST "\r\n"),
        STR("\rGET / HTTP/1.1\r\n" HOST "\r\n"),
        STR("\nGET / HTTP/1.1\r\n" HOST "\r\n"),
        STR("\r\n\nGET / HTTP/1.1\r\n" HOST "\r\n"),
        STR("\0GET / HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET / HTTP/1.1\0\r\n" HOST "\r\n"),
        STR("GET\r\n\r\n"),
        STR("GET \r\n\r\n"),
        STR("GET /\r\n\r\n"),
        STR("GET / \r\n\r\n"),
        STR("GET HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET  HTTP/1.1\r\n" HOST "\r\n"),
        STR("/ HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET/ HTTP/1.1\r\n" HOST "\r\n"),
        STR("G(T / HTTP/1.1\r\n" HOST "\r\n"),
        STR("G\xc3T / HTTP/1.1\r\n" HOST "\r\n"),
        STR("G\0T / HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET: / HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET /a\0b HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET /a\x7f HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET /a#b HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET /a\rb HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET /a b HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET / http/1.1\r\n" HOST "\r\n"),
        STR("GET / Http/1.1\r\n" HOST "\r\n"),
        STR("GET / HTTP/1.10\r\n" HOST "\r\n"),
        STR("GET / HTTP/01.1\r\n" HOST "\r\n"),
        STR("GET / HTTP/11\r\n" HOST "\r\n"),
        STR("GET / HTTP/1.\r\n" HOST "\r\n"),
        STR("GET / HTTP/1\r\n" HOST "\r\n"),
        STR("GET / HTTP/1,1\r\n" HOST "\r\n"),
        STR("GET / HTTP/a.1\r\n" HOST "\r\n"),
        STR("GET / HTTP/1.a\r\n" HOST "\r\n"),
        STR("GET / HTTP 1.1\r\n" HOST "\r\n"),
        STR("GET / HTTPS/1.1\r\n" HOST "\r\n"),
        STR("GET / ICY/1.1\r\n" HOST "\r\n"),
    };
    HEADS_ASSERT_EACH(heads, 400);
}

static void test_versions(void **state)
{
    (void)state;
    for (char minor = '0'; minor <= '9'; minor++) {
        char head[] = "GET / HTTP/1.x\r\n" HOST "\r\n";
        struct request request;
        *strchr(head, 'x') = minor;
        assert_int_equal(heads_status(str_of(head), &request), 0);
        assert_int_equal(request.minor_version, minor == '0' ? 0 : 1);
    }
    static const struct str other[] = {
        STR("GET / HTTP/0.9\r\n" HOST "\r\n"),
        STR("GET / HTTP/2.0\r\n" HOST "\r\n"),
        STR("GET / HTTP/3.1\r\n\r\n"),
        STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    };
    HEADS_ASSERT_EACH(other, 505);
}

static void test_targets(void **state)
{
    (void)state;
    static const struct str accepted[] = {
        STR("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
        STR("OPTIONS / HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET http://www.example.org/pub/WWW/TheProject.html HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET HTTPS://www.example.org HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET http://other.example/ HTTP/1.1\r\nHost:\r\n\r\n"),
        STR("CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\n\r\n"),
        STR("GET /!\"$%&'()*+,-.:;<=>?@[\\]^_`{|}~ HTTP/1.1\r\n" HOST
            "\r\n"), /* target_parse() judges the path */
    };
    HEADS_ASSERT_EACH(accepted, 0);
    static const struct str refused[] = {
        STR("GET * HTTP/1.1\r\n" HOST "\r\n"),
        STR("OPTIONS ** HTTP/1.1\r\n" HOST "\r\n"),
        STR("BREW * HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET a/b HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET www.example.org HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET www.example.org:80 HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET ftp://www.example.org/ HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET http:///a HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET http://user@www.example.org/ HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET http://www.example.org:65536/ HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET http://www.example.org\\a/ HTTP/1.1\r\n" HOST "\r\n"),
        STR("GET http://www.example.org/ HTTP/1.1\r\n\r\n"),
        STR("GET http://www.example.org/ HTTP/1.1\r\nHost: a b\r\n\r\n"),
        STR("CONNECT / HTTP/1.1\r\n" HOST "\r\n"),
        STR("CONNECT * HTTP/1.1\r\n" HOST "\r\n"),
        STR("CONNECT http://www.example.com:80 HTTP/1.1\r\n" HOST "\r\n"),
        STR("CONNECT www.example.com HTTP/1.1\r\n" HOST "\r\n"),
        STR("CONNECT www.example.com: HTTP/1.1\r\n" HOST "\r\n"),
        STR("CONNECT www.example.com:80000 HTTP/1.1\r\n" HOST "\r\n"),
        STR("CONNECT user@www.example.com:80 HTTP/1.1\r\n" HOST "\r\n"),
    };
    HEADS_ASSERT_EACH(refused, 400);
}

static void test_limits(void **state)
{
    (void)state;
    char head[512], target[128];
    memset(target, 'a', sizeof target);
    target[0] = '/';
    for (int length = 80; length < 110; length++) {
        snprintf(head, sizeof head, "\r\nGET %.*s HTTP/1.1\r\n" HOST "\r\n", length, target);
        bool fits = strlen("GET  HTTP/1.1") + (size_t)length <= heads_limits.request_line;
        heads_assert_status(str_of(head), fits ? 0 : 414);
    }
    strcpy(head, "GET / HTTP/1.1\r\n" HOST);
    for (size_t fields = 2; fields < 12; fields++) {
        strcat(head, "A: b\r\n");
        char whole[sizeof head + 2];
        snprintf(whole, sizeof whole, "%s\r\n", head);
        heads_assert_status(str_of(whole), fields <= heads_limits.fields ? 0 : 431);
    }
}

static uint64_t next_random(void)
{
    static uint64_t state = 0x853c49e6748fea9b;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* What must hold of any head that was accepted, looked at as naively as can be. */
static void check_accepted(struct str head, const struct request *request)
{
    unsigned hosts = 0;
    for (size_t i = 0; i < head.length; i++) {
        unsigned char c = (unsigned char)head.data[i];
        bool line_end = (c == '\r' && i + 1 < head.length && head.data[i + 1] == '\n') ||
                        (c == '\n' && i > 0 && head.data[i - 1] == '\r');
        assert_true(line_end || c == '\t' || (c >= 0x20 && c != 0x7f));
        if (c == '\n' && i + 1 < head.length) {
            struct str rest = {head.data + i + 1, head.length - i - 1};
            assert_false(rest.data[0] == ' ' || rest.data[0] == '\t');
            hosts += rest.length > 5 && str_equal_ignoring_case((struct str){rest.data, 5}, STR("host:"));
        }
    }
    assert_true(hosts == 1 || (hosts == 0 && request->minor_version == 0));
    assert_int_equal(request->lines[FIELD_HOST], hosts);
    assert_true(request->target.length > 0);
}

/* Valid heads with a few octets changed, taken out or said twice. */
static void test_damaged_heads(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        example,
        "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        "PUT http://[::1]:80/a?b HTTP/1.0\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n",
        "\r\nOPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:7878\r\n\r\n",
    };
    static const char octets[] = "\r\n\t :,/%[]@#\\*0159aAhH.\0\x7f\x80";
    unsigned accepted = 0, runs = 100000;
    for (unsigned run = 0; run < runs; run++) {
        char text[512];
        const char *seed = seeds[next_random() % (sizeof seeds / sizeof *seeds)];
        size_t length = strlen(seed);
        memcpy(text, seed, length);
        for (uint64_t changes = next_random() % 4; changes > 0; changes--) {
            size_t place = next_random() % length, tail = length - place - 1;
            switch (next_random() % 3) {
            case 0:
                text[place] = octets[next_random() % (sizeof octets - 1)];
                break;
            case 1:
                memmove(text + place, text + place + 1, tail);
                length--;
                break;
            default:
                memmove(text + place + 1, text + place, tail + 1);
                length++;
            }
        }
        size_t head_length = request_head_length((struct str){text, length});
        if (head_length == 0)
            continue;
        char *head = malloc(head_length);
        struct request request;
        memcpy(head, text, head_length);
        if (request_parse((struct str){head, head_length}, &heads_limits, &request) == 0) {
            accepted++;
            check_accepted((struct str){head, head_length}, &request);
        }
        free(head);
    }
    assert_true(accepted > runs / 4 && accepted < runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_head_length),
        cmocka_unit_test(test_line_fits),
        cmocka_unit_test(test_beginnings),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_method_of_a_refused_request),
        cmocka_unit_test(test_request_line_refused),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_damaged_heads),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
