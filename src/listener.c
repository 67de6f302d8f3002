/* Listening sockets: checked, named, and made ready for the pool; see listener.h. */
#include "listener.h"

#include "cleanup.h"
#include "event.h"
#include "log.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static void describe(int fd, char *buffer, size_t size)
{
    struct address address;
    if (address_of_socket(fd, &address) < 0)
        snprintf(buffer, size, "unknown address");
    else
        address_format(&address, buffer, size);
}

/* Where the next socket of the site, or of the metrics, goes; NULL where there are too many. */
static struct listener *next_place(struct listeners *listeners, bool metrics)
{
    size_t *count = metrics ? &listeners->metrics_count : &listeners->count;
    if (*count == (metrics ? METRICS_LISTENERS_MAX : LISTENERS_MAX))
        return NULL;
    return metrics ? &listeners->metrics[(*count)++] : &listeners->list[(*count)++];
}

/* Takes the fd over, whatever it answers. */
static int add_listener(struct listeners *listeners, int fd, const char *name, struct listener **ret)
{
    bool metrics = strcmp(name, LISTENER_METRICS) == 0;
    struct listener *listener = *ret = next_place(listeners, metrics);
    if (!listener) {
        log_error("More sockets were passed than can be served: at most %d, and %d for the metrics",
                  LISTENERS_MAX, METRICS_LISTENERS_MAX);
        close(fd);
        return -E2BIG;
    }
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

/* 0 or a negative errno. */
static int take_passed(struct listeners *listeners)
{
    CLEANUP(free_names) char **names = NULL;
    int n = sd_listen_fds_with_names(1, &names);
    if (n < 0) {
        log_error("Can't take the sockets that were passed: %s", strerror(-n));
        return n;
    }
    for (int i = 0; i < n; i++) {
        int fd = SD_LISTEN_FDS_START + i;
        const char *name = names && names[i] ? names[i] : "";
        struct listener *listener;
        int r = check_passed(fd, name);
        if (r == 0)
            r = add_listener(listeners, fd, name, &listener);
        if (r < 0)
            return r;
    }
    return 0;
}

/* A socket's file outlives the process that bound it. Only where nobody answers there any more, and it is no
 * other kind of file, does it go. */
static int clear_stale(const struct address *address)
{
    const char *path = address->un.sun_path;
    struct stat st;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode))
        return -EEXIST;
    CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, &address->any, address->length) == 0 || errno != ECONNREFUSED)
        return -EADDRINUSE;
    return unlink(path) < 0 ? -errno : 0;
}

static bool has_path(const struct address *address)
{
    return address->any.sa_family == AF_UNIX && address->un.sun_path[0] == '/';
}

/* For every user of the host, as a TCP port is, and as systemd makes it. */
enum { FOR_ALL = 0111, FOR_OWN_USER = 0177 };

/* The umask is the whole process's: there are no threads yet. */
static int bind_masked(int fd, const struct address *address, mode_t mask)
{
    mode_t before = umask(mask);
    int r = bind(fd, &address->any, address->length) < 0 ? -errno : 0;
    umask(before);
    return r;
}

