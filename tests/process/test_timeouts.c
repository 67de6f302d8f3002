/* A slow, silent or greedy client costs one slot, and not for ever. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* With time-outs of 1 s, and a look at them once a second, give or take; the rest is for a busy machine. */
enum { EARLIEST_MS = 900, LATEST_MS = 4500, SLOW_MS = 3000, PIECE = 64 << 10, LARGE = 50 << 20 };

static long elapsed_ms(int64_t start)
{
    return (long)((patience_now() - start) / 1000);
}

static void assert_in_time(const char *what, int64_t start)
{
    long ms = elapsed_ms(start);
    if (ms < EARLIEST_MS || ms > LATEST_MS)
        fail_msg("%s took %ld ms, not %d to %d", what, ms, EARLIEST_MS, LATEST_MS);
}

static void assert_request_timeout(struct client *client)
{
    const struct reply *reply = client_receive(client, false);
    assert_int_equal(reply->status, 408);
    assert_string_equal(reply_field(reply, "Connection"), "close");
    client_expect_close(client);
}

static void half_a_head_is_answered_by_408_a_silence_by_the_end(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nhead = 1s\n");
    struct client *silent = client_connect(server, 0), *half = client_connect(server, 0);
    struct client *second = client_connect(server, 0);
    int64_t start = patience_now();
    client_say(half, "GET / HTTP/1.1\r\nHost: local");
    client_fetch(second, "/", 200);
    client_say(second, "GET / HTTP/1.1\r\n");
    assert_request_timeout(half);
    assert_in_time("408", start);
    assert_request_timeout(second);
    assert_in_time("408 for a second request", start);
    client_expect_close(silent);
    assert_in_time("the end of a silent connection", start);
    server_stop(server);
}

static void bytes_one_by_one_do_not_buy_more_time(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nhead = 1s\n");
    struct client *client = client_connect(server, 0);
    int64_t start = patience_now();
    client_say(client, "GET / HTTP/1.1\r\nX: ");
    while (!patience_poll(client->fd, POLLIN, patience_now() + 100000) && elapsed_ms(start) < LATEST_MS)
        client_say(client, "x");
    assert_request_timeout(client);
    assert_in_time("408", start);
    server_stop(server);
}

static void an_idle_connection_ends_and_a_busy_one_does_not(void **state)
{
    (void)state;
    struct server *server = server_run("sleep = 3s\n[timeouts]\nidle = 1s\nhead = 1s\nsend = 1s\n");
    struct client *idle = client_connect(server, 0), *sleeper = client_connect(server, 0);
    client_get(sleeper, "/sleep");
    client_fetch(idle, "/", 200);
    int64_t start = patience_now();
    client_expect_close(idle);
    assert_in_time("the end of an idle connection", start);
    assert_int_equal(client_receive(sleeper, false)->status, 200);
    client_expect_open(sleeper);
    server_stop(server);
}

static void who_takes_nothing_is_cut_off(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nsend = 1s\n[log]\nlevel = debug\n");
    tree_noise(server->root, "large.bin", LARGE, 9);
    struct client *stuck = client_connect(server, 0);
    int64_t start = patience_now();
    client_get(stuck, "/large.bin");
    server_await_log(server, "took too little in time");
    assert_in_time("the end of a connection that takes nothing", start);
    server_stop(server);
}

/* A tenth of a second, and then a piece of it; false where there is no more. */
static bool take_a_little(const struct client *client)
{
    char piece[PIECE];
    (void)patience_poll(-1, 0, patience_now() + 100000);
    return recv(client->fd, piece, sizeof piece, 0) > 0;
}

/* However small the pieces: a kernel with megabytes of send buffer tells the server of none for a long while.
 */
static void who_takes_a_little_now_and_then_is_not(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nsend = 1s\n[log]\nlevel = debug\n");
    tree_noise(server->root, "large.bin", LARGE, 9);
    struct client *slow = client_connect(server, 0);
    client_get(slow, "/large.bin");
    for (int64_t start = patience_now(); elapsed_ms(start) < SLOW_MS;)
        assert_true(take_a_little(slow));
    char *log = server_log(server);
    assert_null(strstr(log, "took too little in time"));
    free(log);
    client_close(slow);
    server_stop(server);
}

/* The same client, where more is asked of it; the journal has a line. */
static void unless_it_lags_behind_the_rate(void **state)
{
    (void)state;
    struct server *server = server_run("[limits]\nsend_rate = 1000000000\n[timeouts]\nsend = 1s\n");
    tree_noise(server->root, "large.bin", LARGE, 9);
    struct client *slow = client_connect(server, 0);
    int64_t start = patience_now();
    client_get(slow, "/large.bin");
    while (take_a_little(slow))
        assert_true(elapsed_ms(start) < PATIENCE_MS);
    assert_in_time("the end of a connection that takes a little", start);
    server_await_log(server, "<5>Cut off a client at 127.0.0.1: took too little in time\n");
    server_stop(server);
}

static void half_a_body_is_answered_by_408(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nbody = 1s\n");
    struct client *client = client_connect(server, 0);
    int64_t start = patience_now();
    client_say(client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf of it");
    assert_request_timeout(client);
    assert_in_time("408", start);
    server_await_log(server, "<5>Cut off a client at 127.0.0.1: no whole body in time\n");
    server_stop(server);
}

static void a_request_has_its_time_however_steadily_it_comes(void **state)
{
    (void)state;
    enum { PIECEMEAL = 3 };
    static const char *const starts[PIECEMEAL] = {"X: ", "Content-Length: 1000\r\n\r\n",
                                                  "Transfer-Encoding: chunked\r\n\r\n3e8;a=\""};
    struct server *server = server_run("[timeouts]\nrequest = 1s\n");
    struct client *clients[PIECEMEAL];
    for (size_t i = 0; i < PIECEMEAL; i++) {
        clients[i] = client_connect(server, 0);
        client_say(clients[i], "POST / HTTP/1.1\r\nHost: a\r\n");
        client_say(clients[i], starts[i]);
    }
    int64_t start = patience_now();
    while (!patience_poll(clients[0]->fd, POLLIN, patience_now() + 100000) && elapsed_ms(start) < LATEST_MS)
        for (size_t i = 0; i < PIECEMEAL; i++)
            client_say(clients[i], "x");
    for (size_t i = 0; i < PIECEMEAL; i++)
        assert_request_timeout(clients[i]);
    assert_in_time("408", start);
    server_stop(server);
}

static void what_is_not_read_does_not_hold_the_connection(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nbody = 1s\n[log]\nlevel = debug\n");
    struct client *client = client_connect(server, 0);
    int64_t start = patience_now();
    client_say(client, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\nsome of it");
    assert_int_equal(client_receive(client, false)->status, 413);
    server_await_log(server, "did not close in time");
    assert_in_time("the end of the wait for a body", start);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(half_a_head_is_answered_by_408_a_silence_by_the_end),
        harness_test(bytes_one_by_one_do_not_buy_more_time),
        harness_test(an_idle_connection_ends_and_a_busy_one_does_not),
        harness_test(who_takes_nothing_is_cut_off),
        harness_test(who_takes_a_little_now_and_then_is_not),
        harness_test(unless_it_lags_behind_the_rate),
        harness_test(half_a_body_is_answered_by_408),
        harness_test(a_request_has_its_time_however_steadily_it_comes),
        harness_test(what_is_not_read_does_not_hold_the_connection),
    };
    return cmocka_run_group_tests_name("timeouts", tests, NULL, NULL);
}
