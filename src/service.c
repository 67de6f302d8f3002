/* One message to the service manager a change of state, each with a STATUS= for people. */
#include "service.h"

#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum { STATUS_MAX = 512 };

static void notify_plain(const char *state, const char *status)
{
    char message[STATUS_MAX + 128];
    snprintf(message, sizeof message, "%s\nSTATUS=%s", state, status);
    int r = sd_notify(0, message);
    if (r < 0)
        log_warning("Can't tell the service manager \"%s\": %s", state, strerror(-r));
}

static void notify(const char *state, const char *format, va_list arguments)
{
    char status[STATUS_MAX];
    vsnprintf(status, sizeof status, format, arguments);
    notify_plain(state, status);
}

void service_ready(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    notify("READY=1", format, arguments);
    va_end(arguments);
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
    char state[64];
    snprintf(state, sizeof state, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu", (unsigned long long)usec);
    va_list arguments;
    va_start(arguments, format);
    notify(state, format, arguments);
    va_end(arguments);
}
