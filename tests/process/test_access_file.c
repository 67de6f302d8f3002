/* `access = file`: every request has its line, a rename and a reload lose none, and a file that takes nothing
 * stops nobody. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text);
}

/* A server whose file, access.log, is beside hello.ini; `settings` is more of [log]. */
static struct server *make(const char *settings)
{
    struct server *server = server_make();
    char *all = harness_text("[log]\naccess = file\n%s", settings);
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, all);
    free(all);
    return server;
}

static void rename_file(const struct server *server, const char *name, const char *away)
{
    char *from = tree_path(server->tree, name), *to = tree_path(server->tree, away);
    assert_int_equal(rename(from, to), 0);
    free(from), free(to);
}

static void ask(struct client *client, const char *what, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char *target = harness_text("/%s%u", what, i);
        client_fetch(client, target, 404);
        free(target);
    }
}

/* The file has just these requests, each in a line of its own that ends in it. */
static void assert_has(const struct server *server, const char *name, const char *what, unsigned from,
                       unsigned to)
{
    char *path = tree_path(server->tree, name), *text = harness_read_file(path, NULL);
    assert_non_null(text);
    char *rest = text, *line;
    for (unsigned i = from; i < to; i++) {
        char *request = harness_text("] \"GET /%s%u HTTP/1.1\" 404 ", what, i);
        line = strsep(&rest, "\n");
        if (!line || !rest)
            fail_msg("%s ends before %s%u", name, what, i);
        assert_contains(line, request);
        assert_memory_equal(line, "127.0.0.1 - - [", 15);
        free(request);
    }
    assert_string_equal(rest, "");
    free(text), free(path);
}

static unsigned lines_of(const struct server *server, const char *name)
{
    char *path = tree_path(server->tree, name), *text = harness_read_file(path, NULL);
    unsigned lines = 0;
    for (const char *p = text; p && (p = strchr(p, '\n')); p++)
        lines++;
    free(path), free(text);
    return lines;
}

static void await_lines(const struct server *server, const char *name, unsigned lines)
{
    int64_t deadline = patience_deadline();
    while (lines_of(server, name) < lines) {
        if (patience_now() > deadline)
            fail_msg("%s has %u lines, not %u", name, lines_of(server, name), lines);
        sched_yield();
    }
}

static void each_request_has_its_line_whatever_the_rate(void **state)
{
    (void)state;
    struct server *server = make("level = error\naccess_rate = 1\n");
    server_start(server);
    ask(client_connect(server, 0), "a", 0, 300);
    server_stop(server);
    assert_has(server, "access.log", "a", 0, 300);
    char *log = server_log(server);
    assert_string_equal(log, "");
    free(log);
}

/* It waits where nobody reads what it tells the service manager. */
static void reload(struct server *server)
{
    server_expect_reload(server);
    server_messages(server);
}

/* As logrotate does it. What comes between the rename and the reload belongs to the old file. */
static void a_reload_opens_the_file_anew(void **state)
{
    (void)state;
    struct server *server = make("");
    server_start(server);
    struct client *client = client_connect(server, 0);
    for (unsigned turn = 0; turn < 3; turn++) {
        ask(client, "a", 0, 20);
        rename_file(server, "access.log", "access.log.1");
        ask(client, "a", 20, 40);
        await_lines(server, "access.log.1", 40);
        reload(server);
        ask(client, "b", 0, 20);
        reload(server);
        ask(client, "b", 20, 40);
        reload(server);
        assert_has(server, "access.log.1", "a", 0, 40);
        assert_has(server, "access.log", "b", 0, 40);
        rename_file(server, "access.log", "access.log.2");
        reload(server);
    }
    server_stop(server);
    assert_has(server, "access.log", "", 0, 0);
}

/* A mistake in the file at night must not make the log grow where logrotate has moved it. */
static void a_reload_that_is_refused_does_so_too(void **state)
{
    (void)state;
    struct server *server = make("");
    server_allow(server, "Not reloaded");
    server_allow(server, "hello.ini:");
    server_start(server);
    struct client *client = client_connect(server, 0);
    ask(client, "a", 0, 20);
    await_lines(server, "access.log", 20);
    rename_file(server, "access.log", "access.log.1");
    server_change(server, "pool_size = none\n");
    assert_int_equal(server_reload(server), 1);
    server_await_message(server, "READY=1");
    ask(client, "b", 0, 20);
    server_stop(server);
    assert_has(server, "access.log.1", "a", 0, 20);
    assert_has(server, "access.log", "b", 0, 20);
}

static void it_is_a_file_for_owner_and_group(void **state)
{
    (void)state;
    struct server *server = make("access_file = logs/all.log\n");
    struct stat st;
    tree_folder(server->tree, "logs");
    mode_t mask = umask(0);
    server_start(server);
    umask(mask);
    char *path = tree_path(server->tree, "logs/all.log");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0640);
    server_stop(server);
    free(path);
}

