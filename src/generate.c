/* One socket after the other; the first failure is what is returned. */
#include "generate.h"

#include "cleanup.h"
#include "listening.h"
#include "socket_unit.h"
#include "units.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCES "/etc/hello"

static bool exists(const char *path)
{
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A unit file of the admin's is all there is to say of a socket: a drop-in would still change it. */
static bool is_replaced(const char *root, const char *unit)
{
    static const char *const folders[] = {"/etc/systemd/system", "/run/systemd/system"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s%s/%s", root, folders[i], unit);
        if (exists(path))
            return true;
        snprintf(path, sizeof path, "%s%s/hello@.socket", root, folders[i]);
        if (strchr(unit, '@') && exists(path))
            return true;
    }
    return false;
}

/* 0 with *ret for free(), or a negative errno. */
static int read_note(const char *root, const char *unit, char **ret)
{
    char path[PATH_MAX];
    struct addresses addresses;
    size_t size = 0;
    socket_unit_note_path(root, unit, path);
    /* One that is broken would close the socket just as a change does; the configuration is the better guess.
     */
    int r = socket_unit_read(path, &addresses);
    if (r < 0)
        return r;
    CLEANUP(close_file) FILE *stream = fopen(path, "re");
    if (!stream)
        return -errno;
    *ret = NULL;
    return getdelim(ret, &size, '\0', stream) < 0 ? -EIO : 0;
}

/* What the configuration makes of its socket. Its mistakes are told, except that there is none at all. */
static int write_drop_in(const struct generate_options *options, const char *ini, FILE *out, FILE *errors)
{
    char path[PATH_MAX];
    struct config config;
    struct addresses addresses;
    int n = snprintf(path, sizeof path, "%s%s", options->root, ini);
    bool there = n > 0 && (size_t)n < sizeof path && exists(path);
    int r = there ? config_read(path, errors, &config) : -ENOENT;
    if (r < 0) {
        socket_unit_write_refusal(options->program, ini, out);
        return there ? r : 0;
    }
    listening_of(&config, ini, &addresses);
    config_free(&config);
    socket_unit_write(&addresses, ini, out);
    return 0;
}

static int generate_one(const struct generate_options *options, const char *ini, FILE *errors)
{
    CLEANUP(free_memory) char *text = NULL;
    char path[PATH_MAX];
    struct units units;
    size_t length;
    int r = 0;
    if (!units_of_config(ini, &units)) {
        fprintf(errors, "%s: no unit can have that name; use letters, digits and : - _ .\n", ini);
        return -EINVAL;
    }
    if (is_replaced(options->root, units.socket))
        return 0;
    if (read_note(options->root, units.socket, &text) < 0) {
        FILE *stream = open_memstream(&text, &length);
        if (!stream)
            return -errno;
        r = write_drop_in(options, ini, stream, errors);
        if (fclose(stream) != 0)
            return -ENOMEM;
    }
    socket_unit_drop_in_path(options->folder, units.socket, path);
    int stored = socket_unit_store(path, text);
    if (stored < 0)
        fprintf(errors, "%s: %s\n", path, strerrordesc_np(-stored));
    return stored < 0 ? stored : r;
}

static int is_ini(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 4 && strcmp(entry->d_name + length - 4, ".ini") == 0;
}

int generate(const struct generate_options *options, FILE *errors)
{
    char folder[PATH_MAX], ini[PATH_MAX];
    struct dirent **entries = NULL;
    int r = generate_one(options, "/etc/hello.ini", errors);
    snprintf(folder, sizeof folder, "%s" INSTANCES, options->root);
    int n = scandir(folder, &entries, is_ini, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(ini, sizeof ini, INSTANCES "/%s", entries[i]->d_name);
        int failed = generate_one(options, ini, errors);
        r = r < 0 ? r : failed;
        free(entries[i]);
    }
    free(entries);
    return r;
}
