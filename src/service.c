/* One message to the service manager a change of state, each with a STATUS= for people. */
#include "service.h"

#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

enum { STATUS_MAX = 512 };

static void notify(const char *state, const char *format, va_list arguments)
{
    char status[STATUS_MAX], message[STATUS_MAX + 64];
    vsnprintf(status, sizeof status, format, arguments);
    snprintf(message, sizeof message, "%s\nSTATUS=%s", state, status);
    int r = sd_notify(0, message);
    if (r < 0)
        log_warning("Can't tell the service manager \"%s\": %s", state, strerror(-r));
}

void service_ready(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    notify("READY=1", format, arguments);
    va_end(arguments);
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
