/* The service manager is told that all is well, as long as it is, and only while somebody is connected. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define ARMED   "WATCHDOG_USEC=4000000"
#define AT_REST "WATCHDOG_USEC=3155760000000000"

enum { WORKERS = 2, WATCHDOG_USEC = 4000000, QUIET_USEC = 3000000 };

static struct server *run(void)
{
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, "pool_size = 2\ncache = 0\n");
    server->watchdog_usec = WATCHDOG_USEC;
    server_allow(server, "has been at one job for");
    server_start(server);
    return server;
}

static void it_is_on_while_there_are_connections(void **state)
{
    (void)state;
    struct server *server = run();
    server_await_message(server, AT_REST);
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    server_await_message(server, ARMED);
    server_await_message(server, "WATCHDOG=1");
    client_close(client);
    server_await_message(server, AT_REST);
    server_stop(server);
}

static void a_reload_keeps_it_on(void **state)
{
    (void)state;
    struct server *server = run();
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    server_await_message(server, ARMED);
    server_expect_reload(server);
    server_await_message(server, "READY=1");
    server_await_message(server, ARMED);
    server_await_message(server, "WATCHDOG=1");
    client_fetch(client, "/", 200);
    server_stop(server);
}

static void where_nobody_watches_nothing_is_told(void **state)
{
    (void)state;
    struct server *server = server_run("");
    client_fetch(client_connect(server, 0), "/", 200);
    server_await_status(server, "connections: 1");
    client_close_all();
    server_await_status(server, "idle");
    server_stop(server);
    assert_null(strstr(server_messages(server), "WATCHDOG"));
}

static bool opens_a_file(pid_t worker)
{
    struct __ptrace_syscall_info info;
    return ptrace(PTRACE_GET_SYSCALL_INFO, worker, (void *)sizeof info, &info) > 0 &&
           info.op == PTRACE_SYSCALL_INFO_ENTRY &&
           (info.entry.nr == SYS_openat2 || info.entry.nr == SYS_openat);
}

/*
 * All workers stand still where they would open a file, as they do when a disk doesn't answer. False where
 * this process may not trace.
 */
static bool block(struct server *server, pid_t workers[static WORKERS])
{
    assert_int_equal(server_workers(server, workers, WORKERS), WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        if (ptrace(PTRACE_SEIZE, workers[i], NULL, (void *)PTRACE_O_TRACESYSGOOD) < 0)
            return false;
        assert_int_equal(ptrace(PTRACE_INTERRUPT, workers[i], NULL, NULL), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        client_get(client_connect(server, 0), "/");
    for (unsigned blocked = 0; blocked < WORKERS;) {
        int status;
        pid_t worker = waitpid(-1, &status, __WALL);
        assert_true(worker > 0 && WIFSTOPPED(status));
        if (opens_a_file(worker))
            blocked++;
        else
            assert_int_equal(ptrace(PTRACE_SYSCALL, worker, NULL, NULL), 0);
    }
    return true;
}

static void blocked_workers_end_it(void **state)
{
    (void)state;
    pid_t workers[WORKERS];
    struct server *server = run();
    client_fetch(client_connect(server, 0), "/", 200);
    server_await_message(server, ARMED);
    if (!block(server, workers)) {
        harness_say_skipped("blocked workers", "a process can't be traced here");
        server_stop(server);
        return;
    }
    server_await_status(server, "workers stuck: 2");
    server_await_log(server, "has been at one job for");
    server_messages(server);
    assert_false(patience_poll(server->notify_fd, POLLIN, patience_now() + QUIET_USEC));
    for (unsigned i = 0; i < WORKERS; i++)
        assert_int_equal(ptrace(PTRACE_DETACH, workers[i], NULL, NULL), 0);
    server_await_message(server, "WATCHDOG=1");
    server_await_log(server, "goes on");
    client_fetch(client_connect(server, 0), "/", 200);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(it_is_on_while_there_are_connections),
        harness_test(a_reload_keeps_it_on),
        harness_test(where_nobody_watches_nothing_is_told),
        harness_test(blocked_workers_end_it),
    };
    return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
