/* A note in /run, and a look at it; see missed.h. */
#include "missed.h"

#include "cleanup.h"
#include "log.h"
#include "socket_unit.h"
#include "systemctl.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

/* The path unit begins to watch within milliseconds. Where it takes longer, the file is applied again, and
 * whoever does that has us look again. */
enum { STEP_MSEC = 20, STEPS_MAX = 500 };

enum watch { WATCH_NONE, WATCH_SOON, WATCH_NOW };

static void note_path(const struct units *units, char path[static PATH_MAX])
{
    snprintf(path, PATH_MAX, "/run/hellod/%s.seen", units->config);
}

void missed_note(const struct units *units, const struct ini_watch *applied)
{
    char path[PATH_MAX], text[INI_WATCH_TEXT_MAX];
    note_path(units, path);
    ini_watch_format(applied, text);
    int r = socket_unit_store(path, text);
    if (r < 0) {
        log_error("%s: %s", path, strerror(-r));
        return;
    }
    /* Not a mere start: one that runs already may have looked before this note. */
    r = systemctl_run((const char *const[]){"restart", "--no-block", "--", units->again, NULL});
    if (r != 0)
        log_error("%s can't be started; a save at this very moment may be missed", units->again);
}

static enum watch watch_of(const struct units *units)
{
    CLEANUP(free_memory) char *shown = NULL;
    if (systemctl_show(units->watch, "ActiveState,SubState", &shown) < 0 ||
        !systemctl_is(shown, "ActiveState", "active"))
        return WATCH_NONE;
    return systemctl_is(shown, "SubState", "waiting") ? WATCH_NOW : WATCH_SOON;
}

static bool is_watched(const struct units *units)
{
    const struct timespec step = {.tv_nsec = STEP_MSEC * 1000000L};
    enum watch watch = watch_of(units);
    for (int i = 0; i < STEPS_MAX && watch == WATCH_SOON; i++) {
        nanosleep(&step, NULL);
        watch = watch_of(units);
    }
    return watch == WATCH_NOW;
}

/* Whether it is as it was applied; also where nobody has noted that. */
static bool is_as_noted(const struct units *units, const char *ini)
{
    char path[PATH_MAX], noted[INI_WATCH_TEXT_MAX], now[INI_WATCH_TEXT_MAX];
    struct ini_watch watch;
    note_path(units, path);
    CLEANUP(close_file) FILE *note = fopen(path, "re");
    if (!note || !fgets(noted, sizeof noted, note))
        return true;
    ini_watch_look(ini, &watch);
    ini_watch_format(&watch, now);
    return strcmp(noted, now) == 0;
}

int missed_look(const char *ini)
{
    struct units units;
    if (!units_of_config(ini, &units)) {
        log_error("%s: no socket unit belongs to this file", ini);
        return EX_USAGE;
    }
    if (!is_watched(&units) || is_as_noted(&units, ini))
        return EX_OK;
    log_notice("%s was saved once more meanwhile", ini);
    int r = systemctl_run((const char *const[]){"start", "--no-block", "--", units.config, NULL});
    if (r == 0)
        return EX_OK;
    log_error("%s can't be started", units.config);
    return EX_UNAVAILABLE;
}