/* $LOGS_DIRECTORY of systemd.exec(5), in which there may be several. */
static void a_relative_path_is_in_the_services_folder(void **state)
{
    (void)state;
    struct server *server = make("");
    tree_folder(server->tree, "logs");
    char *folder = tree_path(server->tree, "logs"), *folders = harness_text("%s:/nowhere", folder);
    setenv("LOGS_DIRECTORY", folders, 1);
    server_start(server);
    unsetenv("LOGS_DIRECTORY");
    ask(client_connect(server, 0), "a", 0, 5);
    server_stop(server);
    assert_has(server, "logs/access.log", "a", 0, 5);
    free(folders), free(folder);
}

static void json_is_one_object_a_line(void **state)
{
    (void)state;
    struct server *server = make("access_format = json\n");
    server_start(server);
    struct client *client = client_connect(server, 0);
    client_say(client, "GET /\"x HTTP/1.1\r\nHost: x\r\nUser-Agent: \x1b[2J \xff \xc2\x9b\r\n\r\n");
    (void)client_receive(client, false);
    server_stop(server);
    char *path = tree_path(server->tree, "access.log"), *text = harness_read_file(path, NULL);
    assert_memory_equal(text, "{\"time\": \"20", 12);
    assert_contains(text, "\"http_user_agent\": \"\\u001b[2J \xef\xbf\xbd \\u009b\"");
    assert_string_equal(text + strlen(text) - 2, "}\n");
    free(path), free(text);
}

/* The first one is told at once, the others with the next report, which is the last. */
static void a_full_disk_stops_nobody(void **state)
{
    (void)state;
    struct server *server = make("access_file = /dev/full\n");
    server_allow(server, "An access entry could not be written to /dev/full: No space left on device");
    server_start(server);
    struct client *client = client_connect(server, 0);
    ask(client, "a", 0, 1);
    server_await_log(server, "to /dev/full: No space left on device\n");
    ask(client, "a", 1, 50);
    server_stop(server);
    char *log = server_log(server);
    assert_contains(log, "to /dev/full: No space left on device (49 times in ");
    free(log);
}

/* A limit of the file's size, which signals by default; the service may have one (LimitFSIZE=). */
static void a_file_that_may_not_grow_stops_nobody(void **state)
{
    (void)state;
    struct server *server = make("");
    struct rlimit before, limit;
    struct stat st;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){.rlim_cur = 1000, .rlim_max = before.rlim_max};
    server_allow(server, "could not be written to");
    server->plain_stderr = true;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    server_start(server);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    ask(client_connect(server, 0), "a", 0, 50);
    server_stop(server);
    char *path = tree_path(server->tree, "access.log");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 1000);
    free(path);
}

static void a_file_that_cannot_be_is_a_mistake(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *said;
    } rows[] = {
        {"access_file = /nowhere/access.log\n", "hello.ini:5: [log] access_file = /nowhere/access.log: "
                                                "/nowhere/access.log: No such file or directory; "
                                                "create its folder or name another"},
        {"access_file = folder\n", "/folder: Is a directory; name a file"},
        {"access_file = logs/\n", "hello.ini:5: [log] access_file = logs/: not the path of a file"},
        {"access_format = jsno\n", "hello.ini:5: [log] access_format = jsno: not combined or json"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct server *server = make(rows[i].settings);
        server_allow(server, "hello.ini:");
        tree_folder(server->tree, "folder");
        server_spawn(server);
        server_expect_exit(server, EX_CONFIG);
        char *log = server_log(server);
        assert_contains(log, rows[i].said);
        free(log);
    }
    /* A successor that couldn't write there is not let in. */
    struct server *server = make("");
    server_allow(server, "hello.ini:");
    server_allow(server, "Not reloaded");
    server_start(server);
    server_change(server, "[log]\naccess = file\naccess_file = /nowhere/access.log\n");
    assert_int_equal(server_reload(server), 1);
    server_stop(server);
}

/* Whoever looks at the configuration needn't be able to write there. */
static void to_look_at_it_makes_no_file(void **state)
{
    (void)state;
    struct server *server = make("");
    server_argument(server, "--check");
    server_spawn(server);
    (void)server_end(server);
    char *path = tree_path(server->tree, "access.log"), *said = server_output(server);
    assert_int_equal(access(path, F_OK), -1);
    assert_contains(said, path);
    assert_contains(said, "access.log: the access log\n");
    free(path), free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(each_request_has_its_line_whatever_the_rate),
        harness_test(a_reload_opens_the_file_anew),
        harness_test(a_reload_that_is_refused_does_so_too),
        harness_test(it_is_a_file_for_owner_and_group),
        harness_test(a_relative_path_is_in_the_services_folder),
        harness_test(json_is_one_object_a_line),
        harness_test(a_full_disk_stops_nobody),
        harness_test(a_file_that_may_not_grow_stops_nobody),
        harness_test(a_file_that_cannot_be_is_a_mistake),
        harness_test(to_look_at_it_makes_no_file),
    };
    return cmocka_run_group_tests_name("access_file", tests, NULL, NULL);
}
