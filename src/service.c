/* One message to the service manager a change of state, each with a STATUS= for people. */
#include "service.h"

#include "cleanup.h"
#include "log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum { STATUS_MAX = 512 };

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

/*
 * What comes again and again is no news where it fails. sd_notify(3) waits where the manager doesn't read,
 * and this thread must hear of a stop meanwhile; so here is its protocol without the wait.
 */
static void notify_quietly(const char *message)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t length = path ? strlen(path) : 0;
    if (length < 2 || length >= sizeof name.sun_path)
        return;
    memcpy(name.sun_path, path, length);
    if (*path == '@')
        name.sun_path[0] = '\0';
    CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        (void)sendto(fd, message, strlen(message), MSG_NOSIGNAL, (const struct sockaddr *)&name,
                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

void service_ready(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ready_status, sizeof ready_status, format, arguments);
    va_end(arguments);
    notify_plain("READY=1", ready_status);
}

void service_status(const char *text)
{
    char message[2 * STATUS_MAX];
    snprintf(message, sizeof message, "STATUS=%s; %s", ready_status, text);
    notify_quietly(message);
}

uint64_t service_watchdog(void)
{
    uint64_t usec;
    return sd_watchdog_enabled(0, &usec) > 0 ? usec : 0;
}

void service_ping(void)
{
    notify_quietly("WATCHDOG=1");
}

void service_watch(uint64_t usec)
{
    char message[64];
    snprintf(message, sizeof message, "WATCHDOG=1\nWATCHDOG_USEC=%llu", (unsigned long long)usec);
    notify_quietly(message);
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
