/* A connection driven by hand over a socket pair: every phase, what it waits for in it, and what it leaves
 * behind. */
#include "linger.h"

#include "../support/driven.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BIG = DRIVEN_BIG };

#define HOST DRIVEN_HOST "\r\n"

static void a_silent_client_is_fresh(void **state)
{
    (void)state;
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_FRESH, 1010);
    assert_null(driven.connection.unfinished);
}

static void a_request_is_answered_and_leaves_nothing(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_IDLE, 1021);
    assert_null(driven.connection.unfinished);
    char *text = driven_receive_text();
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nhello"));
}

static void the_clock_of_a_head_runs_from_its_start(void **state)
{
    (void)state;
    driven_say("GET / HT");
    assert_int_equal(driven_run(1004), WANT_READ);
    driven_assert_phase(PHASE_HEAD, 1010);
    driven_say("TP/1.1\r\n");
    assert_int_equal(driven_run(1008), WANT_READ);
    driven_assert_phase(PHASE_HEAD, 1010);
    driven_say(HOST "GET ");
    assert_int_equal(driven_run(1009), WANT_READ);
    driven_assert_phase(PHASE_HEAD, 1019); /* the next head's */
    assert_int_equal(driven_count(driven_receive_text(), "200 OK"), 1);
}

static void an_idle_spell_ends_when_it_would_have(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_int_equal(driven_run(1005), WANT_READ); /* an event with nothing behind it */
    driven_assert_phase(PHASE_IDLE, 1021);
}

static void a_head_may_come_byte_by_byte(void **state)
{
    (void)state;
    const char *text = "GET / HTTP/1.1\r\n" HOST;
    for (const char *c = text; *c; c++) {
        assert_int_equal(driven_receive_text()[0], '\0');
        driven_say((char[]){*c, '\0'});
        assert_int_equal(driven_run(1001), WANT_READ);
    }
    assert_int_equal(driven_count(driven_receive_text(), "200 OK"), 1);
    driven_assert_phase(PHASE_IDLE, 1021);
}

static void requests_that_came_together_are_answered_together(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\n" HOST "GET /none HTTP/1.1\r\n" HOST "HEAD / HTTP/1.1\r\n" HOST
               "GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    char *text = driven_receive_text();
    assert_int_equal(driven_count(text, "HTTP/1.1 200 OK"), 3);
    assert_int_equal(driven_count(text, "HTTP/1.1 404 Not Found"), 1);
    assert_int_equal(driven_count(text, "\r\n\r\nhello"), 2);
    assert_int_equal(driven.connection.requests, 4);
}

static void a_thousand_pipelined_requests_get_a_thousand_answers(void **state)
{
    (void)state;
    static char text[1000 * 32];
    unsigned answers = 0;
    text[0] = '\0';
    char *end = text;
    for (unsigned i = 0; i < 1000; i++)
        end = stpcpy(end, "GET / HTTP/1.1\r\n" HOST);
    driven_say(text);
    for (unsigned turns = 0; answers < 1000 && turns < 1000; turns++) {
        enum connection_want want = driven_run(1001);
        assert_true(want == WANT_READ || want == WANT_WRITE);
        answers += driven_count(driven_receive_text(), "\r\n\r\nhello");
    }
    /* A piece may end inside the mark that is counted: the connection's own count is exact. */
    assert_int_equal(driven.connection.requests, 1000);
    assert_null(driven.connection.unfinished);
}

static void a_large_file_goes_as_the_client_takes_it(void **state)
{
    (void)state;
    char *got = malloc(BIG + 1000), *expected = malloc(BIG);
    size_t length = 0;
    int64_t now = 1001;
    driven_say("GET /big HTTP/1.1\r\n" HOST);
    while (driven_run(now++) == WANT_WRITE) {
        driven_assert_phase(PHASE_SENDING, now - 1 + 40);
        assert_non_null(driven.connection.unfinished);
        size_t n;
        char *piece = driven_receive(&n);
        assert_true(n > 0 && length + n <= BIG + 1000);
        memcpy(got + length, piece, n);
        length += n;
    }
    size_t n;
    for (char *piece = driven_receive(&n); n > 0; piece = driven_receive(&n)) {
        memcpy(got + length, piece, n);
        length += n;
    }
    driven_assert_phase(PHASE_IDLE, now - 1 + 20);
    assert_null(driven.connection.unfinished);
    tree_bytes(expected, BIG, 1);
    assert_true(length > BIG);
    assert_memory_equal(got + length - BIG, expected, BIG);
    free(got);
    free(expected);
}

static void a_client_that_takes_nothing_has_its_time(void **state)
{
    (void)state;
    driven_say("GET /big HTTP/1.1\r\n" HOST "GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    assert_int_equal(driven_run(1030), WANT_WRITE);
    driven_assert_phase(PHASE_SENDING, 1041);
    driven.workspace.now.usec = 1041;
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_SEND_TIMEOUT);
    assert_null(driven.connection.unfinished);
}

