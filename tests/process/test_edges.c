/*
 * Sockets that are armed for every edge: what comes together, in crumbs, or while a worker is at the
 * connection is neither lost nor answered twice.
 */
#include "support/client.h"
#include "support/harness.h"
#include "support/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMES = 200, TALKERS = 16 };

#define GET(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"

/* Nobody's waits run out while this lasts. */
#define SETTINGS                                                                                             \
    "pool_size = 4\nsleep = 20ms\n[timeouts]\nidle = 1h\n[limits]\nconnections_per_address = 100\n"

static void a_close_that_comes_with_a_request_is_seen(void **state)
{
    (void)state;
    struct server *server = server_run(SETTINGS);
    for (unsigned i = 0; i < TIMES; i++) {
        struct client *client = client_connect(server, 0);
        client_fetch(client, "/", 200);
        client_get(client, "/");
        client_half_close(client);
        assert_int_equal(client_receive(client, false)->status, 200);
        client_expect_close(client);
        client_close(client);
    }
    server_stop(server);
}

static void no_crumb_is_lost(void **state)
{
    (void)state;
    static const char request[] = GET("/") GET("/none");
    struct server *server = server_run(SETTINGS);
    struct client *clients[TALKERS];
    for (unsigned i = 0; i < TALKERS; i++) {
        clients[i] = client_connect(server, 0);
        assert_int_equal(setsockopt(clients[i]->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), 0);
    }
    for (unsigned turn = 0; turn < TIMES / 4; turn++) {
        for (size_t at = 0; at < strlen(request); at++)
            for (unsigned i = 0; i < TALKERS; i++)
                assert_int_equal(send(clients[i]->fd, request + at, 1, MSG_NOSIGNAL), 1);
        for (unsigned i = 0; i < TALKERS; i++) {
            assert_int_equal(client_receive(clients[i], false)->status, 200);
            assert_int_equal(client_receive(clients[i], false)->status, 404);
        }
    }
    for (unsigned i = 0; i < TALKERS; i++)
        client_close(clients[i]);
    server_stop(server);
}

static void what_comes_during_a_sleep_is_answered_behind_it(void **state)
{
    (void)state;
    static const char more[] = GET("/none");
    struct server *server = server_run(SETTINGS);
    struct client *client = client_connect(server, 0);
    assert_int_equal(setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), 0);
    for (unsigned i = 0; i < 20; i++) {
        client_fetch(client, "/", 200);
        client_get(client, "/sleep");
        for (size_t at = 0; at < strlen(more); at++)
            assert_int_equal(send(client->fd, more + at, 1, MSG_NOSIGNAL), 1);
        assert_int_equal(client_receive(client, false)->status, 200);
        assert_int_equal(client_receive(client, false)->status, 404);
    }
    client_close(client);
    server_stop(server);
}

/* Each leaves while the server waits for its next request, or while it answers. */
static void who_resets_leaves_nothing(void **state)
{
    (void)state;
    struct server *server = server_run(SETTINGS);
    client_fetch(client_connect(server, 0), "/", 200);
    unsigned before = server_fds(server);
    for (unsigned i = 0; i < TIMES; i++) {
        struct client *client = client_connect(server, 0);
        client_fetch(client, "/", 200);
        if (i % 2 == 0)
            client_get(client, "/");
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        assert_int_equal(setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
        client_close(client);
    }
    server_await_fds(server, before);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(a_close_that_comes_with_a_request_is_seen),
        harness_test(no_crumb_is_lost),
        harness_test(what_comes_during_a_sleep_is_answered_behind_it),
        harness_test(who_resets_leaves_nothing),
    };
    return cmocka_run_group_tests_name("edges", tests, NULL, NULL);
}
