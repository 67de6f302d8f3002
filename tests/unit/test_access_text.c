/* access: an entry as a line and as fields, the rate, and the sums of what is above it. */
#include "access_text.h"

#include "access_json.h"
#include "access_rate.h"
#include "access_tally.h"

#include "support/harness.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SEC          INT64_C(1000000000)

static const struct access_entry plain = {
    .second = 1795904109, /* 28 November 2026, 22:15:09 */
    .duration_usec = 1234,
    .bytes = 5,
    .connection = 17,
    .cache = "hit",
    .peer = {.address = {192, 0, 2, 7}, .port = 54321, .family = PEER_IPV4},
    .request = 3,
    .status = 200,
    .worker = 2,
};

static char *combined(const char *head, size_t length)
{
    static char text[ACCESS_TEXT_MAX + 1];
    struct excerpt excerpt;
    excerpt_read((struct str){head, length}, &excerpt);
    text[access_text_combined(&plain, &excerpt, text, sizeof text - 1)] = '\0';
    return text;
}

#define FRONT "192.0.2.7 - - [28/Nov/2026:22:15:09 +0000] "

static char *json(const struct access_entry *entry, struct str head)
{
    static char text[ACCESS_TEXT_MAX + 1];
    struct excerpt excerpt;
    excerpt_read(head, &excerpt);
    text[access_json(entry, &excerpt, text, sizeof text - 1)] = '\0';
    return text;
}

#define JSON_FRONT                                                                                           \
    "{\"time\": \"2026-11-28T22:15:09Z\", \"client_addr\": \"192.0.2.7\", \"client_port\": 54321"
#define JSON_BACK                                                                                            \
    ", \"http_status\": 200, \"response_bytes\": 5, \"duration_usec\": 1234, \"connection_id\": 17, "        \
    "\"request_on_connection\": 3, \"worker\": 2, \"cache\": \"hit\"}"

static void a_line_of_json_has_what_there_is(void **state)
{
    (void)state;
    assert_string_equal(
        json(&plain, STR("GET /?q=\"1\" HTTP/1.1\r\nHost: x\r\nReferer: a\\b\r\nUser-Agent: \xc3\xa9 "
                         "\xff\x1b\r\n\r\n")),
        JSON_FRONT
        ", \"http_method\": \"GET\", \"http_target\": \"/?q=\\\"1\\\"\", \"http_protocol\": \"HTTP/1.1\", "
        "\"http_host\": \"x\", \"http_user_agent\": \"\xc3\xa9 \xef\xbf\xbd\\u001b\", "
        "\"http_referer\": \"a\\\\b\"" JSON_BACK);
    assert_string_equal(json(&plain, STR("")), JSON_FRONT JSON_BACK);
    struct access_entry last = plain;
    last.close_reason = "client";
    last.peer = (struct peer){.family = PEER_LOCAL};
    char *text = json(&last, STR("GET /"));
    assert_null(strstr(text, "client_port"));
    assert_non_null(strstr(text, ", \"close_reason\": \"client\", "));
}

/* Nothing that a client can say takes more room than there is for it. */
static void a_line_of_json_has_room_for_anything(void **state)
{
    (void)state;
    static char head[4 * EXCERPT_LINE_MAX];
    size_t length = 0;
    for (const char *const *name =
             (const char *const[]){"", "\nHost: ", "\nUser-Agent: ", "\nReferer: ", NULL};
         *name; name++) {
        length += (size_t)sprintf(head + length, "%s", *name);
        memset(head + length, 1, EXCERPT_LINE_MAX - 100);
        length += EXCERPT_LINE_MAX - 100;
    }
    assert_in_range(strlen(json(&plain, (struct str){head, length})), 6 * (EXCERPT_MAX - 300),
                    ACCESS_TEXT_MAX);
}

