/* Names of units, made from one word: what stands between "hello" and the suffix. */
#include "units.h"

#include "http/str.h"

#include <stdio.h>
#include <string.h>

#define INI ".ini"

static bool ends_in(const char *text, const char *suffix)
{
    size_t length = strlen(text), suffix_length = strlen(suffix);
    return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

/* systemd.unit(5); "\" stands for an escape there, "@" would begin the instance. Short enough for the path of
 * a unix socket. */
static bool fits_a_name(struct str name)
{
    enum { LENGTH_MAX = 64 };
    static const char octets[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.";
    for (size_t i = 0; i < name.length; i++)
        if (!memchr(octets, name.data[i], sizeof octets - 1))
            return false;
    return name.length > 0 && name.length <= LENGTH_MAX;
}

/* `instance` is "" or "@NAME". */
static bool make(struct str instance, struct units *ret)
{
    int length = (int)instance.length;
    const char *data = instance.data;
    int n = snprintf(ret->again, sizeof ret->again, "hello-config-again%.*s.service", length, data);
    snprintf(ret->config, sizeof ret->config, "hello-config%.*s.service", length, data);
    snprintf(ret->watch, sizeof ret->watch, "hello-config%.*s.path", length, data);
    snprintf(ret->socket, sizeof ret->socket, "hello%.*s.socket", length, data);
    snprintf(ret->service, sizeof ret->service, "hello%.*s.service", length, data);
    return n > 0 && (size_t)n < sizeof ret->again;
}

bool units_of_config(const char *path, struct units *ret)
{
    static const char folder[] = "/etc/hello/";
    char instance[UNIT_NAME_MAX];
    if (strcmp(path, "/etc/hello" INI) == 0)
        return make(STR(""), ret);
    if (strncmp(path, folder, sizeof folder - 1) != 0 || !ends_in(path, INI))
        return false;
    const char *name = path + sizeof folder - 1;
    int length = (int)(strlen(name) - strlen(INI));
    int n = snprintf(instance, sizeof instance, "@%.*s", length, name);
    return n > 0 && (size_t)n < sizeof instance && fits_a_name(str_after(str_of(instance), 1)) &&
           make(str_of(instance), ret);
}

/* "hello" or "hello@NAME", then the suffix. */
static bool is_ours(const char *name, const char *suffix)
{
    struct str rest = str_of(name);
    if (!str_starts_with(rest, STR("hello")) || !ends_in(name, suffix))
        return false;
    rest = str_after(rest, strlen("hello"));
    rest.length -= strlen(suffix);
    return rest.length == 0 || (rest.length > 1 && rest.data[0] == '@');
}

bool units_socket_of_service(const char *service, char ret[static UNIT_NAME_MAX])
{
    static const char suffix[] = ".service";
    if (!is_ours(service, suffix) || strlen(service) >= UNIT_NAME_MAX)
        return false;
    snprintf(ret, UNIT_NAME_MAX, "%.*s.socket", (int)(strlen(service) - strlen(suffix)), service);
    return true;
}

bool units_is_socket(const char *name)
{
    return is_ours(name, ".socket");
}
