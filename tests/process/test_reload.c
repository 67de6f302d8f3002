/* What a reload is to the service manager, to who asks for it, and to the settings. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/server.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *after(const char *text, const char *word)
{
    const char *found = strstr(text, word);
    if (!found)
        fail_msg("no %s in: %s", word, text);
    return found + strlen(word);
}

static void assert_logged(struct server *server, const char *text)
{
    char *log = server_log(server);
    if (!strstr(log, text))
        fail_msg("hellod did not log \"%s\", but:\n%s", text, log);
    free(log);
}

static void the_same_process_says_reloading_then_ready(void **state)
{
    (void)state;
    struct server *server = server_run("");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    for (int i = 0; i < 3; i++) {
        const char *before = server_messages(server);
        size_t seen = strlen(before);
        int64_t start = patience_now();
        server_expect_reload(server);
        int64_t end = patience_now();
        /* Each message is known to come from the process that was started. */
        server_await_message(server, "READY=1");
        const char *reloading = after(server->notified + seen, "RELOADING=1\nMONOTONIC_USEC=");
        int64_t moment = strtoll(reloading, NULL, 10);
        assert_true(moment >= start && moment <= end);
        after(reloading, "READY=1\nSTATUS=Serving ");
        assert_false(server_has_ended(server));
        client_expect_open(client);
    }
    assert_logged(server, "Reloaded: 1 connections carried over");
    server_stop(server);
}

static void a_signal_alone_will_do(void **state)
{
    (void)state;
    struct server *server = server_run("");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    server_signal(server, SIGHUP);
    server_await_message(server, "RELOADING=1");
    server_await_message(server, "READY=1");
    client_expect_open(client);
    assert_logged(server, "Reloaded: 1 connections carried over");
    server_stop(server);
}

static void what_has_changed_is_told(void **state)
{
    (void)state;
    struct server *server = server_run("pool_size = 2\n");
    server_expect_reload(server);
    server_await_log(server, " ms; nothing has changed in the configuration\n");
    server_change(server, "pool_size = 3\nsleep = off\n[log]\nlevel = debug\n[path /x*]\nlisting = on\n");
    server_expect_reload(server);
    server_await_log(server, " ms; [server] pool_size 2 -> 3, sleep 5s -> off; [log] level info -> debug; "
                             "[path /x*] listing (none) -> on\n");
    server_change(server, "pool_size = 2\n");
    server_expect_reload(server);
    server_await_log(server, " ms; [server] pool_size 3 -> 2, sleep off -> 5s; [log] level debug -> info; "
                             "[path /x*] listing on -> (none)\n");
    server_stop(server);
}

static void it_needs_no_service_manager_and_no_client(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server->unnotified = true;
    server_spawn(server);
    client_fetch(client_connect(server, 0), "/", 200);
    client_close_all();
    server_expect_reload(server);
    client_fetch(client_connect(server, 0), "/", 200);
    server_stop(server);
}

static void a_socket_of_its_own_stays_open(void **state)
{
    (void)state;
    struct server *server = server_make();
    unsigned port = server_free_port();
    char *settings = harness_text("address = 127.0.0.1\nport = %u\n", port);
    server_set(server, settings);
    free(settings);
    server_start(server);
    struct client *client = client_connect_port(port);
    client_fetch(client, "/", 200);
    server_expect_reload(server);
    client_expect_open(client);
    client_fetch(client_connect_port(port), "/", 200);
    server_stop(server);
}

static void whoever_asks_for_nobody_is_told(void **state)
{
    (void)state;
    struct server *server = server_run("");
    server_stop(server);
    server->pid = 0x3fffffff; /* past any process id: proc_sys(5), pid_max */
    assert_int_equal(server_reload(server), 75);
    char *answer = server_answer(server);
    after(answer, "No such process");
    free(answer);
    server->pid = 0;
}

/* Whoever is answered first: what the server tells meanwhile is read, as the manager does. */
static void expect_answer(struct server *server, pid_t asker)
{
    int64_t deadline = patience_deadline();
    int ended = process_fd(asker);
    while (patience_poll_either(server->notify_fd, ended, deadline) && !patience_poll(ended, POLLIN, 0))
        server_messages(server);
    close(ended);
    assert_int_equal(server_await_answer(asker), 0);
}

