/* --exit-after=N, the textbook's end: so many clients, then a stop that loses nothing. */
#include "support/client.h"
#include "support/harness.h"
#include "support/server.h"

static struct server *run(const char *argument, const char *settings)
{
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, settings);
    server_argument(server, argument);
    server_start(server);
    return server;
}

static void two_clients_one_after_the_other(void **state)
{
    (void)state;
    struct server *server = run("--exit-after=2", "");
    struct client *one = client_connect(server, 0);
    client_fetch(one, "/", 200);
    client_close(one);
    struct client *two = client_connect(server, 0);
    client_fetch(two, "/", 200);
    client_expect_close(two);
    server_expect_exit(server, 0);
}

static void two_clients_at_once_are_both_answered_whole(void **state)
{
    (void)state;
    struct server *server = run("--exit-after=2", "sleep = 500ms\n");
    tree_noise(server->root, "large.bin", 5 << 20, 3);
    struct client *one = client_connect(server, 0), *two = client_connect(server, 0);
    client_get(one, "/sleep");
    client_get(two, "/large.bin");
    server_await_message(server, "STOPPING=1");
    assert_int_equal(client_receive(two, false)->body_length, 5 << 20);
    assert_int_equal(client_receive(one, false)->status, 200);
    client_expect_close(one);
    client_expect_close(two);
    server_expect_exit(server, 0);
}

static void who_has_connected_but_not_spoken_is_answered_too(void **state)
{
    (void)state;
    struct server *server = run("--exit-after=2", "");
    struct client *one = client_connect(server, 0), *two = client_connect(server, 0);
    server_await_message(server, "STOPPING=1");
    client_fetch(two, "/", 200);
    client_fetch(one, "/", 200);
    client_expect_close(one);
    client_expect_close(two);
    server_expect_exit(server, 0);
}

static void the_third_waits_for_the_next_process(void **state)
{
    (void)state;
    struct server *server = run("--exit-after=2", "");
    struct client *clients[3];
    for (unsigned i = 0; i < 3; i++) {
        clients[i] = client_connect(server, 0);
        client_get(clients[i], "/hello.html");
    }
    assert_int_equal(client_receive(clients[0], false)->status, 200);
    assert_int_equal(client_receive(clients[1], false)->status, 200);
    client_expect_close(clients[0]);
    client_expect_close(clients[1]);
    server_expect_exit(server, 0);
    assert_null(client_try_receive(clients[2], false));
    server_start(server);
    assert_int_equal(client_receive(clients[2], false)->status, 200);
    server_stop(server);
}

static void a_thousand_clients_are_counted_right(void **state)
{
    (void)state;
    struct server *server = run("--exit-after=1000", "");
    for (unsigned i = 0; i < 1000; i++) {
        struct client *client = client_connect(server, 0);
        client_fetch(client, "/", 200);
        client_close(client);
    }
    server_expect_exit(server, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(two_clients_one_after_the_other),
        harness_test(two_clients_at_once_are_both_answered_whole),
        harness_test(who_has_connected_but_not_spoken_is_answered_too),
        harness_test(the_third_waits_for_the_next_process),
        harness_test(a_thousand_clients_are_counted_right),
    };
    return cmocka_run_group_tests_name("exit after", tests, NULL, NULL);
}
