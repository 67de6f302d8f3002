/* The stop that loses nothing: what is in flight is finished, what is idle closed, what comes late is the
 * next one's. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 50 << 20, IDLE_CLIENTS = 200 };

/* With an IPv4 and a unix socket; the latter tells whether a request was read. */
enum { TCP, UNIX };

static struct server *run(const char *settings)
{
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_listen(server, SERVER_UNIX, "local");
    server_set(server, settings);
    server_start(server);
    return server;
}

static void terminate(struct server *server)
{
    server_signal(server, SIGTERM);
    server_await_message(server, "STOPPING=1");
}

/* A request that the server has read and not yet answered. */
static struct client *sleeper(struct server *server)
{
    struct client *client = client_connect(server, UNIX);
    client_get(client, "/sleep");
    client_await_read(client);
    return client;
}

static void assert_says_close(const struct reply *reply)
{
    const char *connection = reply_field(reply, "Connection");
    assert_non_null(connection);
    assert_string_equal(connection, "close");
}

static void a_request_in_flight_is_answered_whole(void **state)
{
    (void)state;
    struct server *server = run("sleep = 500ms\n");
    struct client *client = sleeper(server);
    terminate(server);
    const struct reply *reply = client_receive(client, false);
    assert_int_equal(reply->status, 200);
    assert_says_close(reply);
    client_expect_close(client);
    server_expect_exit(server, 0);
}

static void an_idle_connection_is_closed(void **state)
{
    (void)state;
    struct server *server = run("");
    struct client *clients[IDLE_CLIENTS];
    for (unsigned i = 0; i < IDLE_CLIENTS; i++) {
        clients[i] = client_connect(server, i % 2);
        client_fetch(clients[i], "/", 200);
    }
    int64_t start = patience_now();
    server_signal(server, SIGTERM);
    for (unsigned i = 0; i < IDLE_CLIENTS; i++)
        client_expect_close(clients[i]);
    server_expect_exit(server, 0);
    int64_t taken = (patience_now() - start) / 1000;
    harness_say("%d idle connections closed, and exit, in %ld ms", IDLE_CLIENTS, (long)taken);
    assert_true(taken < 5000);
}

static void half_a_request_may_still_come_whole(void **state)
{
    (void)state;
    struct server *server = run("sleep = 500ms\n");
    struct client *client = client_connect(server, UNIX);
    client_say(client, "GET / HTTP/1.1\r\nHost: local");
    client_await_read(client);
    struct client *busy = sleeper(server);
    terminate(server);
    client_say(client, "host\r\n\r\n");
    const struct reply *reply = client_receive(client, false);
    assert_int_equal(reply->status, 200);
    assert_says_close(reply);
    client_expect_close(client);
    client_receive(busy, false);
    client_close(busy);
    server_expect_exit(server, 0);
}

static void the_health_check_tells_of_the_drain_at_once(void **state)
{
    (void)state;
    struct server *server = run("sleep = 500ms\nhealth = /health\n");
    struct client *balancer = client_connect(server, UNIX);
    assert_null(reply_field(client_fetch(balancer, "/health", 200), "Connection"));
    client_say(balancer, "GET /health HTTP/1.1\r\nHost: local");
    client_await_read(balancer);
    struct client *busy = sleeper(server);
    terminate(server);
    client_say(balancer, "host\r\n\r\n");
    const struct reply *reply = client_receive(balancer, false);
    assert_int_equal(reply->status, 503);
    assert_non_null(reply_field(reply, "Retry-After"));
    assert_says_close(reply);
    client_expect_close(balancer);
    assert_int_equal(client_receive(busy, false)->status, 200);
    client_close(busy);
    server_expect_exit(server, 0);
}

