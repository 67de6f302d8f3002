/*
 * Steps, each of which says what it could not do. The addresses move by a mere restart of the socket, whose
 * hooks (socket_hooks.h) do the rest; everything that can be known to fail is tried before, since in between
 * nobody listens.
 */
#include "apply.h"
#include "event.h"

#include "cleanup.h"
#include "ini_watch.h"
#include "listening.h"
#include "log.h"
#include "missed.h"
#include "service_view.h"
#include "socket_hooks.h"
#include "socket_state.h"
#include "systemctl.h"
#include "vacancies.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>

#define NOTES "/run/hellod"

enum { LIST_TEXT_MAX = 1024, ROUNDS_MAX = 20 };

/* What is to be applied. */
struct change {
    const char *ini;
    struct units units;
    struct addresses wanted;
    struct socket_state state;
};

/* The configuration of a file that is right, with a document root that the service can use. Each mistake is a
 * log entry. */
static int read_right(const char *ini, const struct units *units, struct config *ret)
{
    CLEANUP(free_memory) char *mistakes = NULL;
    struct service_view view;
    size_t length;
    FILE *stream = open_memstream(&mistakes, &length);
    if (!stream)
        return -errno;
    int r = config_read(ini, stream, ret);
    if (r == 0) {
        service_view_of_unit(units->service, &view);
        fprintf(stream, "%s: [server] document_root = %s: ", ini, ret->document_root);
        r = service_view_check_folder(&view, ret->document_root, stream);
        if (r < 0)
            config_free(ret);
    }
    if (fclose(stream) != 0)
        return -ENOMEM;
    if (r < 0)
        log_lines(LOG_ERR, mistakes, EVENT_CONFIG_REFUSED, "The configuration has mistakes and is not used");
    return r;
}

static int prepare(const char *ini, struct change *ret)
{
    struct config config;
    *ret = (struct change){.ini = ini};
    if (!units_of_config(ini, &ret->units)) {
        log_error("%s: no socket unit belongs to this file; /etc/hello.ini and /etc/hello/NAME.ini have one",
                  ini);
        return EX_USAGE;
    }
    if (read_right(ini, &ret->units, &config) < 0) {
        log_error("%s is not applied: everything goes on as before", ini);
        return EX_CONFIG;
    }
    listening_of(&config, ini, &ret->wanted);
    config_free(&config);
    int r = socket_state_read(&ret->units, &ret->state);
    if (r < 0)
        log_error("Can't ask systemd about %s: %s", ret->units.socket, strerror(-r));
    return r < 0 ? EX_UNAVAILABLE : 0;
}

static bool differs(const struct change *change)
{
    return !addresses_equal(&change->wanted, &change->state.listens);
}

static bool is_failed(const struct change *change)
{
    return strcmp(change->state.active, "failed") == 0;
}

/* Whether the socket must be started anew. One that is stopped is not to be started. */
static bool must_restart(const struct change *change)
{
    if (is_failed(change))
        return true;
    return socket_state_is_active(&change->state) &&
           (change->state.service_was_refused || (differs(change) && !change->state.overridden));
}

static bool all_vacant(const struct change *change)
{
    const struct addresses none = {.count = 0};
    return vacancies_try(change->ini, &change->wanted,
                         socket_state_is_active(&change->state) ? &change->state.listens : &none);
}

static int run_systemctl(const char *verb, const char *unit)
{
    int r = systemctl_run((const char *const[]){verb, unit, NULL});
    if (r != 0)
        log_error("`systemctl %s%s%s` failed%s%s", verb, unit ? " " : "", unit ?: "", r < 0 ? ": " : "",
                  r < 0 ? strerror(-r) : "");
    return r == 0 ? 0 : EX_UNAVAILABLE;
}

/* systemd reads its units with the old addresses again. */
static int go_back(const struct change *change)
{
    if (socket_hooks_note(change->units.socket, &change->state.listens, change->ini) < 0)
        return EX_CANTCREAT;
    int r = run_systemctl("daemon-reload", NULL);
    return r != 0 ? r : run_systemctl("restart", change->units.socket);
}

/* What hello.socket did on its own account: it failed, or has lost its sockets. */
static void say_why(const struct change *change)
{
    if (is_failed(change))
        log_notice("%s has failed; starting it", change->units.socket);
    else if (change->state.service_was_refused)
        log_warning("%s was passed no socket: its unit was changed and not restarted; restarting %s",
                    change->units.service, change->units.socket);
}

