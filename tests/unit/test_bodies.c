/*
 * A connection whose requests have bodies, driven by hand over a socket pair: what is read and thrown away,
 * how long that may take, what 100 (Continue) waits for, and what a client's half-close leaves.
 */
#include "../support/driven.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define HOST DRIVEN_HOST

/* One answer with this status line's text, and the connection waits for a request again. */
static void assert_goes_on(const char *status, int64_t now_usec)
{
    char *text = driven_receive_text();
    assert_int_equal(driven_count(text, "HTTP/1.1 "), 1);
    assert_non_null(strstr(text, status));
    assert_null(strstr(text, "Connection: close"));
    driven_assert_phase(PHASE_IDLE, now_usec + 20);
    assert_null(driven.connection.unfinished);
}

static void a_body_is_read_before_the_answer(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\nContent-Length: 5\r\n" HOST "\r\n");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1031);
    assert_string_equal(driven_receive_text(), "");
    driven_say("hell");
    assert_int_equal(driven_run(1020), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1036); /* as long as it comes, and a request may take */
    driven_say("o");
    assert_int_equal(driven_run(1025), WANT_READ);
    assert_goes_on("200 OK", 1025);
}

static void a_refused_method_has_its_body_read(void **state)
{
    (void)state;
    driven_say("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST "\r\n5\r\nhello\r\n0\r\n");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1031);
    driven_say("\r\n");
    assert_int_equal(driven_run(1002), WANT_READ);
    assert_goes_on("405 Method Not Allowed", 1002);
}

static void what_follows_a_body_is_a_request(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\nContent-Length: 48\r\n" HOST "\r\n"
               "GET /smuggled HTTP/1.1\r\nHost: hello.example\r\n\r\n+"
               "HEAD / HTTP/1.1\r\n" HOST "\r\n"
               "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST "\r\n3\r\nabc\r\n0\r\n\r\n"
               "GET / HT");
    assert_int_equal(driven_run(1001), WANT_READ);
    char *text = driven_receive_text();
    assert_int_equal(driven_count(text, "HTTP/1.1 200 OK"), 2);
    assert_int_equal(driven_count(text, "HTTP/1.1 405 "), 1);
    assert_int_equal(driven_count(text, "HTTP/1.1 404 "), 0);
    driven_assert_phase(PHASE_HEAD, 1011);
    driven_say("TP/1.1\r\n" HOST "\r\n");
    assert_int_equal(driven_run(1002), WANT_READ);
    assert_goes_on("200 OK", 1002);
    assert_int_equal(driven.connection.requests, 4);
}

static void a_body_comes_byte_by_byte(void **state)
{
    (void)state;
    const char *text =
        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST "\r\n5;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n";
    for (const char *c = text; *c; c++) {
        assert_string_equal(driven_receive_text(), "");
        driven_say((char[]){*c, '\0'});
        assert_int_equal(driven_run(1001), WANT_READ);
    }
    assert_goes_on("200 OK", 1001);
}

