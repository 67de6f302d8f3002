/* A process that nobody needs ends, and whoever comes at that very moment is served by it or by the next. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/seed.h"
#include "support/server.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { IDLE_USEC = 1000000, STAYS_USEC = 2500000, ROUNDS = 8, ROUNDS_LONG = 1000, AT_ONCE = 3 };

static void it_ends_when_nobody_comes(void **state)
{
    (void)state;
    struct server *server = server_run("idle_exit = 1s\n");
    server_expect_exit(server, 0);
    assert_non_null(strstr(server->notified, "STOPPING=1"));
}

static bool ends_within(struct server *server, int64_t usec)
{
    int fd = process_fd(server->pid);
    bool ended = patience_poll(fd, POLLIN, patience_now() + usec);
    close(fd);
    return ended;
}

static void a_connection_keeps_it(void **state)
{
    (void)state;
    struct server *server = server_run("idle_exit = 1s\n");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    assert_false(ends_within(server, STAYS_USEC));
    client_fetch(client, "/", 200);
    client_close(client);
    server_expect_exit(server, 0);
}

static void off_means_never(void **state)
{
    (void)state;
    struct server *server = server_run("idle_exit = off\n");
    client_fetch(client_connect(server, 0), "/", 200);
    client_close_all();
    server_await_status(server, "idle");
    assert_false(ends_within(server, STAYS_USEC));
    server_stop(server);
}

/* As systemd does, where a process has ended the next one starts, for those who wait on the socket. */
static void expect_answer(struct server *server, struct client *client)
{
    int64_t deadline = patience_deadline();
    for (;;) {
        int ended = process_fd(server->pid);
        bool woken = patience_poll_either(client->fd, ended, deadline);
        close(ended);
        assert_true(woken);
        if (patience_poll(client->fd, POLLIN, 0))
            break;
        server_expect_exit(server, 0);
        server_spawn(server);
    }
    assert_int_equal(client_receive(client, false)->status, 200);
}

static void nobody_is_lost_in_the_race(void **state)
{
    (void)state;
    unsigned served_by_next = 0, rounds = harness_is_long() ? ROUNDS_LONG : ROUNDS;
    seed_start();
    struct server *server = server_run("idle_exit = 1s\n");
    for (unsigned round = 0; round < rounds; round++) {
        pid_t before = server->pid;
        client_fetch(client_connect(server, 0), "/", 200);
        client_close_all();
        /* Clients served before its time began don't begin it anew: it may have gone before it told. */
        assert_true(server_sees_status(server, "idle") || ends_within(server, 0));
        (void)ends_within(server, IDLE_USEC + (int64_t)seed_pick(120000));
        struct client *clients[AT_ONCE];
        for (unsigned i = 0; i < AT_ONCE; i++) {
            clients[i] = client_connect(server, 0);
            client_get(clients[i], "/");
        }
        for (unsigned i = 0; i < AT_ONCE; i++)
            expect_answer(server, clients[i]);
        client_close_all();
        served_by_next += server->pid != before;
    }
    harness_say("idle exit: %u rounds, in %u of them the process had ended", rounds, served_by_next);
    server_end(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(it_ends_when_nobody_comes),
        harness_test(a_connection_keeps_it),
        harness_test(off_means_never),
        harness_test(nobody_is_lost_in_the_race),
    };
    return cmocka_run_group_tests_name("idle_exit", tests, NULL, NULL);
}
