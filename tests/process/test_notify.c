/* What the service manager is told, and when. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (const char *p = text; (p = strstr(p, part)); p += strlen(part))
        n++;
    return n;
}

static void ready_is_said_once_with_a_status(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_spawn(server);
    const char *message = server_await_message(server, "READY=1");
    assert_non_null(strstr(message, "STATUS=Serving "));
    client_fetch(client_connect(server, 0), "/", 200);
    server_stop(server);
    assert_int_equal(count(server_messages(server), "READY=1"), 1);
}

static void a_server_that_cannot_start_never_says_ready(void **state)
{
    (void)state;
    static const char *const inis[] = {"[server]\nport = 0\n", "[server]\ndocument_root = /nowhere/at/all\n",
                                       "[server]\npool_size = 0\n"};
    for (size_t i = 0; i < sizeof inis / sizeof inis[0]; i++) {
        struct server *server = server_make();
        server_listen(server, SERVER_IPV4, "http");
        server_set_ini(server, inis[i]);
        server_allow(server, "hello.ini");
        server_spawn(server);
        server_expect_exit(server, 78);
        assert_string_equal(server_messages(server), "");
    }
}

static void stop_by(int number)
{
    struct server *server = server_run("[timeouts]\ndrain = 100s\n");
    server_signal(server, number);
    const char *message = server_await_message(server, "STOPPING=1");
    assert_non_null(strstr(message, "STATUS=Stopping"));
    /* Longer than the drain, lest systemd kill what still drains. */
    assert_non_null(strstr(message, "\nEXTEND_TIMEOUT_USEC=105000000\n"));
    server_expect_exit(server, 0);
    assert_int_equal(count(server_messages(server), "STOPPING=1"), 1);
    assert_true(strstr(server->notified, "READY=1") < strstr(server->notified, "STOPPING=1"));
}

/* systemd begins to count anew, by the unit's own limit, with each command of ExecReload=. */
static void who_asks_for_a_reload_amid_a_stop_extends_its_time_again(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\ndrain = 100s\n");
    client_say(client_connect(server, 0), "GET /sleep HTTP/1.1\r\nHost: localhost\r\n\r\n");
    server_await_status(server, "connections: 1");
    server_signal(server, SIGTERM);
    server_await_message(server, "STOPPING=1");
    server_signal(server, SIGHUP);
    assert_non_null(strstr(server_await_message(server, "STOPPING=1"), "\nEXTEND_TIMEOUT_USEC=105000000\n"));
    server_allow(server, "again: 1 connections are cut short");
    server_signal(server, SIGTERM);
    server_expect_exit(server, 0);
}

static void sigterm_is_answered_by_stopping(void **state)
{
    (void)state;
    stop_by(SIGTERM);
}

static void sigint_is_answered_by_stopping(void **state)
{
    (void)state;
    stop_by(SIGINT);
}

static void it_runs_without_a_service_manager(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server->unnotified = true;
    server_spawn(server);
    client_fetch(client_connect(server, 0), "/", 200);
    server_stop(server);
}

static void a_client_that_goes_away_is_no_event(void **state)
{
    (void)state;
    struct server *server = server_run("sleep = 100ms\n");
    tree_noise(server->root, "large.bin", 4 << 20, 1);
    const char *const targets[] = {"/", "/large.bin", "/sleep", "/nothing"};
    for (int i = 0; i < 40; i++) {
        struct client *client = client_connect(server, 0);
        client_get(client, targets[i % 4]);
        client_close(client);
    }
    client_fetch(client_connect(server, 0), "/sleep", 200);
    server_stop(server);
}

/* Its queue is full: deadlines are kept all the same, and a stop is one, once it reads again. */
static void a_manager_that_does_not_read_holds_nothing_up(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nhead = 1s\n");
    char *path = tree_path(server->tree, "notify");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    while (sendto(fd, "X=1", 3, MSG_DONTWAIT, (const struct sockaddr *)&address, sizeof address) == 3)
        ;
    assert_int_equal(errno, EAGAIN);
    for (unsigned i = 0; i < 3; i++) {
        struct client *silent = client_connect(server, 0);
        client_fetch(client_connect(server, 0), "/", 200);
        client_expect_close(silent);
    }
    char message[64]; /* these are not the server's, which a harness would insist on */
    while (recv(server->notify_fd, message, sizeof message, MSG_DONTWAIT) >= 0)
        ;
    close(fd);
    free(path);
    server_stop(server);
}

/* Nor do we fill it: a stop is told at once however long nobody has read. */
static void what_is_told_again_and_again_fills_no_queue(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nhead = 14s\n");
    struct client *silent = client_connect(server, 0), *busy = client_connect(server, 0);
    while (!patience_poll(silent->fd, POLLIN, patience_now() + 50000))
        client_fetch(busy, "/", 200);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(ready_is_said_once_with_a_status),
        harness_test(a_server_that_cannot_start_never_says_ready),
        harness_test(who_asks_for_a_reload_amid_a_stop_extends_its_time_again),
        harness_test(sigterm_is_answered_by_stopping),
        harness_test(sigint_is_answered_by_stopping),
        harness_test(it_runs_without_a_service_manager),
        harness_test(a_client_that_goes_away_is_no_event),
        harness_test(a_manager_that_does_not_read_holds_nothing_up),
        harness_test(what_is_told_again_and_again_fills_no_queue),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
