/* The listening sockets that a test hands over, in the place of systemd. */
#include "server.h"

#include "harness.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static socklen_t loopback_address(struct server *server, enum server_family family,
                                  struct sockaddr_storage *ret)
{
    *ret = (struct sockaddr_storage){0};
    if (family == SERVER_IPV4) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        memcpy(ret, &address, sizeof address);
        return sizeof address;
    }
    if (family == SERVER_IPV6) {
        struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        memcpy(ret, &address, sizeof address);
        return sizeof address;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/socket%u", tree_root(server->tree),
             server->socket_count);
    memcpy(ret, &address, sizeof address);
    return sizeof address;
}

void server_hand_over(struct server *server, int fd, const char *name)
{
    assert_true(fd >= 0 && server->socket_count < SERVER_SOCKETS_MAX);
    server->sockets[server->socket_count++] = (struct server_socket){.fd = fd, .name = name};
}

unsigned server_listen(struct server *server, enum server_family family, const char *name)
{
    struct sockaddr_storage address;
    socklen_t length = loopback_address(server, family, &address);
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, SOMAXCONN), 0);
    server_hand_over(server, fd, name);
    struct server_socket *own = &server->sockets[server->socket_count - 1];
    own->address_length = sizeof own->address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&own->address, &own->address_length), 0);
    return server->socket_count - 1;
}

unsigned server_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

bool server_can_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool can = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return can;
}

unsigned long server_raise_fd_limit(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur;
}