static void several_who_ask_at_once_are_all_answered(void **state)
{
    (void)state;
    struct server *server = server_run("");
    pid_t askers[4];
    for (unsigned i = 0; i < 4; i++)
        askers[i] = server_ask_reload(server);
    for (unsigned i = 0; i < 4; i++)
        expect_answer(server, askers[i]);
    server_stop(server);
}

static void an_end_while_somebody_waits_is_told_at_once(void **state)
{
    (void)state;
    struct server *server = server_run("");
    server_signal(server, SIGSTOP);
    pid_t asker = server_ask_reload(server);
    int64_t start = patience_now();
    server_signal(server, SIGKILL);
    assert_int_equal(server_await_answer(asker), 75);
    assert_true(patience_now() - start < 5000000);
    char *answer = server_answer(server);
    after(answer, "ended");
    free(answer);
    assert_int_equal(server_end(server), 128 + SIGKILL);
}

static void settings_hold_from_now_on(void **state)
{
    (void)state;
    struct server *server = server_run("pool_size = 2\nsleep = off\n[log]\nlevel = info\n");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/sleep", 404);
    assert_int_equal(server_workers(server, NULL, 0), 2);
    server_change(server, "pool_size = 7\nsleep = 10ms\nindex = 404.html\n[log]\nlevel = debug\n");
    server_expect_reload(server);
    assert_int_equal(server_workers(server, NULL, 0), 7);
    client_fetch(client, "/sleep", 200);
    assert_non_null(strstr(client_fetch(client, "/", 200)->body, "404"));
    assert_logged(server, "with 7 workers");
    assert_logged(server, " got a job; executing.");
    server_change(server, "pool_size = 1\nsleep = off\n");
    server_expect_reload(server);
    assert_int_equal(server_workers(server, NULL, 0), 1);
    client_fetch(client, "/sleep", 404);
    assert_non_null(strstr(client_fetch(client, "/", 200)->body, "Hello"));
    server_stop(server);
}

static void another_document_root_is_served_at_once(void **state)
{
    (void)state;
    struct server *server = server_run("");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/other", 404);
    server->root = tree_make();
    tree_text(server->root, "other", "another root");
    server_change(server, "");
    server_expect_reload(server);
    const struct reply *reply = client_fetch(client, "/other", 200);
    assert_memory_equal(reply->body, "another root", strlen("another root"));
    client_fetch(client, "/hello.html", 404);
    server_stop(server);
}

/* With one connection allowed, others wait unaccepted. */
static void more_connections_are_let_in_at_once(void **state)
{
    (void)state;
    struct server *server = server_run("max_connections = 1\n");
    struct client *one = client_connect(server, 0);
    client_fetch(one, "/", 200);
    struct client *two = client_connect(server, 0), *three = client_connect(server, 0);
    client_get(two, "/");
    client_get(three, "/");
    client_fetch(one, "/", 200);
    assert_null(client_try_receive(two, false));
    server_expect_reload(server); /* nothing has changed: they wait on */
    client_fetch(one, "/", 200);
    assert_null(client_try_receive(two, false));
    server_change(server, "max_connections = 2\n");
    server_expect_reload(server);
    assert_int_equal(client_receive(two, false)->status, 200);
    client_fetch(one, "/", 200);
    assert_null(client_try_receive(three, false));
    client_close(two);
    assert_int_equal(client_receive(three, false)->status, 200);
    server_stop(server);
}

static void fewer_connections_cost_nobody_his_own(void **state)
{
    (void)state;
    struct server *server = server_run("max_connections = 3\n");
    struct client *clients[4];
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = client_connect(server, 0);
        client_fetch(clients[i], "/", 200);
    }
    server_change(server, "max_connections = 1\n");
    server_expect_reload(server);
    clients[3] = client_connect(server, 0);
    client_get(clients[3], "/");
    for (unsigned i = 0; i < 3; i++) {
        client_fetch(clients[i], "/", 200);
        assert_null(client_try_receive(clients[3], false));
        client_close(clients[i]);
    }
    assert_int_equal(client_receive(clients[3], false)->status, 200);
    server_stop(server);
}

