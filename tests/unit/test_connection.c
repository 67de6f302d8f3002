/* A connection driven by hand over a socket pair: every phase, what it waits for in it, and what it leaves
 * behind. */
#include "connection.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BIG = 3 << 20, SMALL_SEND_BUFFER = 64 << 10 };

#define HOST "Host: x\r\n\r\n"

static struct fixture {
    struct tree *tree;
    struct site site;
    struct connection_limits limits;
    _Atomic bool draining;
    struct connection_context context;
    struct workspace workspace;
    struct connection connection;
    int client; /* the other end */
} f;

static int set_up(void **state)
{
    (void)state;
    static const char *const index[] = {"hello.html", NULL};
    int pair[2];
    f.tree = tree_make();
    tree_text(f.tree, "hello.html", "hello");
    tree_noise(f.tree, "big", BIG, 1);
    assert_int_equal(document_root_open(tree_root(f.tree), index, "/nonexistent", &f.site.root), 0);
    f.site.sleep_usec = 1000;
    f.site.limits =
        (struct request_limits){.request_line = 8 << 10, .head = 16 << 10, .fields = 100, .body = 1000};
    f.limits = (struct connection_limits){.head_usec = 10, .idle_usec = 20, .body_usec = 30, .send_usec = 40};
    f.draining = false;
    f.context = (struct connection_context){&f.site, &f.limits, &f.draining};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &(int){SMALL_SEND_BUFFER}, sizeof(int)), 0);
    f.client = pair[0];
    workspace_init(&f.workspace);
    workspace_start_turn(&f.workspace);
    f.workspace.now_usec = 1000;
    f.connection = (struct connection){0};
    connection_open(&f.connection, pair[1], &f.limits, 1000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    connection_close(&f.connection);
    close(f.connection.fd);
    if (f.client >= 0)
        close(f.client);
    document_root_close(&f.site.root);
    tree_remove_all();
    return 0;
}

