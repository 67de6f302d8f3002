/*
 * What is called of libsystemd, under its own names. The library brings six others along; to load them all
 * takes a good part of the time for which a reload may keep everybody waiting. So they are loaded by the
 * first call, and a process that takes a predecessor's place makes that when its workers run.
 */
#include "libsystemd.h"

#include "log.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <systemd/sd-login.h>

static void *library;

static void load(void)
{
    library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        log_error("Can't load libsystemd: %s", dlerror());
}

static void *find(const char *name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, load);
    return library ? dlsym(library, name) : NULL;
}

int libsystemd_load(void)
{
    return find("sd_event_new") ? 0 : -ELIBACC;
}

/* `without`: what it returns where there is no libsystemd. */
#define FORWARD(without, type, name, parameters, arguments)                                                  \
    type name parameters                                                                                     \
    {                                                                                                        \
        type(*const call) parameters = (type(*) parameters)find(#name);                                      \
        return call ? call arguments : (without);                                                            \
    }

#define FORWARD_INT(...) FORWARD(-ELIBACC, int, __VA_ARGS__)
#define FORWARD_UNREF(type, name, object)                                                                    \
    type *name(type *object)                                                                                 \
    {                                                                                                        \
        type *(*const call)(type *) = object ? (type * (*)(type *)) find(#name) : NULL;                      \
        return call ? call(object) : NULL;                                                                   \
    }

FORWARD_INT(sd_notify, (int unset, const char *state), (unset, state))
FORWARD_INT(sd_watchdog_enabled, (int unset, uint64_t *usec), (unset, usec))
FORWARD_INT(sd_is_socket, (int fd, int family, int type, int listening), (fd, family, type, listening))
FORWARD_INT(sd_listen_fds_with_names, (int unset, char ***names), (unset, names))
FORWARD_INT(sd_pid_get_unit, (pid_t pid, char **unit), (pid, unit))

FORWARD_INT(sd_event_new, (sd_event * *e), (e))
FORWARD_INT(sd_event_run, (sd_event * e, uint64_t usec), (e, usec))
FORWARD_INT(sd_event_add_signal,
            (sd_event * e, sd_event_source **s, int sig, sd_event_signal_handler_t callback, void *userdata),
            (e, s, sig, callback, userdata))
FORWARD_INT(sd_event_add_io,
            (sd_event * e, sd_event_source **s, int fd, uint32_t events, sd_event_io_handler_t callback,
             void *userdata),
            (e, s, fd, events, callback, userdata))
FORWARD_INT(sd_event_add_time,
            (sd_event * e, sd_event_source **s, clockid_t clock, uint64_t usec, uint64_t accuracy,
             sd_event_time_handler_t callback, void *userdata),
            (e, s, clock, usec, accuracy, callback, userdata))
FORWARD_INT(sd_event_add_time_relative,
            (sd_event * e, sd_event_source **s, clockid_t clock, uint64_t usec, uint64_t accuracy,
             sd_event_time_handler_t callback, void *userdata),
            (e, s, clock, usec, accuracy, callback, userdata))
FORWARD_INT(sd_event_source_set_enabled, (sd_event_source * s, int enabled), (s, enabled))
FORWARD_INT(sd_event_source_set_io_events, (sd_event_source * s, uint32_t events), (s, events))
FORWARD_INT(sd_event_source_set_time_relative, (sd_event_source * s, uint64_t usec), (s, usec))
FORWARD_UNREF(sd_event, sd_event_unref, e)
FORWARD_UNREF(sd_event_source, sd_event_source_unref, s)
FORWARD_UNREF(sd_event_source, sd_event_source_disable_unref, s)
