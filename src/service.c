/* One message to the service manager a change of state, each with a STATUS= for people. */
#include "service.h"

#include "log.h"

#include <linux/sockios.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum {
    STATUS_MAX = 512,
    /* What a few messages take, by the kernel's count. */
    FEW_BYTES = 4096,
};

static int quiet_fd = -1;

/* What service_ready() said last. */
static char ready_status[STATUS_MAX];

static void notify_plain(const char *state, const char *status)
{
    char message[STATUS_MAX + 128];
    snprintf(message, sizeof message, "%s\nSTATUS=%s", state, status);
    int r = sd_notify(0, message);
    if (r < 0)
        log_warning("Can't tell the service manager \"%s\": %s", state, strerror(-r));
}

/* The address of $NOTIFY_SOCKET, a path or "@" and an abstract name, with its length; 0: there is none. */
static socklen_t manager_address(struct sockaddr_un *ret)
{
    const char *name = getenv("NOTIFY_SOCKET");
    size_t length = name ? strlen(name) : 0;
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length < 2 || length >= sizeof ret->sun_path || (name[0] != '/' && name[0] != '@'))
        return 0;
    memcpy(ret->sun_path, name, length);
    if (name[0] == '@')
        ret->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '/'));
}

/* Kept from service_ready() on, since it knows what of its messages was not read yet. */
static int open_quiet_socket(void)
{
    struct sockaddr_un address;
    if (manager_address(&address) == 0)
        return -1;
    return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/*
 * The queue of the service manager takes ten messages where net.unix.max_dgram_qlen is the kernel's own, and
 * whoever sends one more waits: the room is for changes of state. `unread`: so many bytes may lie there.
 */
static bool notify_quietly(const char *message, int unread)
{
    struct sockaddr_un address;
    socklen_t length = manager_address(&address);
    int bytes;
    if (quiet_fd < 0 || length == 0)
        return true;
    if (ioctl(quiet_fd, SIOCOUTQ, &bytes) < 0 || bytes > unread)
        return false;
    return sendto(quiet_fd, message, strlen(message), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                  length) >= 0;
}

void service_ready(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ready_status, sizeof ready_status, format, arguments);
    va_end(arguments);
    if (quiet_fd < 0)
        quiet_fd = open_quiet_socket();
    notify_plain("READY=1", ready_status);
}

bool service_status(const char *text, bool last)
{
    char message[2 * STATUS_MAX];
    snprintf(message, sizeof message, "STATUS=%s; %s", ready_status, text);
    return notify_quietly(message, last ? FEW_BYTES : 0);
}

uint64_t service_watchdog(void)
{
    uint64_t usec;
    return sd_watchdog_enabled(0, &usec) > 0 ? usec : 0;
}

bool service_ping(void)
{
    return notify_quietly("WATCHDOG=1", FEW_BYTES);
}

void service_watch(uint64_t usec)
{
    char message[64];
    snprintf(message, sizeof message, "WATCHDOG=1\nWATCHDOG_USEC=%llu", (unsigned long long)usec);
    (void)sd_notify(0, message);
}

void service_reloading(void)
{
    char state[64];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    /* Type=notify-reload of systemd 253 wants to know when; older ones pass over it. */
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
    notify_plain(state, "Reloading");
}

void service_stopping(uint64_t usec, const char *format, ...)
{
    char state[64], status[STATUS_MAX];
    snprintf(state, sizeof state, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu", (unsigned long long)usec);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(status, sizeof status, format, arguments);
    va_end(arguments);
    notify_plain(state, status);
}