/* Whether systemd took what was noted. */
static int say_result(const struct change *change)
{
    char text[LIST_TEXT_MAX];
    struct socket_state now;
    addresses_format(&change->wanted, text, sizeof text);
    if (socket_state_read(&change->units, &now) < 0)
        return EX_UNAVAILABLE;
    if (addresses_equal(&now.listens, &change->wanted)) {
        log_notice("%s listens on %s", change->units.socket, text);
        return 0;
    }
    log_error("%s does not listen on %s, though %s says so: has hellod-generator failed? "
              "`journalctl -b -g hellod-generator` and `systemctl cat %s` tell",
              change->units.socket, text, change->ini, change->units.socket);
    return EX_SOFTWARE;
}

static int restart(const struct change *change)
{
    char text[LIST_TEXT_MAX];
    say_why(change);
    addresses_format(&change->state.listens, text, sizeof text);
    if (!change->state.overridden && !all_vacant(change)) {
        log_error("%s is not applied: %s goes on listening on %s", change->ini, change->units.socket,
                  is_failed(change) ? "nothing" : text);
        return EX_UNAVAILABLE;
    }
    /* When it has closed the old addresses, and before it opens others, it has systemd read its units. */
    int r = run_systemctl("restart", change->units.socket);
    if (r == 0)
        return change->state.overridden ? 0 : say_result(change);
    if (!change->state.overridden && !is_failed(change)) {
        log_error("%s is not applied: %s goes back to %s", change->ini, change->units.socket, text);
        (void)go_back(change);
    }
    return r;
}

static bool runs(const struct socket_state *state)
{
    return strcmp(state->service, "active") == 0 || strcmp(state->service, "reloading") == 0;
}

static int reload_service(const struct change *change)
{
    struct socket_state now;
    if (!runs(&change->state))
        return 0;
    int r = systemctl_run((const char *const[]){"try-reload-or-restart", change->units.service, NULL});
    if (r == 0)
        return 0;
    if (socket_state_read(&change->units, &now) == 0 && !runs(&now)) {
        log_notice("%s stops; %s is read when it starts", change->units.service, change->ini);
        return 0;
    }
    log_error("%s was not reloaded; `journalctl -u %s` tells why", change->units.service,
              change->units.service);
    return EX_UNAVAILABLE;
}

static int apply_once(const char *ini)
{
    struct change change;
    char text[LIST_TEXT_MAX];
    int r = prepare(ini, &change);
    if (r != 0)
        return r;
    if (must_restart(&change))
        return restart(&change);
    if (change.state.overridden && differs(&change)) {
        addresses_format(&change.state.listens, text, sizeof text);
        log_notice("%s listens on %s by settings of its own, which `systemctl cat %s` shows; "
                   "[server] address and port of %s don't count",
                   change.units.socket, text, change.units.socket, ini);
    }
    /* A socket that is stopped gets its addresses for when it starts. */
    if (differs(&change) && !change.state.overridden)
        r = run_systemctl("daemon-reload", NULL);
    return r != 0 ? r : reload_service(&change);
}

/* One at a time. Never given back but by the end of the process. */
static int take_turn(void)
{
    int fd = open(NOTES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || flock(fd, LOCK_EX) < 0 ? -errno : 0;
    if (r == 0)
        return 0;
    log_error(NOTES ": %s", strerror(-r));
    if (fd >= 0)
        close(fd);
    return r;
}

int apply_all(const char *ini)
{
    struct ini_watch before, after;
    struct units units;
    int r = 0;
    if (geteuid() != 0) {
        log_error("To apply %s takes root", ini);
        return EX_NOPERM;
    }
    if ((mkdir(NOTES, 0755) < 0 && errno != EEXIST) || take_turn() < 0)
        return EX_CANTCREAT;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        ini_watch_settle(ini, &before);
        r = apply_once(ini);
        ini_watch_look(ini, &after);
        if (ini_watch_equal(&before, &after))
            break;
    }
    if (units_of_config(ini, &units))
        missed_note(&units, &before);
    return r;
}

/* Whether it is being applied already; then to wait for that would be for ever, since it waits for us. */
static bool is_under_way(const struct change *change)
{
    CLEANUP(free_memory) char *shown = NULL;
    return systemctl_show(change->units.config, "ActiveState", &shown) == 0 &&
           systemctl_is(shown, "ActiveState", "activating");
}

int apply_socket(const char *ini)
{
    struct change change;
    sigset_t set;
    int r = prepare(ini, &change);
    if (r != 0 || !must_restart(&change) || is_under_way(&change))
        return r;
    /* The restart makes systemd end this process: that is how it goes well. */
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    log_notice("The addresses have changed: %s restarts with %s", change.units.service, change.units.socket);
    r = systemctl_run((const char *const[]){"start", "--", change.units.config, NULL});
    if (r == 0 || r == 128 + SIGTERM)
        return 0;
    log_error("%s has failed; `journalctl -u %s` tells why", change.units.config, change.units.config);
    return EX_UNAVAILABLE;
}
