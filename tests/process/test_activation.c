/* The sockets that systemd hands over, and what becomes of wrong ones and of none. */
#include "support/client.h"
#include "support/harness.h"
#include "support/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void a_passed_socket_is_served(void **state)
{
    (void)state;
    struct server *server = server_run("");
    client_fetch(client_connect(server, 0), "/", 200);
    server_await_log(server, "passed as http\n");
    server_stop(server);
}

static void ipv4_ipv6_and_unix_sockets_are_served_at_once(void **state)
{
    (void)state;
    struct server *server = server_make();
    bool ipv6 = server_can_ipv6();
    server_listen(server, SERVER_IPV4, "http");
    server_listen(server, SERVER_UNIX, "local");
    if (ipv6)
        server_listen(server, SERVER_IPV6, "http-six");
    else
        harness_say_skipped("an IPv6 socket among the passed ones", "this host has no ::1");
    server_start(server);
    for (unsigned i = 0; i < server->socket_count; i++)
        client_fetch(client_connect(server, i), "/hello.html", 200);
    server_await_log(server, "passed as http\n");
    server_await_log(server, "passed as local\n");
    if (ipv6)
        server_await_log(server, "passed as http-six\n");
    server_stop(server);
}

static void names_are_not_needed(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->unnamed = true;
    server_listen(server, SERVER_IPV4, "");
    server_listen(server, SERVER_IPV4, "");
    server_start(server);
    client_fetch(client_connect(server, 0), "/", 200);
    client_fetch(client_connect(server, 1), "/", 200);
    server_stop(server);
}

static void the_ini_s_port_counts_for_nothing_then(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    /* Nobody but root could bind it, and nobody could bind that address. */
    server_set(server, "address = 192.0.2.1\nport = 1\n");
    server_start(server);
    client_fetch(client_connect(server, 0), "/", 200);
    server_stop(server);
}

static int a_pipe(void)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    close(fds[1]);
    return fds[0];
}

static int a_file(void)
{
    return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int bound_socket(int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int a_datagram_socket(void)
{
    return bound_socket(SOCK_DGRAM);
}

/* What Accept=yes hands over: the connection itself. */
static int a_connected_socket(void)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    close(fds[1]);
    return fds[0];
}

static int a_socket_that_does_not_listen(void)
{
    return bound_socket(SOCK_STREAM);
}

static void a_wrong_fd_is_a_clear_error(void **state)
{
    (void)state;
    int (*const wrong[])(void) = {a_pipe, a_file, a_datagram_socket, a_connected_socket,
                                  a_socket_that_does_not_listen};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct server *server = server_make();
        server_listen(server, SERVER_IPV4, "right");
        server_hand_over(server, wrong[i](), "wrong");
        server_allow(server,
                     "File descriptor 4 (\"wrong\") that was passed is not a listening stream socket");
        server_spawn(server);
        server_expect_exit(server, 1);
        char *log = server_log(server);
        assert_non_null(strstr(log, "<3>File descriptor 4 (\"wrong\")"));
        free(log);
        assert_string_equal(server_messages(server), "");
    }
}

static struct server *own_server(const char *address, unsigned port)
{
    struct server *server = server_make();
    char *settings = harness_text("address = %s\nport = %u\n", address, port);
    server_set(server, settings);
    free(settings);
    return server;
}

static void without_any_it_binds_for_itself(void **state)
{
    (void)state;
    unsigned port = server_free_port();
    struct server *server = own_server("127.0.0.1", port);
    server_start(server);
    client_fetch(client_connect_port(port), "/", 200);
    char *line = harness_text("Listening on 127.0.0.1:%u\n", port);
    server_await_log(server, line);
    free(line);
    server_stop(server);
}

static void it_binds_again_at_once_after_a_stop(void **state)
{
    (void)state;
    unsigned port = server_free_port();
    struct server *server = own_server("127.0.0.1", port);
    for (int i = 0; i < 2; i++) {
        server_start(server);
        struct client *client = client_connect_port(port);
        client_fetch(client, "/", 200);
        /* The server closes first, so its side is in TIME_WAIT. */
        server_signal(server, SIGTERM);
        client_expect_close(client);
        server_expect_exit(server, 0);
    }
}

static void a_taken_port_is_a_clear_error(void **state)
{
    (void)state;
    struct server *first = server_run("");
    struct sockaddr_in address;
    memcpy(&address, &first->sockets[0].address, sizeof address);
    struct server *second = own_server("127.0.0.1", ntohs(address.sin_port));
    server_allow(second, "Address already in use");
    server_spawn(second);
    server_expect_exit(second, 1);
    char *log = server_log(second);
    char *line =
        harness_text("<3>Can't listen on 127.0.0.1:%u: Address already in use", ntohs(address.sin_port));
    assert_non_null(strstr(log, line));
    free(line), free(log);
    assert_string_equal(server_messages(second), "");
    server_stop(first);
}

static void more_clients_than_max_connections_wait_their_turn(void **state)
{
    (void)state;
    struct server *server = server_run("max_connections = 2\n");
    struct client *one = client_connect(server, 0), *two = client_connect(server, 0);
    client_fetch(one, "/", 200);
    client_fetch(two, "/", 200);
    struct client *three = client_connect(server, 0);
    client_get(three, "/");
    for (int i = 0; i < 100; i++)
        client_fetch(i % 2 ? one : two, "/", 200);
    assert_null(client_try_receive(three, false));
    client_close(one);
    assert_int_equal(client_receive(three, false)->status, 200);
    client_fetch(two, "/", 200);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(a_passed_socket_is_served),
        harness_test(ipv4_ipv6_and_unix_sockets_are_served_at_once),
        harness_test(names_are_not_needed),
        harness_test(the_ini_s_port_counts_for_nothing_then),
        harness_test(a_wrong_fd_is_a_clear_error),
        harness_test(without_any_it_binds_for_itself),
        harness_test(it_binds_again_at_once_after_a_stop),
        harness_test(a_taken_port_is_a_clear_error),
        harness_test(more_clients_than_max_connections_wait_their_turn),
    };
    return cmocka_run_group_tests_name("activation", tests, NULL, NULL);
}