static void a_late_client_is_answered_by_the_next_process(void **state)
{
    (void)state;
    struct server *server = run("sleep = 500ms\n");
    struct client *early = sleeper(server);
    struct client *idle = client_connect(server, TCP);
    client_fetch(idle, "/", 200);
    terminate(server);
    /* Idle connections are closed after the last client was accepted. */
    client_expect_close(idle);
    pid_t first = server->pid;
    struct client *late = client_connect(server, TCP), *later = client_connect(server, UNIX);
    client_get(late, "/hello.html");
    client_get(later, "/hello.html");
    assert_int_equal(client_receive(early, false)->status, 200);
    client_expect_close(early);
    server_expect_exit(server, 0);
    assert_null(client_try_receive(late, false));
    assert_null(client_try_receive(later, false));
    server_start(server);
    assert_int_not_equal(server->pid, first);
    assert_int_equal(client_receive(late, false)->status, 200);
    assert_int_equal(client_receive(later, false)->status, 200);
    client_expect_open(late);
    server_stop(server);
}

static void a_download_goes_on_to_its_last_byte(void **state)
{
    (void)state;
    struct server *server = run("[timeouts]\ndrain = 1min\n");
    tree_noise(server->root, "large.bin", LARGE, 7);
    struct client *client = client_connect(server, TCP);
    client_get(client, "/large.bin");
    assert_true(patience_poll(client->fd, POLLIN, patience_deadline()));
    terminate(server);
    const struct reply *reply = client_receive(client, false);
    char *want = malloc(LARGE);
    assert_non_null(want);
    tree_bytes(want, LARGE, 7);
    assert_int_equal(reply->body_length, LARGE);
    assert_memory_equal(reply->body, want, LARGE);
    free(want);
    client_close(client);
    server_expect_exit(server, 0);
}

static void a_client_that_never_reads_is_cut_when_the_time_is_up(void **state)
{
    (void)state;
    struct server *server = run("[timeouts]\ndrain = 1s\n");
    tree_noise(server->root, "large.bin", LARGE, 7);
    struct client *client = client_connect(server, TCP);
    client_get(client, "/large.bin");
    assert_true(patience_poll(client->fd, POLLIN, patience_deadline()));
    int64_t start = patience_now();
    server_allow(server, "cut short");
    server_signal(server, SIGTERM);
    server_expect_exit(server, 0);
    int64_t taken = (patience_now() - start) / 1000;
    harness_say("exit after %ld ms, with drain = 1s", (long)taken);
    assert_true(taken >= 950 && taken < 4000);
}

static void a_silent_client_does_not_hold_the_stop_up(void **state)
{
    (void)state;
    struct server *server = run("[timeouts]\ndrain = 10s\n");
    struct client *silent = client_connect(server, TCP);
    /* Accepted before the one behind it, as the backlog is a queue. */
    client_fetch(client_connect(server, TCP), "/", 200);
    int64_t start = patience_now();
    server_signal(server, SIGTERM);
    client_expect_close(silent);
    server_expect_exit(server, 0);
    assert_true(patience_now() - start < 5000000);
}

static void a_second_signal_ends_it_at_once(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT};
    for (unsigned i = 0; i < 2; i++) {
        struct server *server = run("sleep = 1min\n[timeouts]\ndrain = 1min\n");
        sleeper(server);
        terminate(server);
        int64_t start = patience_now();
        server_allow(server, "cut short");
        server_signal(server, numbers[i]);
        server_expect_exit(server, 0);
        assert_true(patience_now() - start < 5000000);
    }
}

static void with_nobody_there_it_ends_at_once(void **state)
{
    (void)state;
    struct server *server = run("[timeouts]\ndrain = 1min\n");
    int64_t start = patience_now();
    server_stop(server);
    assert_true(patience_now() - start < 5000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(a_request_in_flight_is_answered_whole),
        harness_test(an_idle_connection_is_closed),
        harness_test(half_a_request_may_still_come_whole),
        harness_test(the_health_check_tells_of_the_drain_at_once),
        harness_test(a_late_client_is_answered_by_the_next_process),
        harness_test(a_download_goes_on_to_its_last_byte),
        harness_test(a_client_that_never_reads_is_cut_when_the_time_is_up),
        harness_test(a_silent_client_does_not_hold_the_stop_up),
        harness_test(a_second_signal_ends_it_at_once),
        harness_test(with_nobody_there_it_ends_at_once),
    };
    return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
