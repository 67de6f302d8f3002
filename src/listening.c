/* The one default that depends on whose configuration it is. */
#include "listening.h"

#include "units.h"

#include <stdio.h>
#include <string.h>

void listening_of(const struct config *config, const char *ini, struct addresses *ret)
{
    struct units units;
    const char *instance = units_of_config(ini, &units) ? strchr(units.socket, '@') : NULL;
    if (config->says_where || !instance) {
        addresses_make(config->address, config->port, ret);
        return;
    }
    char path[UNIT_NAME_MAX + 16];
    snprintf(path, sizeof path, "/run/hellod/%s", instance + 1);
    addresses_make((char *const[]){path, NULL}, 0, ret);
}
