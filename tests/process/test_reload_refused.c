/* A reload that can't be: the server goes on as if nothing had been, and whoever looks is told why. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGE = 30 << 20 };

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text);
}

static void assert_logged(struct server *server, const char *text)
{
    char *log = server_log(server);
    assert_contains(log, text);
    free(log);
}

/* From a program of its own, with noise allowed that a refusal makes. */
static struct server *run(const char *settings)
{
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, settings);
    server_allow(server, "Not reloaded");
    server_install(server, NULL);
    server_start(server);
    return server;
}

/* Asker, log and STATUS= give the reason; everybody is served as before. */
static void expect_refusal(struct server *server, const char *reason)
{
    struct client *idle = client_connect(server, 0), *half = client_connect(server, 0);
    client_fetch(idle, "/", 200);
    client_say(half, "GET / HTTP/1.1\r\nHo");
    client_expect_open(idle);
    assert_int_equal(server_reload(server), 1);
    char *answer = server_answer(server);
    assert_contains(answer, "Not reloaded");
    assert_contains(answer, reason);
    free(answer);
    assert_contains(server_await_message(server, "READY=1"), "STATUS=Not reloaded, going on as before: ");
    assert_contains(server_messages(server), reason);
    assert_logged(server, reason);
    client_expect_open(idle);
    client_say(half, "st: x\r\n\r\n");
    assert_int_equal(client_receive(half, false)->status, 200);
    client_fetch(client_connect(server, 0), "/", 200);
    client_close_all();
}

/* In the midst of a download, which goes on through all of it; afterwards a good program is taken. */
static void a_child_that_is_broken_is_told_of(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned mode;
        const char *reason;
    } programs[] = {
        {"#!/bin/sh\n", 0644, "Permission denied"},
        {"neither a script nor ELF", 0755, "Exec format error"},
        {"", 0755, "Exec format error"},
        {"#!/nowhere/interpreter\n", 0755, "No such file"},
        {"#!/bin/sh\nexit 1\n", 0755, "exit status 1"},
        {"#!/bin/sh\nexit 127\n", 0755, "exit status 127"},
        {"#!/bin/sh\nkill -9 $$\n", 0755, "was ended by a signal"},
        {"#!/bin/sh\nrm \"$0\"\n", 0755, "No such file"}, /* content with the state, then gone */
    };
    struct server *server = run("");
    tree_noise(server->root, "large.bin", LARGE, 9);
    char *want = malloc(LARGE);
    assert_non_null(want);
    tree_bytes(want, LARGE, 9);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        server_install(server, NULL);
        struct client *taker = client_connect(server, 0);
        client_get(taker, "/large.bin");
        assert_true(patience_poll(taker->fd, POLLIN, patience_deadline()));
        server_install_text(server, programs[i].text, programs[i].mode);
        assert_int_equal(server_reload(server), 1);
        const struct reply *reply = client_receive(taker, false);
        assert_int_equal(reply->body_length, LARGE);
        assert_memory_equal(reply->body, want, LARGE);
        client_close(taker);
        server_install_text(server, programs[i].text, programs[i].mode);
        expect_refusal(server, programs[i].reason);
    }
    free(want);
    server_install(server, NULL);
    server_expect_reload(server);
    server_stop(server);
}

static void a_child_whose_program_is_gone_is_told_of(void **state)
{
    (void)state;
    struct server *server = run("");
    server_uninstall(server);
    expect_refusal(server, "No such file");
    server_install(server, NULL);
    server_expect_reload(server);
    server_stop(server);
}

static void a_wrong_setting_is_not_taken(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *reason;
    } mistakes[] = {
        {"pool_size = 0\n", "pool_size = 0"},
        {"no_such_thing = 1\n", "no_such_thing"},
        {"document_root = /nowhere/at/all\n", "/nowhere/at/all"},
        {"[log]\nlevel = loud\n[timeouts]\nidle = soon\n", "idle = soon"},
    };
    struct server *server = run("");
    server_allow(server, "hello.ini:");
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        server_change(server, mistakes[i].settings);
        expect_refusal(server, "the configuration is not right; the log says where");
        assert_logged(server, mistakes[i].reason);
        assert_logged(server, "hello.ini:");
    }
    server_change(server, "");
    server_expect_reload(server);
    server_stop(server);
}

static void a_lost_configuration_is_missed(void **state)
{
    (void)state;
    struct server *server = run("");
    server_allow(server, "hello.ini");
    char *path = tree_path(server->tree, "hello.ini");
    assert_int_equal(unlink(path), 0);
    free(path);
    expect_refusal(server, "the configuration is not right");
    server_stop(server);
}

/* What can't take over is started anew: a drain, and exit status 0 for both. */
static void a_program_of_another_version_gets_a_drain(void **state)
{
    (void)state;
    static const char *const programs[] = {"#!/bin/sh\nexit 69\n", "#!/bin/sh\nexit 64\n"};
    for (size_t i = 0; i < 2; i++) {
        struct server *server = run("sleep = 300ms\n");
        server_allow(server, "can't take over from this version");
        tree_noise(server->root, "large.bin", LARGE, 9);
        struct client *idle = client_connect(server, 0), *taker = client_connect(server, 0);
        struct client *sleeper = client_connect(server, 0);
        client_get(sleeper, "/sleep");
        client_get(taker, "/large.bin");
        assert_true(patience_poll(taker->fd, POLLIN, patience_deadline()));
        client_fetch(idle, "/", 200);
        server_install_text(server, programs[i], 0755);
        server_expect_reload(server);
        server_await_message(server, "STOPPING=1");
        struct client *late = client_connect(server, 0);
        client_get(late, "/");
        client_expect_close(idle);
        assert_int_equal(client_receive(taker, false)->body_length, LARGE);
        assert_int_equal(client_receive(sleeper, false)->status, 200);
        client_close(taker);
        client_close(sleeper);
        server_expect_exit(server, 0);
        server_install(server, NULL);
        server_start(server);
        assert_int_equal(client_receive(late, false)->status, 200);
        server_stop(server);
        harness_teardown(NULL);
    }
}

