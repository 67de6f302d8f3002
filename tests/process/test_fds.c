/* When fds run short: each client has its own two, some are kept for the server, and without any it goes on.
 */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"
#include "support/swarm.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

/* Of 200 fds 64 are reserved and 4 for each of 2 workers; a client may have 2 of the others. */
enum { FDS = 200, CLIENTS = (FDS - 64 - 2 * 4) / 2, LARGE = 20 << 20 };

static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
static const char get_large[] = "GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n";

static struct server *run_with_few_fds(const char *settings)
{
    struct server *server = server_make();
    server->fd_limit = FDS;
    tree_noise(server->root, "large.bin", LARGE, 7);
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, settings);
    server_start(server);
    return server;
}

/* All of them have the beginning of a file, and take little more of it. */
static void await_begun(struct swarm *swarm)
{
    for (int64_t deadline = patience_deadline(); swarm_with_status(swarm, 200) < swarm->count;) {
        assert_int_equal(swarm_hear(swarm, 100), swarm->count);
        if (patience_poll(-1, 0, patience_now() + 10000) || patience_now() > deadline)
            fail_msg("%u of %u have a file", swarm_with_status(swarm, 200), swarm->count);
    }
}

/* Every client has a socket and a file, and more than they would take are waiting. */
static void with_every_client_at_a_file_there_is_room_to_reload_and_stop(void **state)
{
    (void)state;
    struct server *server = run_with_few_fds("pool_size = 2\n[timeouts]\ndrain = 0s\n");
    server_await_log(server, "Taking 64 connections at most, not 32768");
    unsigned before = server_fds(server);
    struct swarm *all = swarm_open(server, &(struct swarm_plan){.count = CLIENTS, .receive_buffer = 4096});
    assert_int_equal(swarm_say(all, get_large, strlen(get_large)), CLIENTS);
    await_begun(all);
    harness_say("%d clients at a file each: %u of %d fds", CLIENTS, server_fds(server), FDS);
    struct swarm *more = swarm_open(server, &(struct swarm_plan){.count = 3});
    swarm_say(more, get, strlen(get));
    server_await_log(server, "All 64 connections are taken");
    server_expect_reload(server);
    assert_int_equal(swarm_hear(all, 1000), CLIENTS);
    assert_int_equal(swarm_with_status(more, 200), 0);
    swarm_end(all, true);
    swarm_await_status(more, 200, 3);
    server_await_fds(server, before + 4);
    struct client *last = client_connect(server, 0);
    client_get(last, "/large.bin");
    assert_true(patience_poll(last->fd, POLLIN, patience_deadline()));
    server_allow(server, "cut short");
    server_stop(server);
}

/* Standard input, output and error have the numbers below 3: with that as its limit it can open nothing more.
 */
enum { NONE = 3 };

static void limit_fds(const struct server *server, unsigned long soft)
{
    struct rlimit limit;
    assert_int_equal(prlimit(server->pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = soft;
    assert_int_equal(prlimit(server->pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

static void without_any_fd_it_answers_and_recovers(void **state)
{
    (void)state;
    struct server *server = run_with_few_fds("cache = 0\n");
    server_allow(server, "Too many open files");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    limit_fds(server, NONE);
    const struct reply *reply = client_fetch(client, "/", 503);
    assert_string_equal(reply_field(reply, "Retry-After"), "1");
    struct swarm *waiting = swarm_open(server, &(struct swarm_plan){.count = 3});
    swarm_say(waiting, get, strlen(get));
    server_await_log(server, "Can't accept a client: Too many open files; it waits");
    limit_fds(server, FDS);
    swarm_await_status(waiting, 200, 3);
    server_expect_reload(server);
    client_fetch(client_connect(server, 0), "/", 200);
    server_stop(server);
}

static void without_any_fd_it_refuses_to_reload_and_stops(void **state)
{
    (void)state;
    struct server *server = run_with_few_fds("");
    server_allow(server, "Too many open files");
    server_allow(server, "Not reloaded, going on as before: ");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    limit_fds(server, NONE);
    server_signal(server, SIGHUP);
    server_await_log(server, "Not reloaded, going on as before: ");
    /* Whether the page is still in the cache depends on how long that took. */
    client_get(client, "/");
    unsigned status = client_receive(client, false)->status;
    assert_true(status == 200 || status == 503);
    client_close(client);
    if (patience_sanitized())
        limit_fds(server, FDS); /* which the sanitizer itself needs at the end */
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(with_every_client_at_a_file_there_is_room_to_reload_and_stop),
        harness_test(without_any_fd_it_answers_and_recovers),
        harness_test(without_any_fd_it_refuses_to_reload_and_stops),
    };
    return cmocka_run_group_tests_name("fds", tests, NULL, NULL);
}
