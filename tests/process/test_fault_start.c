/*
 * Each call that the server makes on its way to READY=1 fails in turn: it serves all the same, or says why it
 * doesn't and ends. Nothing crashes, and the leak checker has nothing to say.
 */
#include "support/client.h"
#include "support/faulty.h"
#include "support/harness.h"

#include <stdlib.h>

static unsigned starts, refused;

/* A server with something of everything in its configuration. */
static struct server *make(const char *port)
{
    struct server *server = server_make();
    faulty_install(server);
    char *settings = harness_text("%s"
                                  "pool_size = 2\nidle_exit = 1h\ncache = 1\n"
                                  "[path /a/*]\nlisting = on\nheader = X-A: b\n"
                                  "[redirect]\n/old/* = /new/* 308\n"
                                  "[errors]\n404 = /404.html\n"
                                  "[log]\naccess = file\naccess_file = %s/access\n",
                                  port, tree_root(server->tree));
    server_set(server, settings);
    free(settings);
    return server;
}

/* False: the call isn't made so often. */
static bool start(struct server *server, unsigned port, enum fault_call call, unsigned nth, int error)
{
    faulty_set("start", call, nth, error);
    server_spawn(server);
    bool ready = faulty_is_ready(server), struck = faulty_has_struck(server);
    if (!ready && !struck)
        fail_msg("%s: it didn't, and the server has ended", faulty_text());
    starts += struck, refused += !ready;
    if (!ready) {
        faulty_expect_failure(server);
        return true;
    }
    struct client *client = port ? client_connect_port(port) : client_connect(server, 0);
    if (struck)
        client_fetch(client, "/", 200);
    client_close(client);
    faulty_expect_stop(server);
    return struck;
}

static void fail_each(struct server *server, unsigned port, enum fault_call call)
{
    for (int error = 0; (error = faulty_next_error(call, error));)
        for (unsigned nth = 1; start(server, port, call, nth, error); nth += faulty_step())
            ;
}

static void with_sockets_of_the_manager(void **state)
{
    (void)state;
    struct server *server = make("");
    server_listen(server, SERVER_IPV4, "http");
    server_listen(server, SERVER_UNIX, "metrics");
    for (enum fault_call call = 0; call < FAULT_COUNT; call++)
        fail_each(server, 0, call);
}

static void with_its_own_sockets(void **state)
{
    (void)state;
    static const enum fault_call calls[] = {FAULT_SOCKET, FAULT_SETSOCKOPT, FAULT_BIND, FAULT_LISTEN,
                                            FAULT_FCNTL};
    unsigned port = server_free_port();
    char *address = harness_text("address = 127.0.0.1\nport = %u\n", port);
    struct server *server = make(address);
    char *path = tree_path(server->tree, "metrics"), *metrics = harness_text("--metrics=%s", path);
    server_argument(server, metrics);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        fail_each(server, port, calls[i]);
    free(address), free(path), free(metrics);
}

static int tell(void **state)
{
    faulty_clear();
    harness_say("%u starts with a call that failed, %u of them refused", starts, refused);
    starts = refused = 0;
    return harness_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(with_sockets_of_the_manager, tell),
        cmocka_unit_test_teardown(with_its_own_sockets, tell),
    };
    return cmocka_run_group_tests_name("fault: start", tests, NULL, NULL);
}
