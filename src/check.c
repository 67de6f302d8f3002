/* One question after the other, each answered by itself: true where all is right. */
#include "check.h"

#include "access_mode.h"
#include "cleanup.h"
#include "listening.h"
#include "log.h"
#include "media_types.h"
#include "socket_state.h"
#include "vacancy.h"

#include <errno.h>
#include <string.h>

enum { LIST_TEXT_MAX = 1024 };

/* Also where the file was named by a relative path. */
static bool find_units(const char *ini, struct units *ret)
{
    CLEANUP(free_memory) char *real = NULL;
    if (units_of_config(ini, ret))
        return true;
    real = realpath(ini, NULL);
    return real && units_of_config(real, ret);
}

void check_view(const char *ini, struct service_view *ret)
{
    struct units units;
    if (find_units(ini, &units))
        service_view_of_unit(units.service, ret);
    else
        service_view_of_process(ret);
}

static bool check_root(const char *ini, const struct config *config)
{
    CLEANUP(free_memory) char *problem = NULL;
    struct service_view view;
    size_t length;
    FILE *stream = open_memstream(&problem, &length);
    if (!stream)
        return false;
    check_view(ini, &view);
    int r = service_view_check_folder(&view, config->document_root, stream);
    if (fclose(stream) != 0)
        return false;
    if (r < 0)
        log_error("%s: [server] document_root = %s: %s", ini, config->document_root, problem);
    else
        printf("%s: %s can get at it\n", config->document_root, view.unit[0] ? view.unit : "this user");
    return r == 0;
}

static bool check_media_types(void)
{
    struct media_types types;
    int r = media_types_load(MEDIA_TYPES_FILE, &types);
    if (r < 0)
        printf(MEDIA_TYPES_FILE ": %s; only the web's own media types are known\n", strerror(-r));
    else
        printf(MEDIA_TYPES_FILE ": %zu extensions\n", types.count);
    media_types_free(&types);
    return true;
}

/* Where the lines of `access = file` go. Of a service, LogsDirectory= is known; a drop-in may allow more. */
static void check_access_file(const char *ini, const struct config *config)
{
    char folder[UNIT_NAME_MAX + sizeof "/var/log/"];
    struct units units;
    const char *file = config->access_file;
    if (config->access != ACCESS_FILE)
        return;
    if (!find_units(ini, &units)) {
        printf("%s: the access log\n", config->access_path);
        return;
    }
    int length = (int)(strlen(units.service) - strlen(".service"));
    int n = snprintf(folder, sizeof folder, "/var/log/%.*s/", length, units.service);
    if (*file != '/')
        printf("%s%s: the access log\n", folder, file);
    else if (strncmp(file, folder, (size_t)n) == 0)
        printf("%s: the access log\n", file);
    else
        log_warning(
            "%s: [log] access_file = %s: unless ReadWritePaths= of %s says more, it can write in %s only",
            ini, file, units.service, folder);
}

/* Where nothing of ours listens: could it? A hellod that was started by hand may be there already. */
static bool check_vacancies(const struct addresses *wanted)
{
    const struct addresses none = {.count = 0};
    bool right = true;
    for (size_t i = 0; i < wanted->count; i++) {
        char text[ADDRESS_TEXT_MAX], who[256];
        int r = vacancy_try(&wanted->list[i], addresses_ipv6_only(wanted), &none, who, sizeof who);
        address_format(&wanted->list[i], text, sizeof text);
        if (r == 0)
            printf("%s: free to listen on\n", text);
        else if (r == -EADDRINUSE && strncmp(who, "hellod (", 8) == 0)
            printf("%s: %s listens there\n", text, who);
        else if (r == -EADDRINUSE)
            log_error("%s is taken by %s", text, who);
        else if (r == -EEXIST)
            log_error("%s is a file, and no socket", text);
        else
            log_warning("%s: %s", text, strerror(-r));
        right &= r != -EADDRINUSE || strncmp(who, "hellod (", 8) == 0;
        right &= r != -EEXIST;
    }
    return right;
}

static bool check_listening(const char *ini, const struct units *units, const struct socket_state *state,
                            const struct addresses *wanted)
{
    char has[LIST_TEXT_MAX], says[LIST_TEXT_MAX];
    addresses_format(&state->listens, has, sizeof has);
    addresses_format(wanted, says, sizeof says);
    bool same = addresses_equal(&state->listens, wanted);
    if (same)
        printf("%s: listens on %s\n", units->socket, has);
    else if (state->overridden)
        printf("%s: listens on %s by settings of its own (`systemctl cat %s`), not on %s\n", units->socket,
               has, units->socket, says);
    else
        log_error("%s listens on %s, but %s says %s; `hellod --apply --config=%s` as root moves it",
                  units->socket, has, ini, says, ini);
    if (state->service_was_refused)
        log_error("%s was passed no socket: `systemctl restart %s`", units->service, units->socket);
    return (same || state->overridden) && !state->service_was_refused;
}

static bool check_socket(const char *ini, const struct config *config)
{
    struct addresses wanted;
    struct socket_state state;
    struct units units;
    listening_of(config, ini, &wanted);
    if (!find_units(ini, &units) || socket_state_read(&units, &state) < 0)
        return check_vacancies(&wanted);
    if (socket_state_is_active(&state))
        return check_listening(ini, &units, &state, &wanted);
    bool failed = strcmp(state.active, "failed") == 0;
    if (failed)
        log_error(
            "%s has failed; `journalctl -u %s` tells why, `hellod --apply --config=%s` as root starts it",
            units.socket, units.socket, ini);
    else
        printf("%s: %s; `systemctl enable --now %s` starts it\n", units.socket, state.active, units.socket);
    return check_vacancies(&wanted) && !failed;
}

int check(const char *ini, const struct config *config)
{
    bool root = check_root(ini, config), types = check_media_types();
    check_access_file(ini, config);
    bool socket = check_socket(ini, config);
    return root && types && socket ? EXIT_SUCCESS : 1;
}
