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

/* From here on each calls the one that it is named after. */

int sd_notify(int unset, const char *state)
{
    typeof(sd_notify) *call = find(__func__);
    return call ? call(unset, state) : -ELIBACC;
}

int sd_watchdog_enabled(int unset, uint64_t *usec)
{
    typeof(sd_watchdog_enabled) *call = find(__func__);
    return call ? call(unset, usec) : -ELIBACC;
}

int sd_is_socket(int fd, int family, int type, int listening)
{
    typeof(sd_is_socket) *call = find(__func__);
    return call ? call(fd, family, type, listening) : -ELIBACC;
}

int sd_listen_fds_with_names(int unset, char ***names)
{
    typeof(sd_listen_fds_with_names) *call = find(__func__);
    return call ? call(unset, names) : -ELIBACC;
}

int sd_pid_get_unit(pid_t pid, char **unit)
{
    typeof(sd_pid_get_unit) *call = find(__func__);
    return call ? call(pid, unit) : -ELIBACC;
}

int sd_event_new(sd_event **e)
{
    typeof(sd_event_new) *call = find(__func__);
    return call ? call(e) : -ELIBACC;
}

int sd_event_run(sd_event *e, uint64_t usec)
{
    typeof(sd_event_run) *call = find(__func__);
    return call ? call(e, usec) : -ELIBACC;
}

int sd_event_add_signal(sd_event *e, sd_event_source **s, int sig, sd_event_signal_handler_t callback,
                        void *userdata)
{
    typeof(sd_event_add_signal) *call = find(__func__);
    return call ? call(e, s, sig, callback, userdata) : -ELIBACC;
}

int sd_event_add_io(sd_event *e, sd_event_source **s, int fd, uint32_t events, sd_event_io_handler_t callback,
                    void *userdata)
{
    typeof(sd_event_add_io) *call = find(__func__);
    return call ? call(e, s, fd, events, callback, userdata) : -ELIBACC;
}

int sd_event_add_time(sd_event *e, sd_event_source **s, clockid_t clock, uint64_t usec, uint64_t accuracy,
                      sd_event_time_handler_t callback, void *userdata)
{
    typeof(sd_event_add_time) *call = find(__func__);
    return call ? call(e, s, clock, usec, accuracy, callback, userdata) : -ELIBACC;
}

int sd_event_add_time_relative(sd_event *e, sd_event_source **s, clockid_t clock, uint64_t usec,
                               uint64_t accuracy, sd_event_time_handler_t callback, void *userdata)
{
    typeof(sd_event_add_time_relative) *call = find(__func__);
    return call ? call(e, s, clock, usec, accuracy, callback, userdata) : -ELIBACC;
}

int sd_event_source_set_enabled(sd_event_source *s, int enabled)
{
    typeof(sd_event_source_set_enabled) *call = find(__func__);
    return call ? call(s, enabled) : -ELIBACC;
}

int sd_event_source_set_io_events(sd_event_source *s, uint32_t events)
{
    typeof(sd_event_source_set_io_events) *call = find(__func__);
    return call ? call(s, events) : -ELIBACC;
}

int sd_event_source_set_time_relative(sd_event_source *s, uint64_t usec)
{
    typeof(sd_event_source_set_time_relative) *call = find(__func__);
    return call ? call(s, usec) : -ELIBACC;
}

sd_event *sd_event_unref(sd_event *e)
{
    typeof(sd_event_unref) *call = e ? find(__func__) : NULL;
    return call ? call(e) : NULL;
}

sd_event_source *sd_event_source_unref(sd_event_source *s)
{
    typeof(sd_event_source_unref) *call = s ? find(__func__) : NULL;
    return call ? call(s) : NULL;
}

sd_event_source *sd_event_source_disable_unref(sd_event_source *s)
{
    typeof(sd_event_source_disable_unref) *call = s ? find(__func__) : NULL;
    return call ? call(s) : NULL;
}
