/* Listening sockets: checked, named, and made ready for the pool; see listener.h. */
#include "listener.h"

#include "cleanup.h"
#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

union socket_address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
};

static void describe_unix(const struct sockaddr_un *un, socklen_t length, char *buffer, size_t size)
{
    size_t n =
        length > offsetof(struct sockaddr_un, sun_path) ? length - offsetof(struct sockaddr_un, sun_path) : 0;
    if (n == 0)
        snprintf(buffer, size, "unix socket without a name");
    else if (un->sun_path[0] == '\0')
        snprintf(buffer, size, "@%.*s", (int)(n - 1), un->sun_path + 1);
    else
        snprintf(buffer, size, "%.*s", (int)strnlen(un->sun_path, n), un->sun_path);
}

static void describe(int fd, char *buffer, size_t size)
{
    union socket_address address;
    socklen_t length = sizeof address;
    char host[INET6_ADDRSTRLEN];
    if (getsockname(fd, &address.any, &length) < 0)
        snprintf(buffer, size, "unknown address");
    else if (address.any.sa_family == AF_INET && inet_ntop(AF_INET, &address.in.sin_addr, host, sizeof host))
        snprintf(buffer, size, "%s:%u", host, ntohs(address.in.sin_port));
    else if (address.any.sa_family == AF_INET6 &&
             inet_ntop(AF_INET6, &address.in6.sin6_addr, host, sizeof host))
        snprintf(buffer, size, "[%s]:%u", host, ntohs(address.in6.sin6_port));
    else if (address.any.sa_family == AF_UNIX)
        describe_unix(&address.un, length, buffer, size);
    else
        snprintf(buffer, size, "socket of address family %d", address.any.sa_family);
}

/* Takes the fd over, whatever it answers. */
static int add_listener(struct listeners *listeners, int fd, const char *name)
{
    struct listener *listener = &listeners->list[listeners->count++];
    listener->fd = fd;
    snprintf(listener->name, sizeof listener->name, "%s", name);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        int r = -errno;
        log_error("Can't make file descriptor %d non-blocking: %s", fd, strerror(-r));
        return r;
    }
    /* Accepted sockets inherit it. A unix socket has no such option, and needs none. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    describe(fd, listener->address, sizeof listener->address);
    return 0;
}

static int check_passed(int fd, const char *name)
{
    int r = sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1);
    if (r > 0)
        return 0;
    log_error(
        "File descriptor %d (\"%s\") that was passed is not a listening stream socket%s%s; a socket unit "
        "for this service needs ListenStream= and Accept=no",
        fd, name, r < 0 ? ": " : "", r < 0 ? strerror(-r) : "");
    return r < 0 ? r : -ENOTSOCK;
}

static void free_names(char ***names)
{
    for (char **name = *names; name && *name; name++)
        free(*name);
    free(*names);
}

/* The number of sockets taken, 0 where none were passed. */
static int take_passed(struct listeners *listeners)
{
    CLEANUP(free_names) char **names = NULL;
    int n = sd_listen_fds_with_names(1, &names);
    if (n < 0) {
        log_error("Can't take the sockets that were passed: %s", strerror(-n));
        return n;
    }
    if (n > LISTENERS_MAX) {
        log_error("%d sockets were passed; at most %d can be served", n, LISTENERS_MAX);
        return -E2BIG;
    }
    for (int i = 0; i < n; i++) {
        int fd = SD_LISTEN_FDS_START + i;
        const char *name = names && names[i] ? names[i] : "";
        int r = check_passed(fd, name);
        if (r == 0)
            r = add_listener(listeners, fd, name);
        if (r < 0)
            return r;
    }
    return n;
}

static socklen_t parse_address(const char *text, uint16_t port, union socket_address *ret)
{
    *ret = (union socket_address){0};
    if (inet_pton(AF_INET, text, &ret->in.sin_addr) == 1) {
        ret->in.sin_family = AF_INET;
        ret->in.sin_port = htons(port);
        return sizeof ret->in;
    }
    if (inet_pton(AF_INET6, text, &ret->in6.sin6_addr) == 1) {
        ret->in6.sin6_family = AF_INET6;
        ret->in6.sin6_port = htons(port);
        return sizeof ret->in6;
    }
    return 0;
}

static int bind_own(const char *text, uint16_t port)
{
    union socket_address address;
    socklen_t length = parse_address(text, port, &address);
    if (length == 0)
        return -EINVAL;
    CLEANUP(close_fd) int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    /* A restart must not wait for connections of the last run in TIME_WAIT. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
        bind(fd, &address.any, length) < 0 || listen(fd, SOMAXCONN) < 0)
        return -errno;
    int bound = fd;
    fd = -1; /* handed over */
    return bound;
}

static const char *bind_cure(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "; another program listens there: stop it or choose another port";
    case EACCES:
        return "; a port below 1024 is for root, or for a socket unit";
    case EADDRNOTAVAIL:
        return "; this host has no such address";
    default:
        return "";
    }
}

int listeners_open(struct listeners *ret, const char *address, uint16_t port)
{
    *ret = (struct listeners){0};
    int r = take_passed(ret);
    if (r == 0) {
        r = bind_own(address, port);
        if (r < 0)
            log_error("Can't listen on address %s, port %u: %s%s", address, port, strerror(-r),
                      bind_cure(-r));
        else
            r = add_listener(ret, r, "");
    }
    if (r < 0)
        listeners_close(ret);
    return r < 0 ? r : 0;
}

void listeners_close(struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        close(listeners->list[i].fd);
    listeners->count = 0;
}

void listeners_put(const struct listeners *listeners, struct state *state)
{
    state_put(state, listeners, sizeof *listeners);
    for (size_t i = 0; i < listeners->count; i++)
        state_keep_fd(state, listeners->list[i].fd);
}

int listeners_get(struct listeners *ret, struct state *state)
{
    int r = state_get(state, ret, sizeof *ret);
    if (r == 0 && ret->count > LISTENERS_MAX)
        r = -EBADMSG;
    for (size_t i = 0; r == 0 && i < ret->count; i++) {
        if (ret->list[i].fd < 0)
            r = -EBADMSG;
        ret->list[i].name[sizeof ret->list[i].name - 1] = '\0';
        ret->list[i].address[sizeof ret->list[i].address - 1] = '\0';
    }
    if (r < 0)
        ret->count = 0;
    return r;
}