static void send_text(const char *text)
{
    assert_int_equal(send(f.client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static enum connection_want run(int64_t now_usec)
{
    f.workspace.now_usec = now_usec;
    return connection_run(&f.connection, &f.workspace, &f.context);
}

/* What is there to be read now, NUL-terminated, in a buffer of its own. */
static char *receive(size_t *length)
{
    static char buffer[1 << 20];
    ssize_t n = recv(f.client, buffer, sizeof buffer - 1, MSG_DONTWAIT);
    assert_true(n >= 0 || errno == EAGAIN);
    *length = n > 0 ? (size_t)n : 0;
    buffer[*length] = '\0';
    return buffer;
}

static char *receive_text(void)
{
    size_t length;
    return receive(&length);
}

static void assert_at_end(void)
{
    char byte;
    assert_int_equal(recv(f.client, &byte, 1, MSG_DONTWAIT), 0);
}

static void assert_phase(enum connection_phase phase, int64_t deadline)
{
    assert_int_equal(atomic_load(&f.connection.phase), phase);
    assert_int_equal(atomic_load(&f.connection.deadline_usec), deadline);
}

static unsigned count(const char *text, const char *word)
{
    unsigned n = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        n++;
    return n;
}

static void a_silent_client_is_fresh(void **state)
{
    (void)state;
    assert_int_equal(run(1001), WANT_READ);
    assert_phase(PHASE_FRESH, 1010);
    assert_null(f.connection.unfinished);
}

static void a_request_is_answered_and_leaves_nothing(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_READ);
    assert_phase(PHASE_IDLE, 1021);
    assert_null(f.connection.unfinished);
    char *text = receive_text();
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nhello"));
}

static void the_clock_of_a_head_runs_from_its_start(void **state)
{
    (void)state;
    send_text("GET / HT");
    assert_int_equal(run(1004), WANT_READ);
    assert_phase(PHASE_HEAD, 1010);
    send_text("TP/1.1\r\n");
    assert_int_equal(run(1008), WANT_READ);
    assert_phase(PHASE_HEAD, 1010);
    send_text(HOST "GET ");
    assert_int_equal(run(1009), WANT_READ);
    assert_phase(PHASE_HEAD, 1019); /* the next head's */
    assert_int_equal(count(receive_text(), "200 OK"), 1);
}

static void an_idle_spell_ends_when_it_would_have(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_READ);
    assert_int_equal(run(1005), WANT_READ); /* an event with nothing behind it */
    assert_phase(PHASE_IDLE, 1021);
}

static void a_head_may_come_byte_by_byte(void **state)
{
    (void)state;
    const char *text = "GET / HTTP/1.1\r\n" HOST;
    for (const char *c = text; *c; c++) {
        assert_int_equal(receive_text()[0], '\0');
        send_text((char[]){*c, '\0'});
        assert_int_equal(run(1001), WANT_READ);
    }
    assert_int_equal(count(receive_text(), "200 OK"), 1);
    assert_phase(PHASE_IDLE, 1021);
}

static void requests_that_came_together_are_answered_together(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\n" HOST "GET /none HTTP/1.1\r\n" HOST "HEAD / HTTP/1.1\r\n" HOST
              "GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_READ);
    char *text = receive_text();
    assert_int_equal(count(text, "HTTP/1.1 200 OK"), 3);
    assert_int_equal(count(text, "HTTP/1.1 404 Not Found"), 1);
    assert_int_equal(count(text, "\r\n\r\nhello"), 2);
    assert_int_equal(f.connection.requests, 4);
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
    send_text(text);
    for (unsigned turns = 0; answers < 1000 && turns < 1000; turns++) {
        enum connection_want want = run(1001);
        assert_true(want == WANT_READ || want == WANT_WRITE);
        answers += count(receive_text(), "\r\n\r\nhello");
    }
    /* A piece may end inside the mark that is counted: the connection's own count is exact. */
    assert_int_equal(f.connection.requests, 1000);
    assert_null(f.connection.unfinished);
}

static void a_large_file_goes_as_the_client_takes_it(void **state)
{
    (void)state;
    char *got = malloc(BIG + 1000), *expected = malloc(BIG);
    size_t length = 0;
    int64_t now = 1001;
    send_text("GET /big HTTP/1.1\r\n" HOST);
    while (run(now++) == WANT_WRITE) {
        assert_phase(PHASE_SENDING, now - 1 + 40);
        assert_non_null(f.connection.unfinished);
        size_t n;
        char *piece = receive(&n);
        assert_true(n > 0 && length + n <= BIG + 1000);
        memcpy(got + length, piece, n);
        length += n;
    }
    size_t n;
    for (char *piece = receive(&n); n > 0; piece = receive(&n)) {
        memcpy(got + length, piece, n);
        length += n;
    }
    assert_phase(PHASE_IDLE, now - 1 + 20);
    assert_null(f.connection.unfinished);
    tree_bytes(expected, BIG, 1);
    assert_true(length > BIG);
    assert_memory_equal(got + length - BIG, expected, BIG);
    free(got);
    free(expected);
}

static void a_client_that_takes_nothing_has_its_time(void **state)
{
    (void)state;
    send_text("GET /big HTTP/1.1\r\n" HOST "GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_WRITE);
    assert_int_equal(run(1030), WANT_WRITE);
    assert_phase(PHASE_SENDING, 1041);
    f.workspace.now_usec = 1041;
    assert_true(connection_expire(&f.connection, &f.workspace, &f.limits));
    assert_int_equal(f.connection.reason, REASON_SEND_TIMEOUT);
    assert_null(f.connection.unfinished);
}

static void a_client_that_takes_little_has_more_time(void **state)
{
    (void)state;
    char byte[1];
    send_text("GET /big HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_WRITE);
    /* The bytes of one buffer of the socket, so that some of what is kept for the client is given free. */
    for (unsigned i = 0; i < SMALL_SEND_BUFFER; i++)
        assert_int_equal(recv(f.client, byte, 1, MSG_DONTWAIT), 1);
    f.workspace.now_usec = 1041;
    assert_false(connection_expire(&f.connection, &f.workspace, &f.limits));
    assert_phase(PHASE_SENDING, 1081);
    f.workspace.now_usec = 1081;
    assert_true(connection_expire(&f.connection, &f.workspace, &f.limits));
    assert_int_equal(f.connection.reason, REASON_SEND_TIMEOUT);
}

static void what_was_pipelined_behind_a_large_file_is_answered_after_it(void **state)
{
    (void)state;
    send_text("GET /big HTTP/1.1\r\n" HOST "GET / HTTP/1.1\r\n" HOST);
    char tail[6] = "";
    size_t length;
    while (run(1001) == WANT_WRITE) {
        receive(&length);
        assert_true(length > 0);
    }
    for (char *piece = receive(&length); length >= 5; piece = receive(&length))
        memcpy(tail, piece + length - 5, 5);
    assert_string_equal(tail, "hello");
    assert_int_equal(f.connection.requests, 2);
}

static void a_file_that_shrinks_ends_the_connection(void **state)
{
    (void)state;
    send_text("GET /big HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_WRITE);
    char *path = tree_path(f.tree, "big");
    assert_int_equal(truncate(path, 1000), 0);
    free(path);
    enum connection_want want = WANT_WRITE;
    for (int turns = 0; want == WANT_WRITE && turns < 100; turns++) {
        receive_text();
        want = run(1002);
    }
    assert_int_equal(want, WANT_CLOSE);
    assert_int_equal(f.connection.reason, REASON_FILE);
}

static void sleep_waits_for_its_timer_only(void **state)
{
    (void)state;
    send_text("GET /sleep HTTP/1.1\r\n" HOST "HEAD / HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_TIMER);
    assert_phase(PHASE_SLEEPING, INT64_MAX);
    assert_int_equal(receive_text()[0], '\0');
    struct pollfd timer = {.fd = connection_timer(&f.connection), .events = POLLIN};
    assert_int_equal(poll(&timer, 1, 5000), 1);
    assert_int_equal(run(1002), WANT_READ);
    char *text = receive_text();
    assert_int_equal(count(text, "200 OK"), 2);
    assert_int_equal(count(text, "\r\n\r\nhello"), 1);
    assert_phase(PHASE_IDLE, 1022);
}

static void a_client_that_asks_for_the_end_gets_it(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\nConnection: close\r\n" HOST);
    assert_int_equal(run(1001), WANT_CLOSE);
    assert_int_equal(f.connection.reason, REASON_CLIENT);
    assert_non_null(strstr(receive_text(), "Connection: close\r\n"));
}

static void a_half_closed_client_gets_its_answer(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(shutdown(f.client, SHUT_WR), 0);
    assert_int_equal(run(1001), WANT_READ);
    assert_int_equal(count(receive_text(), "200 OK"), 1);
    assert_int_equal(run(1002), WANT_CLOSE);
    assert_int_equal(f.connection.reason, REASON_CLIENT);
}

static void after_a_refusal_nothing_more_is_taken_for_a_request(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\nBad Field: x\r\n" HOST "GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_READ);
    assert_int_equal(atomic_load(&f.connection.phase), PHASE_LINGERING);
    char *text = receive_text();
    assert_int_equal(count(text, "HTTP/1.1"), 1);
    assert_non_null(strstr(text, "HTTP/1.1 400 Bad Request\r\n"));
    assert_at_end();
    send_text("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1002), WANT_READ);
    close(f.client);
    f.client = -1;
    assert_int_equal(run(1003), WANT_CLOSE);
    assert_int_equal(f.connection.reason, REASON_REFUSED);
}

static void lingering_has_an_end(void **state)
{
    (void)state;
    static char noise[64 << 10];
    send_text("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n" HOST);
    assert_int_equal(run(1001), WANT_READ);
    assert_phase(PHASE_LINGERING, 1031);
    enum connection_want want = WANT_READ;
    unsigned turns = 0;
    for (; want == WANT_READ && turns < 1000; turns++) {
        (void)!send(f.client, noise, sizeof noise, MSG_NOSIGNAL);
        want = run(1002);
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
    send_text(line);
    assert_int_equal(run(1001), WANT_READ);
    assert_non_null(strstr(receive_text(), "HTTP/1.1 414 "));
    tear_down(NULL);
    set_up(NULL);
    memset(field, 'a', sizeof field - 1);
    memcpy(field, "GET / HTTP/1.1\r\nX: ", 19);
    send_text(field);
    assert_int_equal(run(1001), WANT_READ);
    assert_non_null(strstr(receive_text(), "HTTP/1.1 431 "));
}

static void a_head_that_took_too_long_gets_408(void **state)
{
    (void)state;
    send_text("GET / HTTP/1.1\r\n");
    assert_int_equal(run(1001), WANT_READ);
    assert_true(connection_expire(&f.connection, &f.workspace, &f.limits));
    assert_int_equal(f.connection.reason, REASON_HEAD_TIMEOUT);
    char *text = receive_text();
    assert_non_null(strstr(text, "HTTP/1.1 408 Request Timeout\r\n"));
    assert_non_null(strstr(text, "Connection: close\r\n"));
    assert_null(f.connection.unfinished);
}

static void a_drain_ends_the_connection_with_its_answer(void **state)
{
    (void)state;
    f.draining = true;
    send_text("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_READ);
    assert_int_equal(atomic_load(&f.connection.phase), PHASE_LINGERING);
    assert_non_null(strstr(receive_text(), "Connection: close\r\n"));
    assert_at_end();
    close(f.client);
    f.client = -1;
    assert_int_equal(run(1002), WANT_CLOSE);
    assert_int_equal(f.connection.reason, REASON_DRAIN);
}

static void closing_frees_whatever_is_unfinished(void **state)
{
    (void)state;
    /* The leak checker and the fd count of the teardown are the assertion here. */
    send_text("GET /sleep HTTP/1.1\r\n" HOST);
    assert_int_equal(run(1001), WANT_TIMER);
    connection_close(&f.connection);
    assert_null(f.connection.unfinished);
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(a_silent_client_is_fresh),
        row(a_request_is_answered_and_leaves_nothing),
        row(the_clock_of_a_head_runs_from_its_start),
        row(an_idle_spell_ends_when_it_would_have),
        row(a_head_may_come_byte_by_byte),
        row(requests_that_came_together_are_answered_together),
        row(a_thousand_pipelined_requests_get_a_thousand_answers),
        row(a_large_file_goes_as_the_client_takes_it),
        row(a_client_that_takes_nothing_has_its_time),
        row(a_client_that_takes_little_has_more_time),
        row(what_was_pipelined_behind_a_large_file_is_answered_after_it),
        row(a_file_that_shrinks_ends_the_connection),
        row(sleep_waits_for_its_timer_only),
        row(a_client_that_asks_for_the_end_gets_it),
        row(a_half_closed_client_gets_its_answer),
        row(after_a_refusal_nothing_more_is_taken_for_a_request),
        row(lingering_has_an_end),
        row(a_head_that_never_ends_is_refused),
        row(a_head_that_took_too_long_gets_408),
        row(a_drain_ends_the_connection_with_its_answer),
        row(closing_frees_whatever_is_unfinished),
    };
    return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
