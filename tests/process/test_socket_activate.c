/* The real thing: systemd-socket-activate(1) listens, and starts hellod when the first client comes. */
#include "support/client.h"
#include "support/harness.h"
#include "support/process.h"
#include "support/server.h"
#include "support/site.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char program[] = "systemd-socket-activate";

static bool is_installed(void)
{
    char *path = strdup(getenv("PATH") ? getenv("PATH") : ""), *rest = path, *folder;
    bool found = false;
    while (!found && (folder = strsep(&rest, ":"))) {
        char *file = harness_text("%s/%s", folder, program);
        found = access(file, X_OK) == 0;
        free(file);
    }
    free(path);
    return found;
}

/* A variable to be handed on: the activator passes on hardly any by itself. */
static char *setting(const char *name, const char *value)
{
    return harness_text("--setenv=%s=%s", name, value ? value : "");
}

/* It becomes hellod by exec, so the pid stays, and is the server's own. */
static void activate(struct server *server, unsigned port)
{
    char *listen = harness_text("--listen=127.0.0.1:%u", port);
    char *config = harness_text("--config=%s/hello.ini", tree_root(server->tree));
    char *notify = harness_text("%s/notify", tree_root(server->tree));
    char *errors = tree_path(server->tree, "errors");
    char *settings[] = {setting("NOTIFY_SOCKET", notify), setting("ASAN_OPTIONS", getenv("ASAN_OPTIONS")),
                        setting("UBSAN_OPTIONS", getenv("UBSAN_OPTIONS")),
                        setting("TSAN_OPTIONS", getenv("TSAN_OPTIONS"))};
    const struct process_plan plan = {
        .program = program,
        .arguments = {listen, "--fdname=http", settings[0], settings[1], settings[2], settings[3],
                      server_binary(), config},
        .errors = errors,
    };
    tree_text(server->tree, "hello.ini", server->ini);
    server->plain_stderr = true;
    server->pid = process_start(&plan);
    free(listen), free(config), free(notify), free(errors);
    for (unsigned i = 0; i < 4; i++)
        free(settings[i]);
}

static void systemd_socket_activate_starts_it_for_the_first_client(void **state)
{
    (void)state;
    if (!is_installed()) {
        harness_say_skipped(program, "it is not installed");
        skip();
    }
    unsigned port = server_free_port();
    struct server *server = server_make();
    server_set(server, "");
    activate(server, port);
    char *listening = harness_text("Listening on 127.0.0.1:%u", port);
    server_await_log(server, listening);
    assert_string_equal(server_messages(server), "");
    struct client *client = client_connect_port(port);
    client_fetch(client, "/", 200);
    server_await_message(server, "READY=1");
    server_await_log(server, "passed as http\n");
    client_fetch(client, "/nothing", 404);
    server_stop(server);
    free(listening);
}

static void a_whole_site_comes_over_its_socket_byte_for_byte(void **state)
{
    (void)state;
    if (!is_installed()) {
        harness_say_skipped(program, "it is not installed");
        skip();
    }
    unsigned port = server_free_port();
    struct server *server = server_make();
    server_set(server, "");
    site_make(server->root);
    activate(server, port);
    char *listening = harness_text("Listening on 127.0.0.1:%u", port);
    server_await_log(server, listening);
    struct client *clients[4];
    for (unsigned i = 0; i < 4; i++)
        clients[i] = client_connect_port(port);
    site_fetch(clients, 4);
    server_stop(server);
    free(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(systemd_socket_activate_starts_it_for_the_first_client),
        harness_test(a_whole_site_comes_over_its_socket_byte_for_byte),
    };
    return cmocka_run_group_tests_name("socket activation", tests, NULL, NULL);
}
