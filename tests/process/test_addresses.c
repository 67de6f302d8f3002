/* Several addresses at a time, when hellod is run by hand, and those that differ from what it was passed. */
#include "support/client.h"
#include "support/harness.h"
#include "support/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes an address known to client_connect(). */
static unsigned know(struct server *server, const void *address, socklen_t length)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    server_hand_over(server, fd, "");
    struct server_socket *own = &server->sockets[server->socket_count - 1];
    memcpy(&own->address, address, length);
    own->address_length = length;
    return server->socket_count - 1;
}

static unsigned know_ipv6(struct server *server, unsigned port)
{
    const struct sockaddr_in6 address = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    return know(server, &address, sizeof address);
}

/* A name with "@" is abstract. */
static unsigned know_unix(struct server *server, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name) + (name[0] != '@');
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    return know(server, &address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

static void assert_serves(struct server *server, unsigned index)
{
    struct client *client = client_connect(server, index);
    client_fetch(client, "/", 200);
    client_close(client);
}

static bool host_has_ipv6(void)
{
    return access("/proc/self/net/if_inet6", F_OK) == 0;
}

static void set_address(struct server *server, unsigned port, const char *addresses)
{
    char *settings = harness_text("port = %u\naddress = %s\n", port, addresses);
    server_set(server, settings);
    free(settings);
}

static void it_listens_on_all_of_them(void **state)
{
    (void)state;
    struct server *server = server_make();
    unsigned port = server_free_port();
    char *path = tree_path(server->tree, "a.sock"), *name = harness_text("@hellod-test-%d", (int)getpid());
    char *list = harness_text("127.0.0.1 %s %s %s", host_has_ipv6() ? "[::1]" : "127.0.0.2", path, name);
    struct stat st;
    set_address(server, port, list);
    server_start(server);
    struct client *client = client_connect_port(port);
    client_fetch(client, "/", 200);
    client_close(client);
    if (host_has_ipv6())
        assert_serves(server, know_ipv6(server, port));
    assert_serves(server, know_unix(server, path));
    assert_serves(server, know_unix(server, name));
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0666);
    server_stop(server);
    /* The file of a socket goes with it. */
    assert_int_equal(lstat(path, &st), -1);
    free(list), free(name), free(path);
}

static void colons_alone_are_ipv4_as_well(void **state)
{
    (void)state;
    if (!host_has_ipv6()) {
        harness_say_skipped("::", "this host has no IPv6");
        return;
    }
    struct server *server = server_make();
    unsigned port = server_free_port();
    set_address(server, port, "::");
    server_start(server);
    client_fetch(client_connect_port(port), "/", 200);
    assert_serves(server, know_ipv6(server, port));
    server_stop(server);
    /* Beside IPv4 they are IPv6 only, or the second could not be bound. */
    struct server *both = server_make();
    set_address(both, server_free_port(), ":: 0.0.0.0");
    server_start(both);
    server_stop(both);
}

static void a_socket_left_behind_is_taken_over(void **state)
{
    (void)state;
    struct server *server = server_make();
    char *path = tree_path(server->tree, "a.sock");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    set_address(server, 1, path);
    server_start(server);
    assert_serves(server, know_unix(server, path));
    server_stop(server);
    free(path);
}

static void refused(const char *what, struct server *server, const char *path)
{
    server_allow(server, "Can't listen");
    set_address(server, 1, path);
    server_spawn(server);
    server_expect_exit(server, 1);
    char *log = server_log(server), *line = harness_text("<3>Can't listen on %s: %s", path, what);
    if (!strstr(log, line))
        fail_msg("%s not in %s", line, log);
    free(line), free(log);
}

static void what_is_in_its_place_is_left_alone(void **state)
{
    (void)state;
    struct server *first = server_make(), *second = server_make(), *third = server_make(),
                  *fourth = server_make();
    char *path = tree_path(first->tree, "a.sock"), *file = tree_path(first->tree, "file"),
         *nowhere = tree_path(first->tree, "none/a.sock");
    set_address(first, 1, path);
    server_start(first);
    refused("Address already in use", second, path);
    assert_serves(first, know_unix(first, path));
    tree_text(first->tree, "file", "precious");
    refused("File exists; a file that is no socket is in its place", third, file);
    char *text = harness_read_file(file, NULL);
    assert_string_equal(text, "precious");
    refused("No such file or directory; its folder must be there", fourth, nowhere);
    server_stop(first);
    free(text), free(nowhere), free(file), free(path);
}

/* One of several is taken: none stays bound, and no file is left. */
static void it_is_all_of_them_or_none(void **state)
{
    (void)state;
    struct server *first = server_run(""), *second = server_make();
    struct sockaddr_in taken;
    struct stat st;
    memcpy(&taken, &first->sockets[0].address, sizeof taken);
    char *path = tree_path(second->tree, "a.sock"), *list = harness_text("%s 127.0.0.1", path);
    server_allow(second, "Can't listen on 127.0.0.1:");
    set_address(second, ntohs(taken.sin_port), list);
    server_spawn(second);
    server_expect_exit(second, 1);
    assert_int_equal(lstat(path, &st), -1);
    server_stop(first);
    free(list), free(path);
}

static void a_socket_unit_that_listens_elsewhere_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *cure;
    } rows[] = {{"hello.socket", "`systemctl reload hello` moves it"},
                {"hello@shop.socket", "`systemctl reload hello@shop` moves it"}};
    for (size_t i = 0; i < 2; i++) {
        struct server *server = server_make();
        server_listen(server, SERVER_IPV4, rows[i].name);
        server_set(server, "port = 1\n");
        server_allow(server, "listens on 127.0.0.1:");
        server_start(server);
        char *log = server_log(server), *warning = harness_text("<4>%s listens on 127.0.0.1:", rows[i].name),
             *status = harness_text("hello.ini says 127.0.0.1:1: %s\n", rows[i].cure);
        assert_non_null(strstr(log, warning));
        assert_non_null(strstr(log, "says 127.0.0.1:1; "));
        assert_non_null(strstr(log, rows[i].cure));
        assert_non_null(strstr(server_messages(server), status));
        free(status), free(warning), free(log);
        server_stop(server);
    }
}

static void one_that_agrees_is_not(void **state)
{
    (void)state;
    struct server *server = server_make();
    struct sockaddr_in address;
    unsigned index = server_listen(server, SERVER_IPV4, "hello.socket");
    memcpy(&address, &server->sockets[index].address, sizeof address);
    set_address(server, ntohs(address.sin_port), "127.0.0.1");
    server_start(server);
    server_stop(server); /* a warning would be noise */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(it_listens_on_all_of_them),
        harness_test(colons_alone_are_ipv4_as_well),
        harness_test(a_socket_left_behind_is_taken_over),
        harness_test(what_is_in_its_place_is_left_alone),
        harness_test(it_is_all_of_them_or_none),
        harness_test(a_socket_unit_that_listens_elsewhere_is_told),
        harness_test(one_that_agrees_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