/* A connection that waits since before the reload has the new time. */
static void new_timeouts_hold_for_old_connections(void **state)
{
    (void)state;
    struct server *server = server_run("[timeouts]\nidle = 1h\nhead = 1h\n");
    struct client *idle = client_connect(server, 0), *half = client_connect(server, 0);
    struct client *fresh = client_connect(server, 0);
    client_fetch(idle, "/", 200);
    client_fetch(half, "/", 200);
    client_say(half, "GET / HTTP/1.1\r\n");
    client_fetch(idle, "/", 200);
    server_change(server, "[timeouts]\nidle = 1s\nhead = 1s\n");
    server_expect_reload(server);
    client_expect_close(idle);
    assert_int_equal(client_receive(half, false)->status, 408);
    client_expect_close(fresh);
    server_stop(server);
}

static void exit_after_counts_on(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_argument(server, "--exit-after=3");
    server_start(server);
    struct client *one = client_connect(server, 0);
    client_fetch(one, "/", 200);
    server_expect_reload(server);
    struct client *two = client_connect(server, 0);
    client_fetch(two, "/", 200);
    server_expect_reload(server);
    client_expect_open(one);
    client_expect_open(two);
    struct client *three = client_connect(server, 0), *four = client_connect(server, 0);
    client_get(four, "/");
    client_fetch(three, "/", 200);
    client_expect_close(three);
    client_expect_close(one);
    client_expect_close(two);
    server_expect_exit(server, 0);
    assert_logged(server, "Stopped: 3 connections, 5 requests served");
    assert_null(client_try_receive(four, false));
}

static void no_fd_is_left_behind(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, "sleep = 2s\n[timeouts]\nsend = 10min\n"); /* all of it may take a while */
    server_allow(server, "Not reloaded");
    server_install(server, NULL);
    server_start(server);
    tree_noise(server->root, "large.bin", 20 << 20, 5);
    struct client *idle = client_connect(server, 0);
    client_fetch(idle, "/", 200);
    unsigned before = server_fds(server);
    struct client *taker = client_connect(server, 0), *sleeper = client_connect(server, 0);
    client_get(taker, "/large.bin");
    client_get(sleeper, "/sleep");
    assert_true(patience_poll(taker->fd, POLLIN, patience_deadline()));
    for (unsigned i = 0; i < 50; i++) {
        if (i % 10 == 5) {
            server_install_text(server, "neither a script nor ELF", 0755);
            assert_int_equal(server_reload(server), 1);
            server_install(server, NULL);
        }
        server_expect_reload(server);
        server_messages(server);
        client_expect_open(idle);
    }
    assert_int_equal(client_receive(taker, false)->body_length, 20 << 20);
    assert_int_equal(client_receive(sleeper, false)->status, 200);
    client_close(taker);
    client_close(sleeper);
    client_expect_open(idle);
    server_await_fds(server, before);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(the_same_process_says_reloading_then_ready),
        harness_test(a_signal_alone_will_do),
        harness_test(what_has_changed_is_told),
        harness_test(it_needs_no_service_manager_and_no_client),
        harness_test(a_socket_of_its_own_stays_open),
        harness_test(whoever_asks_for_nobody_is_told),
        harness_test(several_who_ask_at_once_are_all_answered),
        harness_test(an_end_while_somebody_waits_is_told_at_once),
        harness_test(settings_hold_from_now_on),
        harness_test(another_document_root_is_served_at_once),
        harness_test(more_connections_are_let_in_at_once),
        harness_test(fewer_connections_cost_nobody_his_own),
        harness_test(new_timeouts_hold_for_old_connections),
        harness_test(exit_after_counts_on),
        harness_test(no_fd_is_left_behind),
    };
    return cmocka_run_group_tests_name("reload", tests, NULL, NULL);
}
