/* One message to the service manager a change of state, each with a STATUS= for people. */
#include "service.h"

#include "log.h"

#include <linux/sockios.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>

/* Of what comes again and again so many bytes, in the kernel's count, may be unread: a few messages. */
enum { STATUS_MAX = 512, UNREAD_MAX = 4096 };

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

/* Made once; -1: not yet. */
static int quiet_fd = -1;

static void open_quiet(void)
{
    if (quiet_fd < 0)
        quiet_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* 0: nobody wants to be told. */
static socklen_t manager(struct sockaddr_un *ret)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t length = path ? strlen(path) : 0;
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length < 2 || length >= sizeof ret->sun_path)
        return 0;
    memcpy(ret->sun_path, path, length);
    if (path[0] == '@')
        ret->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

/*
 * What comes again and again waits for nobody, and is no news where it fails: sd_notify(3) sleeps while the
 * manager's queue is full, and with the main thread the deadlines of all clients. It fills no queue, either:
 * while some of it is unread, more of it is left out.
 */
static void notify_quietly(const char *message)
{
    struct sockaddr_un address;
    socklen_t length = manager(&address);
    int unread;
    if (length == 0)
        return;
    open_quiet();
    if (quiet_fd >= 0 && ioctl(quiet_fd, SIOCOUTQ, &unread) == 0 && unread <= UNREAD_MAX)
        (void)sendto(quiet_fd, message, strlen(message), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                     length);
}

void service_ready(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ready_status, sizeof ready_status, format, arguments);
    va_end(arguments);
    open_quiet(); /* while there are fds */
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
    (void)sd_notify(0, message); /* not to be left out */
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
