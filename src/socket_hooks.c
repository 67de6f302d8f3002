/* The generator's drop-in is what systemd has read; the note is a copy of it. */
#include "socket_hooks.h"

#include "cleanup.h"
#include "listening.h"
#include "log.h"
#include "socket_unit.h"
#include "systemctl.h"
#include "units.h"
#include "vacancies.h"

#include <errno.h>
#include <string.h>

static int find_units(const char *ini, struct units *ret)
{
    if (units_of_config(ini, ret))
        return 0;
    log_error("%s: no socket unit belongs to this file", ini);
    return -EINVAL;
}

/* What systemd has read of the configuration; none where that was wrong. False where the generator has left
 * nothing: it failed, or the admin has a unit file of his own. */
static bool read_drop_in(const struct units *units, struct addresses *ret)
{
    char path[PATH_MAX];
    socket_unit_drop_in_path("/run/systemd/generator", units->socket, path);
    return socket_unit_read(path, ret) == 0;
}

/* What a configuration that is right says now; the mistakes of a wrong one are not told here. */
static bool read_config(const char *ini, struct addresses *ret)
{
    CLEANUP(close_file) FILE *nowhere = fopen("/dev/null", "we");
    struct config config;
    if (!nowhere || config_read(ini, nowhere, &config) < 0)
        return false;
    listening_of(&config, ini, ret);
    config_free(&config);
    return true;
}

int socket_hooks_starting(const char *ini)
{
    const struct addresses none = {.count = 0};
    struct units units;
    struct addresses known, wanted;
    int r = find_units(ini, &units);
    if (r < 0)
        return r;
    if (!read_config(ini, &wanted) || (read_drop_in(&units, &known) && addresses_equal(&known, &wanted)))
        return 0;
    if (!vacancies_try(ini, &wanted, &none)) {
        log_error("%s is not applied now", ini);
        return 0;
    }
    return systemctl_run((const char *const[]){"daemon-reload", NULL}) == 0 ? 0 : -EIO;
}

int socket_hooks_started(const char *ini)
{
    struct units units;
    struct addresses known;
    int r = find_units(ini, &units);
    if (r < 0)
        return r;
    /* Without a drop-in there is nothing to keep to. */
    if (!read_drop_in(&units, &known) || known.count == 0)
        return 0;
    return socket_hooks_note(units.socket, &known, ini);
}

int socket_hooks_stopped(const char *ini)
{
    char path[PATH_MAX];
    struct units units;
    int r = find_units(ini, &units);
    if (r < 0)
        return r;
    socket_unit_note_path("", units.socket, path);
    if (unlink(path) < 0 && errno != ENOENT) {
        r = -errno;
        log_error("%s: %s", path, strerrordesc_np(-r));
    }
    return r;
}

int socket_hooks_note(const char *unit, const struct addresses *addresses, const char *ini)
{
    CLEANUP(free_memory) char *text = NULL;
    char path[PATH_MAX];
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        return -errno;
    socket_unit_write(addresses, ini, stream);
    if (fclose(stream) != 0)
        return -ENOMEM;
    socket_unit_note_path("", unit, path);
    int r = socket_unit_store(path, text);
    if (r < 0)
        log_error("%s: %s", path, strerrordesc_np(-r));
    return r;
}
