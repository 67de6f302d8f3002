/*
 * bind(2) knows best whether an address is free, the kernel's tables of sockets (proc(5), /proc/net) by which
 * sockets it is not, and /proc/PID/fd whose those are.
 */
#include "vacancy.h"

#include "cleanup.h"
#include "http/str.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-login.h>

enum { TCP_LISTENING = 0x0a, UNIX_LISTENING = 0x10000, NAME_MAX_LENGTH = 32 };

/* A socket that is in the way. */
struct holder {
    struct address address;
    unsigned long inode;
};

/* The address in a row of /proc/net/tcp or tcp6: words of 32 bits, as they lie in memory, then the port. */
static bool read_ip(const char *text, struct address *ret)
{
    unsigned words[4], port;
    *ret = (struct address){0};
    if (sscanf(text, "%8x%8x%8x%8x:%4x", &words[0], &words[1], &words[2], &words[3], &port) == 5) {
        ret->length = sizeof ret->in6;
        ret->in6.sin6_family = AF_INET6;
        ret->in6.sin6_port = htons((uint16_t)port);
        memcpy(&ret->in6.sin6_addr, words, sizeof words);
        return true;
    }
    ret->length = sizeof ret->in;
    ret->in.sin_family = AF_INET;
    bool read = sscanf(text, "%8x:%4x", &words[0], &port) == 2;
    ret->in.sin_port = htons((uint16_t)port);
    ret->in.sin_addr.s_addr = words[0];
    return read;
}

static bool read_tcp_row(const char *line, struct holder *ret)
{
    char local[64];
    unsigned state;
    return sscanf(line, " %*u: %63s %*s %x %*s %*s %*s %*u %*u %lu", local, &state, &ret->inode) == 3 &&
           state == TCP_LISTENING && read_ip(local, &ret->address);
}

static bool read_unix_row(const char *line, struct holder *ret)
{
    char name[ADDRESS_TEXT_MAX];
    unsigned flags;
    return sscanf(line, "%*x: %*x %*x %x %*x %*x %lu %127[^\n]", &flags, &ret->inode, name) == 3 &&
           (flags & UNIX_LISTENING) && address_parse(name, 0, &ret->address);
}

static in_port_t port_of(const struct address *address)
{
    return address->any.sa_family == AF_INET ? address->in.sin_port : address->in6.sin6_port;
}

/* Whether a socket on the one keeps the other from being bound; "::" may take in IPv4, or not. */
static bool meet(const struct address *a, const struct address *b)
{
    if (a->any.sa_family == AF_UNIX || b->any.sa_family == AF_UNIX || port_of(a) != port_of(b))
        return address_equal(a, b);
    if (a->any.sa_family == b->any.sa_family)
        return address_equal(a, b) || address_is_any(a) || address_is_any(b);
    return address_is_any(a->any.sa_family == AF_INET6 ? a : b);
}

/* Looks for a socket in the way in one table. *seen: there was one, though perhaps a leaving one. */
static bool look_into(const char *path, bool (*read_row)(const char *, struct holder *),
                      const struct address *address, const struct addresses *leaving, bool *seen,
                      struct holder *ret)
{
    CLEANUP(close_file) FILE *table = fopen(path, "re");
    char line[512];
    while (table && fgets(line, sizeof line, table)) {
        if (!read_row(line, ret) || !meet(address, &ret->address))
            continue;
        *seen = true;
        if (!addresses_have(leaving, &ret->address))
            return true;
    }
    return false;
}

static bool find_holder(const struct address *address, const struct addresses *leaving, bool *seen,
                        struct holder *ret)
{
    *seen = false;
    if (address->any.sa_family == AF_UNIX)
        return look_into("/proc/self/net/unix", read_unix_row, address, leaving, seen, ret);
    return look_into("/proc/self/net/tcp", read_tcp_row, address, leaving, seen, ret) ||
           look_into("/proc/self/net/tcp6", read_tcp_row, address, leaving, seen, ret);
}

static bool has_socket(const char *pid, const char *link)
{
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    DIR *folder = opendir(path);
    bool found = false;
    for (const struct dirent *entry; folder && !found && (entry = readdir(folder));) {
        ssize_t n = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        target[n < 0 ? 0 : n] = '\0';
        found = strcmp(target, link) == 0;
    }
    if (folder)
        closedir(folder);
    return found;
}

static void name_process(const char *pid, char *who, size_t size)
{
    char path[64], raw[NAME_MAX_LENGTH] = "", name[NAME_MAX_LENGTH * 4 + 1];
    CLEANUP(free_memory) char *unit = NULL;
    snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    CLEANUP(close_file) FILE *stream = fopen(path, "re");
    size_t length = stream ? fread(raw, 1, sizeof raw, stream) : 0;
    str_escape((struct str){raw, strcspn(raw, "\n") < length ? strcspn(raw, "\n") : length}, name,
               sizeof name);
    if (strcmp(pid, "1") == 0) {
        snprintf(who, size, "a socket unit of systemd; `systemctl list-sockets` names it");
        return;
    }
    int r = sd_pid_get_unit((pid_t)atoi(pid), &unit);
    snprintf(who, size, "%s (process %s%s%s)", name, pid, r < 0 ? "" : ", ", r < 0 ? "" : unit);
}

static int is_process(const struct dirent *entry)
{
    return entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
}

/* From the newest process down, so that systemd, which keeps the sockets that it hands over, comes last. */
static void name_holder(const struct holder *holder, char *who, size_t size)
{
    char link[64];
    struct dirent **entries = NULL;
    bool found = false;
    snprintf(link, sizeof link, "socket:[%lu]", holder->inode);
    int n = scandir("/proc", &entries, is_process, versionsort);
    for (int i = n - 1; i >= 0; i--) {
        if (!found && has_socket(entries[i]->d_name, link)) {
            name_process(entries[i]->d_name, who, size);
            found = true;
        }
        free(entries[i]);
    }
    free(entries);
}

/* In place of bind(2), which would leave a file behind. */
static int try_path(const struct address *address, int fd)
{
    struct stat st;
    if (lstat(address->un.sun_path, &st) < 0)
        return errno == ENOENT ? 0 : -errno; /* systemd makes the folders */
    if (!S_ISSOCK(st.st_mode))
        return -EEXIST;
    return connect(fd, &address->any, address->length) < 0 && errno == ECONNREFUSED ? 0 : -EADDRINUSE;
}

static int try_bind(const struct address *address, bool ipv6_only)
{
    CLEANUP(close_fd) int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (address->any.sa_family == AF_UNIX && address->un.sun_path[0] == '/')
        return try_path(address, fd);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0)
        return -errno;
    if (address->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ipv6_only}, sizeof(int)) < 0)
        return -errno;
    return bind(fd, &address->any, address->length) < 0 ? -errno : 0;
}

int vacancy_try(const struct address *address, bool ipv6_only, const struct addresses *leaving, char *who,
                size_t size)
{
    struct holder holder;
    bool seen;
    snprintf(who, size, "another program");
    int r = try_bind(address, ipv6_only);
    if (r != -EADDRINUSE)
        return r;
    if (find_holder(address, leaving, &seen, &holder)) {
        name_holder(&holder, who, size);
        return r;
    }
    return seen ? 0 : r;
}