/* A program that answers only when the test says so: it reads from a pipe first. */
static struct server *run_with_a_slow_program(const char *settings)
{
    struct server *server = run(settings);
    tree_fifo(server->tree, "gate");
    char *gate = tree_path(server->tree, "gate");
    char *text = harness_text("#!/bin/sh\nread -r line <'%s'\nexit 1\n", gate);
    server_install_text(server, text, 0755);
    free(text), free(gate);
    return server;
}

/* Opens once the program is there to read. */
static int open_gate(struct server *server)
{
    char *gate = tree_path(server->tree, "gate");
    int fd = open(gate, O_WRONLY | O_CLOEXEC);
    free(gate);
    assert_true(fd >= 0);
    return fd;
}

static void a_reload_is_refused_while_draining(void **state)
{
    (void)state;
    struct server *server = run("sleep = 1s\n");
    struct client *sleeper = client_connect(server, 0), *other = client_connect(server, 0);
    client_get(sleeper, "/sleep");
    client_fetch(other, "/", 200);
    client_expect_open(other);
    server_signal(server, SIGTERM);
    server_await_message(server, "STOPPING=1");
    assert_int_equal(server_reload(server), 75);
    char *answer = server_answer(server);
    assert_contains(answer, "the server is stopping");
    free(answer);
    assert_int_equal(client_receive(sleeper, false)->status, 200);
    client_expect_close(sleeper);
    server_expect_exit(server, 0);
}

static void a_child_holds_up_no_stop(void **state)
{
    (void)state;
    static const int numbers[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        struct server *server = run_with_a_slow_program("sleep = 200ms\n");
        struct client *sleeper = client_connect(server, 0);
        client_fetch(sleeper, "/", 200);
        pid_t asker = server_ask_reload(server);
        int gate = open_gate(server);
        client_get(sleeper, "/sleep");
        int64_t start = patience_now();
        server_signal(server, numbers[i]);
        server_await_message(server, "STOPPING=1");
        assert_int_equal(server_await_answer(asker), 75);
        char *answer = server_answer(server);
        assert_contains(answer, "the server is stopping");
        free(answer);
        assert_int_equal(client_receive(sleeper, false)->status, 200);
        client_expect_close(sleeper);
        server_expect_exit(server, 0);
        assert_true(patience_now() - start < 5000000);
        close(gate);
    }
}

static void while_the_program_is_asked_all_goes_on(void **state)
{
    (void)state;
    struct server *server = run_with_a_slow_program("");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    pid_t asker = server_ask_reload(server);
    int gate = open_gate(server);
    client_expect_open(client);
    client_fetch(client_connect(server, 0), "/", 200);
    assert_int_equal(write(gate, "\n", 1), 1);
    close(gate);
    assert_int_equal(server_await_answer(asker), 1);
    client_expect_open(client);
    server_install(server, NULL);
    server_expect_reload(server);
    client_expect_open(client);
    server_stop(server);
}

/* Whether the thread, which is stopped, waits for an event: anywhere else it may hold a lock that others
 * need. */
static bool awaits_event(pid_t thread)
{
    char *path = harness_text("/proc/%ld/syscall", (long)thread), *text = harness_read_file(path, NULL);
    long call = text ? strtol(text, NULL, 10) : SYS_epoll_pwait;
    free(path), free(text);
#ifdef SYS_epoll_wait
    if (call == SYS_epoll_wait)
        return true;
#endif
    return call == SYS_epoll_pwait;
}

static void stop_while_it_waits(pid_t thread)
{
    int64_t deadline = patience_deadline();
    for (;;) {
        assert_int_equal(ptrace(PTRACE_INTERRUPT, thread, NULL, NULL), 0);
        assert_int_equal(waitpid(thread, NULL, __WALL), thread);
        if (awaits_event(thread))
            return;
        assert_true(patience_now() < deadline);
        assert_int_equal(ptrace(PTRACE_CONT, thread, NULL, NULL), 0);
        sched_yield();
    }
}

/* As one whose disk doesn't answer; a debugger's hold on it is as good. */
static void a_worker_that_does_not_come_back_is_not_waited_for(void **state)
{
    (void)state;
    struct server *server = run("pool_size = 2\n");
    pid_t worker = 0;
    assert_int_equal(server_workers(server, &worker, 1), 2);
    if (ptrace(PTRACE_SEIZE, worker, NULL, NULL) < 0) {
        harness_say_skipped("a worker that does not come back", strerror(errno));
        server_stop(server);
        return;
    }
    stop_while_it_waits(worker);
    expect_refusal(server, "a worker has been at one request for too long");
    assert_int_equal(ptrace(PTRACE_DETACH, worker, NULL, NULL), 0);
    server_expect_reload(server);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(a_child_that_is_broken_is_told_of),
        harness_test(a_child_whose_program_is_gone_is_told_of),
        harness_test(a_wrong_setting_is_not_taken),
        harness_test(a_lost_configuration_is_missed),
        harness_test(a_program_of_another_version_gets_a_drain),
        harness_test(a_reload_is_refused_while_draining),
        harness_test(a_child_holds_up_no_stop),
        harness_test(while_the_program_is_asked_all_goes_on),
        harness_test(a_worker_that_does_not_come_back_is_not_waited_for),
    };
    return cmocka_run_group_tests_name("reload refused", tests, NULL, NULL);
}
