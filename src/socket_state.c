/* Two questions to systemd, and one look at what the generator wrote. */
#include "socket_state.h"

#include "cleanup.h"
#include "socket_unit.h"
#include "systemctl.h"

#include <errno.h>
#include <string.h>

#define GENERATED "/run/systemd/generator"

/* "127.0.0.1:7878 (Stream)"; false where one is of a kind that we don't make. */
static bool read_listens(const char *shown, struct addresses *ret)
{
    static const char kind[] = " (Stream)";
    char value[ADDRESS_TEXT_MAX * 2];
    ret->count = 0;
    for (unsigned i = 0; systemctl_value(shown, "Listen", i, value, sizeof value); i++) {
        size_t length = strlen(value), kind_length = strlen(kind);
        if (length < kind_length || strcmp(value + length - kind_length, kind) != 0)
            return false;
        value[length - kind_length] = '\0';
        if (ret->count == ADDRESSES_MAX || !address_parse_with_port(value, &ret->list[ret->count++]))
            return false;
    }
    return true;
}

static bool is_admins(const char *fragment)
{
    return strncmp(fragment, "/etc/", 5) == 0 || strncmp(fragment, "/run/", 5) == 0;
}

static void read_socket(const char *shown, const struct units *units, struct socket_state *ret)
{
    char path[PATH_MAX], fragment[PATH_MAX] = "";
    struct addresses generated;
    (void)systemctl_value(shown, "ActiveState", 0, ret->active, sizeof ret->active);
    (void)systemctl_value(shown, "FragmentPath", 0, fragment, sizeof fragment);
    bool ours = read_listens(shown, &ret->listens);
    socket_unit_drop_in_path(GENERATED, units->socket, path);
    ret->generated = socket_unit_read(path, &generated) == 0;
    ret->refused = ret->generated && generated.count == 0;
    ret->overridden = !ours || is_admins(fragment) ||
                      (ret->generated && !ret->refused && !addresses_equal(&generated, &ret->listens));
}

static void read_service(const char *shown, struct socket_state *ret)
{
    char status[16];
    snprintf(status, sizeof status, "%d", SOCKET_STATE_NO_SOCKETS);
    (void)systemctl_value(shown, "ActiveState", 0, ret->service, sizeof ret->service);
    ret->service_was_refused =
        strcmp(ret->service, "failed") == 0 && systemctl_is(shown, "ExecMainStatus", status);
}

int socket_state_read(const struct units *units, struct socket_state *ret)
{
    CLEANUP(free_memory) char *socket = NULL, *service = NULL;
    *ret = (struct socket_state){.overridden = false};
    int r = systemctl_show(units->socket, "LoadState,ActiveState,FragmentPath,Listen", &socket);
    if (r == 0)
        r = systemctl_show(units->service, "ActiveState,ExecMainStatus", &service);
    if (r < 0)
        return r;
    if (systemctl_is(socket, "LoadState", "not-found"))
        return -ENOENT;
    read_socket(socket, units, ret);
    read_service(service, ret);
    return 0;
}

bool socket_state_is_active(const struct socket_state *state)
{
    return strcmp(state->active, "active") == 0;
}