static int bind_own(const struct address *address, bool ipv6_only, mode_t mask)
{
    CLEANUP(close_fd) int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int r = has_path(address) ? clear_stale(address) : 0;
    if (r < 0)
        return r;
    /* A restart must not wait for connections of the last run in TIME_WAIT. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0)
        return -errno;
    if (address->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ipv6_only}, sizeof(int)) < 0)
        return -errno;
    r = bind_masked(fd, address, mask);
    if (r < 0)
        return r;
    if (listen(fd, SOMAXCONN) < 0)
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
        return "; a port below 1024 is for root, or for a socket unit; a unix socket's folder must be "
               "writable";
    case EADDRNOTAVAIL:
        return "; this host has no such address";
    case EEXIST:
        return "; a file that is no socket is in its place";
    case ENOENT:
        return "; its folder must be there";
    default:
        return "";
    }
}

static int bind_all(struct listeners *listeners, const struct addresses *addresses, const char *name,
                    mode_t mask)
{
    for (size_t i = 0; i < addresses->count; i++) {
        const struct address *address = &addresses->list[i];
        int fd = bind_own(address, addresses_ipv6_only(addresses), mask);
        if (fd < 0) {
            char text[ADDRESS_TEXT_MAX];
            address_format(address, text, sizeof text);
            log_error("Can't listen on %s: %s%s", text, strerror(-fd), bind_cure(-fd));
            return fd;
        }
        struct listener *listener;
        int r = add_listener(listeners, fd, name, &listener);
        if (r < 0)
            return r;
        listener->made = has_path(address);
    }
    return 0;
}

static int bind_metrics(struct listeners *listeners, const char *path)
{
    struct addresses addresses;
    char text[ADDRESS_TEXT_MAX];
    if (snprintf(text, sizeof text, "%s", path) >= (int)sizeof text)
        return -ENAMETOOLONG;
    addresses_make((char *const[]){text, NULL}, 0, &addresses);
    return bind_all(listeners, &addresses, LISTENER_METRICS, FOR_OWN_USER);
}

/* The last part of our control group's path. sd_pid_get_unit(3) wants to see process 1, which a sandbox
 * hides. */
static bool find_own_service(char ret[static UNIT_NAME_MAX])
{
    CLEANUP(close_file) FILE *groups = fopen("/proc/self/cgroup", "re");
    char line[PATH_MAX];
    while (groups && fgets(line, sizeof line, groups)) {
        line[strcspn(line, "\n")] = '\0';
        bool systemds = strncmp(line, "0::", 3) == 0 || strstr(line, ":name=systemd:");
        const char *name = systemds ? strrchr(line, '/') : NULL;
        if (name && name[1] && strlen(name + 1) < UNIT_NAME_MAX) {
            memcpy(ret, name + 1, strlen(name + 1) + 1);
            return true;
        }
    }
    return false;
}

/* A unit that was changed and not restarted since starts its service without sockets. That one sees no
 * network, so there is no use in binding what nobody can reach. */
static bool sockets_are_missing(void)
{
    char service[UNIT_NAME_MAX], socket[UNIT_NAME_MAX];
    if (!getenv("INVOCATION_ID") || !find_own_service(service) || !units_socket_of_service(service, socket))
        return false;
    char text[4 * UNIT_NAME_MAX];
    snprintf(text, sizeof text,
             "%s has passed no socket: its unit was changed and it was not restarted since; `systemctl "
             "restart %s`",
             socket, socket);
    log_lines(LOG_ERR, text, EVENT_NO_SOCKET, "Started without a socket");
    return true;
}

int listeners_open(struct listeners *ret, const struct addresses *addresses, const char *metrics)
{
    *ret = (struct listeners){.count = 0};
    int r = take_passed(ret);
    if (r == 0 && ret->count == 0)
        r = sockets_are_missing() ? -ENOTCONN : bind_all(ret, addresses, "", FOR_ALL);
    if (r == 0 && metrics && ret->metrics_count == 0)
        r = bind_metrics(ret, metrics);
    if (r < 0)
        listeners_close(ret);
    return r;
}

static void close_all(struct listener *list, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (list[i].made)
            unlink(list[i].address);
        close(list[i].fd);
    }
    *count = 0;
}

void listeners_close(struct listeners *listeners)
{
    close_all(listeners->list, &listeners->count);
    close_all(listeners->metrics, &listeners->metrics_count);
}

void listeners_put(const struct listeners *listeners, struct state *state)
{
    state_put(state, listeners, sizeof *listeners);
    for (size_t i = 0; i < listeners->count; i++)
        state_keep_fd(state, listeners->list[i].fd);
    for (size_t i = 0; i < listeners->metrics_count; i++)
        state_keep_fd(state, listeners->metrics[i].fd);
}

static bool are_sound(struct listener *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].fd < 0)
            return false;
        list[i].name[sizeof list[i].name - 1] = '\0';
        list[i].address[sizeof list[i].address - 1] = '\0';
    }
    return true;
}

int listeners_get(struct listeners *ret, struct state *state)
{
    int r = state_get(state, ret, sizeof *ret);
    if (r == 0 && (ret->count > LISTENERS_MAX || ret->metrics_count > METRICS_LISTENERS_MAX ||
                   !are_sound(ret->list, ret->count) || !are_sound(ret->metrics, ret->metrics_count)))
        r = -EBADMSG;
    if (r < 0)
        ret->count = ret->metrics_count = 0;
    return r;
}

void listeners_addresses(const struct listeners *listeners, struct addresses *ret)
{
    ret->count = 0;
    for (size_t i = 0; i < listeners->count; i++)
        if (address_of_socket(listeners->list[i].fd, &ret->list[ret->count]) == 0)
            ret->count++;
}