static void a_client_that_takes_little_has_more_time(void **state)
{
    (void)state;
    char byte[1];
    driven_say("GET /big HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    /* The bytes of one buffer of the socket, so that some of what is kept for the client is given free. */
    for (unsigned i = 0; i < DRIVEN_SEND_BUFFER; i++)
        assert_int_equal(recv(driven.client, byte, 1, MSG_DONTWAIT), 1);
    driven.workspace.now.usec = 1041;
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_WRITE);
    driven_assert_phase(PHASE_SENDING, 1081);
    driven.workspace.now.usec = 1081;
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_SEND_TIMEOUT);
}

static void what_was_pipelined_behind_a_large_file_is_answered_after_it(void **state)
{
    (void)state;
    driven_say("GET /big HTTP/1.1\r\n" HOST "GET / HTTP/1.1\r\n" HOST);
    char tail[6] = "";
    size_t length;
    while (driven_run(1001) == WANT_WRITE) {
        driven_receive(&length);
        assert_true(length > 0);
    }
    for (char *piece = driven_receive(&length); length >= 5; piece = driven_receive(&length))
        memcpy(tail, piece + length - 5, 5);
    assert_string_equal(tail, "hello");
    assert_int_equal(driven.connection.requests, 2);
}

static void a_file_that_shrinks_ends_the_connection(void **state)
{
    (void)state;
    driven_say("GET /big HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    char *path = tree_path(driven.tree, "big");
    assert_int_equal(truncate(path, 1000), 0);
    free(path);
    enum connection_want want = WANT_WRITE;
    for (int turns = 0; want == WANT_WRITE && turns < 100; turns++) {
        driven_receive_text();
        want = driven_run(1002);
    }
    assert_int_equal(want, WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_FILE);
}

static void sleep_waits_for_its_timer_only(void **state)
{
    (void)state;
    driven_say("GET /sleep HTTP/1.1\r\n" HOST "HEAD / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_TIMER);
    driven_assert_phase(PHASE_SLEEPING, INT64_MAX);
    assert_int_equal(driven_receive_text()[0], '\0');
    struct pollfd timer = {.fd = connection_timer(&driven.connection), .events = POLLIN};
    assert_int_equal(poll(&timer, 1, 5000), 1);
    assert_int_equal(driven_run(1002), WANT_READ);
    char *text = driven_receive_text();
    assert_int_equal(driven_count(text, "200 OK"), 2);
    assert_int_equal(driven_count(text, "\r\n\r\nhello"), 1);
    driven_assert_phase(PHASE_IDLE, 1022);
}

static void a_client_that_asks_for_the_end_gets_it(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\nConnection: close\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ); /* it has yet to take the answer */
    driven_assert_phase(PHASE_LINGERING, 1001 + LINGER_USEC);
    assert_non_null(strstr(driven_receive_text(), "Connection: close\r\n"));
    assert_int_equal(shutdown(driven.client, SHUT_WR), 0);
    assert_int_equal(driven_run(1002), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_CLIENT);
}

static void a_turn_has_an_end(void **state)
{
    (void)state;
    static char text[3 * TURN_REQUESTS * 40];
    char *end = text;
    for (unsigned i = 0; i < 3 * TURN_REQUESTS; i++)
        end = stpcpy(end, "HEAD / HTTP/1.1\r\n" HOST);
    driven_say(text);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    assert_int_equal(driven.connection.requests, TURN_REQUESTS);
    assert_int_equal(driven_run(1002), WANT_WRITE);
    driven_receive_text();
    while (driven_run(1003) == WANT_WRITE)
        driven_receive_text();
    assert_int_equal(driven.connection.requests, 3 * TURN_REQUESTS);
    driven_assert_phase(PHASE_IDLE, 1023);
}

static void a_drain_lets_a_slow_client_take_what_it_was_sent(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_int_equal(connection_drain(&driven.connection, &driven.workspace), WANT_READ);
    assert_int_equal(atomic_load(&driven.connection.phase), PHASE_LINGERING);
    assert_non_null(strstr(driven_receive_text(), "200 OK"));
    driven.workspace.now.usec = 1001 + LINGER_USEC;
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_READ);
    driven.workspace.now.usec += LINGER_USEC;
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_LINGER_TIMEOUT);
}

static void a_request_that_has_come_is_not_drained_away(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(connection_drain(&driven.connection, &driven.workspace), WANT_READ);
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_READ);
    assert_int_equal(driven_run(1002), WANT_READ);
    assert_non_null(strstr(driven_receive_text(), "200 OK"));
    assert_int_equal(connection_drain(&driven.connection, &driven.workspace), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_DRAIN);
}

static void a_half_closed_client_gets_its_answer(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(shutdown(driven.client, SHUT_WR), 0);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_int_equal(driven_count(driven_receive_text(), "200 OK"), 1);
    assert_int_equal(driven_run(1002), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_CLIENT);
}