static void a_line_is_of_the_combined_format_whatever_is_in_it(void **state)
{
    (void)state;
    static const struct {
        struct str head;
        const char *line;
    } rows[] = {
        {STR("GET / HTTP/1.1\r\nReferer: http://x/\r\nUser-Agent: curl/8\r\n\r\n"),
         FRONT "\"GET / HTTP/1.1\" 200 5 \"http://x/\" \"curl/8\""},
        {STR("GET / HTTP/1.1\r\n\r\n"), FRONT "\"GET / HTTP/1.1\" 200 5 \"-\" \"-\""},
        {STR(""), FRONT "\"-\" 200 5 \"-\" \"-\""},
        {STR("GET /\"x\" HTTP/1.1\r\nUser-Agent: a\" \"b\\\r\n\r\n"),
         FRONT "\"GET /\\x22x\\x22 HTTP/1.1\" 200 5 \"-\" \"a\\x22 \\x22b\\\\\""},
        {STR("GET /\r\x1b[31m\t\x7f HTTP/1.1\r\nReferer: \xff\xc3\xa9\x01\r\n\r\n"),
         FRONT "\"GET /\\r\\x1b[31m\\t\\x7f HTTP/1.1\" 200 5 \"\\xff\\xc3\\xa9\\x01\" \"-\""},
        {STR("GET /\0 HTTP/1.1\r\n\r\n"), FRONT "\"GET /\\x00 HTTP/1.1\" 200 5 \"-\" \"-\""},
        {STR("GET /%0a%22 HTTP/1.1\r\n\r\n"), FRONT "\"GET /%0a%22 HTTP/1.1\" 200 5 \"-\" \"-\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(combined(rows[i].head.data, rows[i].head.length), rows[i].line);
}

static void every_octet_leaves_one_printable_line(void **state)
{
    (void)state;
    char head[] = "GET /? HTTP/1.1\r\nUser-Agent: ?\r\nReferer: ?\r\n\r\n";
    for (unsigned octet = 0; octet < 256; octet++) {
        if (octet == '\n')
            continue; /* ends a line of the head, in any place */
        char *end = head + sizeof head - 1;
        for (char *p = head; (p = memchr(p, '?', (size_t)(end - p))); p++)
            *p = (char)octet;
        char *line = combined(head, sizeof head - 1);
        unsigned quotes = 0;
        for (const char *p = line; *p; p++) {
            assert_true(*p >= ' ' && *p < 0x7f);
            quotes += *p == '"';
        }
        assert_int_equal(quotes, 6);
        memcpy(head, "GET /? HTTP/1.1\r\nUser-Agent: ?\r\nReferer: ?\r\n\r\n", sizeof head);
    }
}

static char *journal(const struct access_entry *entry, struct str head, int priority)
{
    static char text[ACCESS_TEXT_MAX + 1];
    struct excerpt excerpt;
    excerpt_read(head, &excerpt);
    text[access_text_journal(entry, &excerpt, priority, text, sizeof text - 1)] = '\0';
    return text;
}

static void the_journal_gets_a_field_each(void **state)
{
    (void)state;
    assert_string_equal(
        journal(&plain, STR("GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: u\r\nReferer: r\r\n\r\n"), LOG_INFO),
        "MESSAGE=" FRONT "\"GET /a HTTP/1.1\" 200 5 \"r\" \"u\"\nSYSLOG_IDENTIFIER=hellod\nPRIORITY=6\n"
        "HTTP_METHOD=GET\nHTTP_TARGET=/a\nHTTP_PROTOCOL=HTTP/1.1\nHTTP_HOST=x\nHTTP_USER_AGENT=u\n"
        "HTTP_REFERER=r\nHTTP_STATUS=200\nRESPONSE_BYTES=5\nDURATION_USEC=1234\nCLIENT_ADDR=192.0.2.7\n"
        "CLIENT_PORT=54321\nCONNECTION_ID=17\nREQUEST_ON_CONNECTION=3\nWORKER=2\nCACHE=hit\n");
    struct access_entry last = plain;
    last.close_reason = "refused";
    last.peer = (struct peer){.family = PEER_LOCAL};
    assert_string_equal(
        journal(&last, STR("\n\x01=\r\nHost: a\rMESSAGE=b\r\n\r\n"), LOG_ERR),
        "MESSAGE=local - - [28/Nov/2026:22:15:09 +0000] \"\\x01=\" 200 5 \"-\" \"-\"\n"
        "SYSLOG_IDENTIFIER=hellod\nPRIORITY=3\nHTTP_METHOD=\\x01=\nHTTP_HOST=a\\rMESSAGE=b\n"
        "HTTP_STATUS=200\nRESPONSE_BYTES=5\nDURATION_USEC=1234\nCLIENT_ADDR=local\nCONNECTION_ID=17\n"
        "REQUEST_ON_CONNECTION=3\nCLOSE_REASON=refused\nWORKER=2\nCACHE=hit\n");
}

/* Every octet of the longest excerpt escaped, twice: there is room. */
static void the_longest_entry_has_room(void **state)
{
    (void)state;
    enum { LONG = 5000 };
    static char head[4 * LONG];
    static const char *const starts[] = {"", "\nHost: ", "\nUser-Agent: ", "\nReferer: "};
    char *end = head;
    for (size_t i = 0; i < COUNT(starts); i++) {
        end = stpcpy(end, starts[i]);
        memset(end, 0xff, LONG - 50);
        end += LONG - 50;
    }
    size_t length = strlen(journal(&plain, (struct str){head, (size_t)(end - head)}, LOG_INFO));
    assert_true(length > 7 * EXCERPT_MAX && length < ACCESS_TEXT_MAX);
}

static void priorities_go_by_the_status(void **state)
{
    (void)state;
    assert_int_equal(access_text_priority(200, LOG_NOTICE), LOG_INFO);
    assert_int_equal(access_text_priority(399, LOG_NOTICE), LOG_INFO);
    assert_int_equal(access_text_priority(400, LOG_NOTICE), LOG_NOTICE);
    assert_int_equal(access_text_priority(499, LOG_INFO), LOG_INFO);
    assert_int_equal(access_text_priority(500, LOG_INFO), LOG_ERR);
    assert_int_equal(access_text_priority(503, LOG_INFO), LOG_WARNING);
}

static unsigned admitted(struct access_rate *rate, int64_t now, unsigned tries)
{
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++)
        n += access_rate_admits(rate, now);
    return n;
}

static void the_rate_is_kept_and_twice_of_it_at_once(void **state)
{
    (void)state;
    static const unsigned rates[] = {1, 3, 100, 1000000};
    for (size_t i = 0; i < COUNT(rates); i++) {
        struct access_rate rate;
        int64_t now = 1000 * SEC;
        unsigned per_second = rates[i];
        access_rate_init(&rate, per_second);
        assert_int_equal(admitted(&rate, now, 2 * per_second + 10), 2 * per_second);
        assert_int_equal(admitted(&rate, now + SEC, 2 * per_second + 10), per_second);
        assert_int_equal(admitted(&rate, now + SEC, 1), 0);
        assert_int_equal(admitted(&rate, now + SEC + SEC / per_second, 5), 1);
        assert_int_equal(admitted(&rate, now + 1000 * SEC, 3 * per_second), 2 * per_second);
    }
}

static void no_rate_is_no_limit(void **state)
{
    (void)state;
    struct access_rate rate;
    access_rate_init(&rate, 0);
    assert_int_equal(admitted(&rate, 0, 1000), 1000);
}

static _Atomic unsigned admitted_by_all;
static struct access_rate shared_rate;

static void *ask_often(void *argument)
{
    (void)argument;
    atomic_fetch_add(&admitted_by_all, admitted(&shared_rate, 5 * SEC, 1000));
    return NULL;
}

static void threads_share_the_rate(void **state)
{
    (void)state;
    pthread_t threads[4];
    access_rate_init(&shared_rate, 100);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&admitted_by_all), 200);
}

