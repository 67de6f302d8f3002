/* What `systemctl status` shows of a server that runs, and that an idle one sleeps. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LARGE = 64 << 20, QUIET_USEC = 3500000 };

static void connections_requests_and_transfers_are_told(void **state)
{
    (void)state;
    struct server *server = server_run("");
    tree_noise(server->root, "large.bin", LARGE, 1);
    struct client *idle = client_connect(server, 0), *busy = client_connect(server, 0);
    client_fetch(idle, "/", 200);
    const char *message = server_await_status(server, "connections: 2, transfers: 0, requests/s: ");
    assert_non_null(strstr(message, "STATUS=Serving "));
    assert_null(strstr(message, "READY=1"));
    client_get(busy, "/large.bin");
    message = server_await_status(server, "connections: 2, transfers: 1, requests/s: ");
    client_close(busy);
    client_fetch(idle, "/", 200);
    message = server_await_status(server, "requests: 3 since ");
    client_close(idle);
    message = server_await_status(server, "; idle, requests: 3 since ");
    assert_non_null(strstr(message, "STATUS=Serving "));
    server_stop(server);
}

static char *since(const char *message)
{
    const char *text = strstr(message, "since ");
    assert_non_null(text);
    return strndup(text, strcspn(text, "\n"));
}

static void a_reload_goes_on_counting(void **state)
{
    (void)state;
    struct server *server = server_run("");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    char *before = since(server_await_status(server, "requests: 1 since "));
    server_expect_reload(server);
    client_fetch(client, "/", 200);
    char *after = since(server_await_status(server, "requests: 2 since "));
    assert_string_equal(before, after);
    free(before), free(after);
    server_stop(server);
}

/* How often the main thread has gone to sleep. */
static long sleeps(const struct server *server)
{
    char *path = harness_text("/proc/%d/task/%d/status", (int)server->pid, (int)server->pid);
    char *text = harness_read_file(path, NULL),
         *line = text ? strstr(text, "\nvoluntary_ctxt_switches:") : NULL;
    assert_non_null(line);
    long count = strtol(strchr(line, ':') + 1, NULL, 10);
    free(text), free(path);
    return count;
}

static void without_a_connection_nothing_wakes_up(void **state)
{
    (void)state;
    struct server *server = server_run("idle_exit = 1h\n");
    client_fetch(client_connect(server, 0), "/", 200);
    client_close_all();
    server_await_status(server, "; idle, requests: 1 since ");
    server_messages(server);
    long before = sleeps(server);
    assert_false(patience_poll(server->notify_fd, POLLIN, patience_now() + QUIET_USEC));
    /* It may have been on its way to sleep. A sweep a second would have been three. */
    assert_in_range(sleeps(server) - before, 0, 1);
    server_stop(server);
}

/* The sweep, which closes who is idle, is the same thread's. */
static void a_manager_that_does_not_read_holds_nobody_up(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nidle = 2s\n");
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    char byte;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(getsockname(server->notify_fd, (struct sockaddr *)&address, &length), 0);
    while (sendto(fd, "x", 1, 0, (const struct sockaddr *)&address, length) == 1)
        continue;
    assert_int_equal(errno, EAGAIN);
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    client_expect_close(client);
    while (recv(server->notify_fd, &byte, 1, MSG_DONTWAIT) >= 0)
        continue;
    close(fd);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(connections_requests_and_transfers_are_told),
        harness_test(a_reload_goes_on_counting),
        harness_test(a_manager_that_does_not_read_holds_nobody_up),
        harness_test(without_a_connection_nothing_wakes_up),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