static void after_a_refusal_nothing_more_is_taken_for_a_request(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\nBad Field: x\r\n" HOST "GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_int_equal(atomic_load(&driven.connection.phase), PHASE_LINGERING);
    char *text = driven_receive_text();
    assert_int_equal(driven_count(text, "HTTP/1.1"), 1);
    assert_non_null(strstr(text, "HTTP/1.1 400 Bad Request\r\n"));
    driven_assert_end();
    driven_say("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1002), WANT_READ);
    close(driven.client);
    driven.client = -1;
    assert_int_equal(driven_run(1003), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_REFUSED);
}

static void lingering_has_an_end(void **state)
{
    (void)state;
    static char noise[64 << 10];
    driven_say("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_LINGERING, 1031);
    assert_non_null(strstr(driven_receive_text(), "HTTP/1.1 413 "));
    driven.connection.thrown_away = 60 << 20;
    enum connection_want want = WANT_READ;
    unsigned turns = 0;
    for (; want == WANT_READ && turns < 1000; turns++) {
        (void)!send(driven.client, noise, sizeof noise, MSG_NOSIGNAL);
        want = driven_run(1002);
    }
    assert_int_equal(want, WANT_CLOSE);
    assert_true(turns > 2);
}

static void a_head_that_never_ends_is_refused(void **state)
{
    (void)state;
    static char line[(16 << 10) + 100], field[(16 << 10) + 100];
    memset(line, 'a', sizeof line - 1);
    memcpy(line, "GET /", 5);
    driven_say(line);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_non_null(strstr(driven_receive_text(), "HTTP/1.1 414 "));
    driven_tear_down(NULL);
    driven_set_up(NULL);
    memset(field, 'a', sizeof field - 1);
    memcpy(field, "GET / HTTP/1.1\r\nX: ", 19);
    driven_say(field);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_non_null(strstr(driven_receive_text(), "HTTP/1.1 431 "));
}

static void a_head_that_took_too_long_gets_408(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\n");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven.workspace.now.usec = 1010;
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_READ);
    assert_int_equal(driven.connection.reason, REASON_HEAD_TIMEOUT);
    assert_int_equal(atomic_load(&driven.connection.phase), PHASE_LINGERING);
    char *text = driven_receive_text();
    assert_non_null(strstr(text, "HTTP/1.1 408 Request Timeout\r\n"));
    assert_non_null(strstr(text, "Connection: close\r\n"));
    assert_null(driven.connection.unfinished);
}

static void a_drain_ends_the_connection_with_its_answer(void **state)
{
    (void)state;
    driven.draining = true;
    driven_say("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_int_equal(atomic_load(&driven.connection.phase), PHASE_LINGERING);
    assert_non_null(strstr(driven_receive_text(), "Connection: close\r\n"));
    driven_assert_end();
    close(driven.client);
    driven.client = -1;
    assert_int_equal(driven_run(1002), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_DRAIN);
}

static void closing_frees_whatever_is_unfinished(void **state)
{
    (void)state;
    /* The leak checker and the fd count of the teardown are the assertion here. */
    driven_say("GET /sleep HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_TIMER);
    connection_close(&driven.connection);
    assert_null(driven.connection.unfinished);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        driven_test(a_silent_client_is_fresh),
        driven_test(a_request_is_answered_and_leaves_nothing),
        driven_test(the_clock_of_a_head_runs_from_its_start),
        driven_test(an_idle_spell_ends_when_it_would_have),
        driven_test(a_head_may_come_byte_by_byte),
        driven_test(requests_that_came_together_are_answered_together),
        driven_test(a_thousand_pipelined_requests_get_a_thousand_answers),
        driven_test(a_large_file_goes_as_the_client_takes_it),
        driven_test(a_client_that_takes_nothing_has_its_time),
        driven_test(a_client_that_takes_little_has_more_time),
        driven_test(what_was_pipelined_behind_a_large_file_is_answered_after_it),
        driven_test(a_file_that_shrinks_ends_the_connection),
        driven_test(sleep_waits_for_its_timer_only),
        driven_test(a_client_that_asks_for_the_end_gets_it),
        driven_test(a_turn_has_an_end),
        driven_test(a_drain_lets_a_slow_client_take_what_it_was_sent),
        driven_test(a_request_that_has_come_is_not_drained_away),
        driven_test(a_half_closed_client_gets_its_answer),
        driven_test(after_a_refusal_nothing_more_is_taken_for_a_request),
        driven_test(lingering_has_an_end),
        driven_test(a_head_that_never_ends_is_refused),
        driven_test(a_head_that_took_too_long_gets_408),
        driven_test(a_drain_ends_the_connection_with_its_answer),
        driven_test(closing_frees_whatever_is_unfinished),
    };
    int failed = cmocka_run_group_tests_name("connection", tests, NULL, NULL);
    driven_carry_on(true);
    return failed + cmocka_run_group_tests_name("connection, carried over", tests, NULL, NULL);
}