static void sums_are_taken_once_and_tell_the_slowest(void **state)
{
    (void)state;
    static struct access_tally one, other;
    struct access_counts sum = {.slowest_usec = -1};
    char text[ACCESS_TALLY_TEXT_MAX];
    access_tally_init(&one);
    access_tally_init(&other);
    access_tally_note(&one, 200, 1000, 30, STR("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
    access_tally_note(&one, 200, 1000, 7654321, STR("GET /\"b\" HTTP/1.1\r\n\r\n"));
    access_tally_note(&one, 404, 10, 31, STR("GET /c HTTP/1.1\r\n\r\n"));
    access_tally_note(&other, 304, 0, 99, STR("GET /d HTTP/1.1\r\n\r\n"));
    access_tally_take(&other, &sum);
    access_tally_take(&one, &sum);
    access_tally_format(&sum, 1049000, text, sizeof text);
    assert_string_equal(text,
                        "4 more requests, not written one by one, in 1.1 s, 2010 bytes: 2 with 200, 1 with "
                        "304, 1 with 404; the slowest took 7654.321 ms: GET /\\x22b\\x22 HTTP/1.1");
    sum = (struct access_counts){.slowest_usec = -1};
    access_tally_take(&one, &sum);
    assert_int_equal(sum.requests, 0);
    access_tally_note(&one, 408, 0, 0, STR(""));
    access_tally_take(&one, &sum);
    access_tally_format(&sum, 1000000, text, sizeof text);
    assert_string_equal(
        text, "1 more request, not written, in 1.0 s, 0 bytes: 1 with 408; the slowest took 0.000 ms: -");
    pthread_mutex_destroy(&one.lock);
    pthread_mutex_destroy(&other.lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_of_json_has_what_there_is),
        cmocka_unit_test(a_line_of_json_has_room_for_anything),
        cmocka_unit_test(a_line_is_of_the_combined_format_whatever_is_in_it),
        cmocka_unit_test(every_octet_leaves_one_printable_line),
        cmocka_unit_test(the_journal_gets_a_field_each),
        cmocka_unit_test(the_longest_entry_has_room),
        cmocka_unit_test(priorities_go_by_the_status),
        cmocka_unit_test(the_rate_is_kept_and_twice_of_it_at_once),
        cmocka_unit_test(no_rate_is_no_limit),
        cmocka_unit_test(threads_share_the_rate),
        cmocka_unit_test(sums_are_taken_once_and_tell_the_slowest),
    };
    return cmocka_run_group_tests_name("access_text", tests, NULL, NULL);
}