static void a_body_larger_than_the_desk_is_read(void **state)
{
    (void)state;
    static char bytes[200000];
    char head[128];
    driven.site.limits.body = sizeof bytes;
    snprintf(head, sizeof head, "GET / HTTP/1.1\r\nContent-Length: %zu\r\n" HOST "\r\n", sizeof bytes);
    driven_say(head);
    size_t sent = 0;
    for (int turn = 0; turn < 1000 && sent < sizeof bytes; turn++) {
        ssize_t n = send(driven.client, bytes + sent, sizeof bytes - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        assert_int_equal(driven_run(1001), WANT_READ);
    }
    assert_goes_on("200 OK", 1001);
}

static void too_large_a_body_is_refused_at_once(void **state)
{
    (void)state;
    static const char *const fields[] = {"Content-Length: 1001\r\n",
                                         "Content-Length: 1001\r\nExpect: 100-continue\r\n",
                                         "Content-Length: 18446744073709551615\r\n"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char text[256];
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\n" HOST "%s\r\n", fields[i]);
        driven_say(text);
        assert_int_equal(driven_run(1001), WANT_READ);
        driven_assert_phase(PHASE_LINGERING, 1031);
        char *got = driven_receive_text();
        assert_int_equal(driven_count(got, "HTTP/1.1 "), 1);
        assert_non_null(strstr(got, "HTTP/1.1 413 Content Too Large\r\n"));
        assert_non_null(strstr(got, "Connection: close\r\n"));
        driven_tear_down(NULL);
        driven_set_up(NULL);
    }
}

static void bad_framing_ends_the_connection(void **state)
{
    (void)state;
    driven_say("HEAD / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST "\r\n5\r\nhello\r\n");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_say("x\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(driven_run(1002), WANT_READ);
    assert_int_equal(atomic_load(&driven.connection.phase), PHASE_LINGERING);
    char *text = driven_receive_text();
    assert_int_equal(driven_count(text, "HTTP/1.1 "), 1);
    assert_non_null(strstr(text, "HTTP/1.1 400 Bad Request\r\n"));
    assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n"); /* it was HEAD */
    assert_int_equal(driven.connection.reason, REASON_REFUSED);
}

static void a_trickled_body_gets_408(void **state)
{
    (void)state;
    driven_say("POST / HTTP/1.1\r\nContent-Length: 1000\r\n" HOST "\r\n");
    for (int64_t now = 1001; now < 1036; now++) {
        assert_int_equal(driven_run(now), WANT_READ);
        driven_assert_phase(PHASE_BODY, now + 30 < 1036 ? now + 30 : 1036);
        driven_say("x");
    }
    driven.workspace.now.usec = 1036;
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_READ);
    assert_int_equal(driven.connection.reason, REASON_BODY_TIMEOUT);
    char *text = driven_receive_text();
    assert_non_null(strstr(text, "HTTP/1.1 408 Request Timeout\r\n"));
    assert_non_null(strstr(text, "Connection: close\r\n"));
    assert_null(driven.connection.unfinished);
    driven_say("what comes too late");
    assert_int_equal(driven_run(1037), WANT_READ);
    driven_assert_end();
    assert_int_equal(shutdown(driven.client, SHUT_WR), 0);
    assert_int_equal(driven_run(1038), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_BODY_TIMEOUT);
}

static void each_body_has_its_own_time(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\nContent-Length: 1\r\n" HOST "\r\n");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1031);
    driven_say("xGET / HTTP/1.1\r\nContent-Length: 1\r\n" HOST "\r\n");
    assert_int_equal(driven_run(1020), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1050);
}

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

static void a_client_that_waits_is_told_to_go_ahead(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n" HOST "\r\n");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1031);
    assert_string_equal(driven_receive_text(), CONTINUE);
    driven_say("he");
    assert_int_equal(driven_run(1002), WANT_READ);
    assert_string_equal(driven_receive_text(), ""); /* once */
    driven_say("llo");
    assert_int_equal(driven_run(1003), WANT_READ);
    assert_goes_on("200 OK", 1003);
}

static void a_client_that_has_begun_waits_for_nothing(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n" HOST "\r\nhello");
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_goes_on("200 OK", 1001);
    driven_say("GET / HTTP/1.1\r\nExpect: 100-continue\r\n" HOST "\r\n"); /* nor one without a body */
    assert_int_equal(driven_run(1002), WANT_READ);
    assert_goes_on("200 OK", 1002);
}

static void a_refusal_is_told_before_the_body_comes(void **state)
{
    (void)state;
    static const struct {
        const char *start, *status;
    } rows[] = {
        {"PUT / HTTP/1.1\r\nExpect: 100-continue\r\n", "405 Method Not Allowed"},
        {"BREW / HTTP/1.1\r\nExpect: 100-continue\r\n", "501 Not Implemented"},
        {"GET / HTTP/1.1\r\nExpect: a miracle\r\n", "417 Expectation Failed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        driven_say(rows[i].start);
        driven_say("Content-Length: 5\r\n" HOST "\r\n");
        assert_int_equal(driven_run(1001), WANT_READ);
        driven_assert_phase(PHASE_LINGERING, 1031);
        char *text = driven_receive_text();
        assert_int_equal(driven_count(text, "HTTP/1.1 "), 1);
        assert_non_null(strstr(text, rows[i].status));
        assert_non_null(strstr(text, "Connection: close\r\n"));
        driven_tear_down(NULL);
        driven_set_up(NULL);
    }
}

static void half_a_request_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"G", "GET / HTTP/1.1\r\n" HOST,
                                        "GET / HTTP/1.1\r\nContent-Length: 5\r\n" HOST "\r\nhell",
                                        "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST "\r\n0\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        driven_say(texts[i]);
        assert_int_equal(driven_run(1001), WANT_READ);
        assert_int_equal(shutdown(driven.client, SHUT_WR), 0);
        assert_int_equal(driven_run(1002), WANT_READ);
        assert_non_null(strstr(driven_receive_text(), "HTTP/1.1 400 Bad Request\r\n"));
        assert_int_equal(driven_run(1003), WANT_CLOSE);
        assert_int_equal(driven.connection.reason, REASON_CLIENT);
        driven_tear_down(NULL);
        driven_set_up(NULL);
    }
    /* Empty lines alone are none. */
    driven_say("\r\n\r\n");
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_int_equal(shutdown(driven.client, SHUT_WR), 0);
    assert_int_equal(driven_run(1002), WANT_CLOSE);
    assert_string_equal(driven_receive_text(), "");
}

static void a_half_closed_client_gets_its_answer(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\nContent-Length: 5\r\n" HOST "\r\nhello");
    assert_int_equal(shutdown(driven.client, SHUT_WR), 0);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_int_equal(driven_count(driven_receive_text(), "200 OK"), 1);
    assert_int_equal(driven_run(1002), WANT_CLOSE);
}

static void a_sleeper_may_have_a_body(void **state)
{
    (void)state;
    driven_say("GET /sleep HTTP/1.1\r\nContent-Length: 5\r\n" HOST "\r\n");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1031);
    driven_say("hello");
    assert_int_equal(driven_run(1002), WANT_TIMER);
    driven_assert_phase(PHASE_SLEEPING, INT64_MAX);
    assert_int_equal(driven_run(1003), WANT_READ); /* the timer is not asked: its event is what counts */
    assert_goes_on("200 OK", 1003);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        driven_test(a_body_is_read_before_the_answer),
        driven_test(a_refused_method_has_its_body_read),
        driven_test(what_follows_a_body_is_a_request),
        driven_test(a_body_comes_byte_by_byte),
        driven_test(a_body_larger_than_the_desk_is_read),
        driven_test(too_large_a_body_is_refused_at_once),
        driven_test(bad_framing_ends_the_connection),
        driven_test(a_trickled_body_gets_408),
        driven_test(each_body_has_its_own_time),
        driven_test(a_client_that_waits_is_told_to_go_ahead),
        driven_test(a_client_that_has_begun_waits_for_nothing),
        driven_test(a_refusal_is_told_before_the_body_comes),
        driven_test(half_a_request_is_refused),
        driven_test(a_half_closed_client_gets_its_answer),
        driven_test(a_sleeper_may_have_a_body),
    };
    int failed = cmocka_run_group_tests_name("bodies", tests, NULL, NULL);
    driven_carry_on(true);
    return failed + cmocka_run_group_tests_name("bodies, carried over", tests, NULL, NULL);
}
