/* Seen from within the service: it has the sockets and the file, and can't ask systemd. */
#include "mismatch.h"

#include "event.h"
#include "log.h"
#include "units.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LIST_TEXT_MAX = 1024 };

/* A unit file or a folder of drop-ins, as `systemctl edit` makes it. */
static bool has_own_settings(const char *unit)
{
    static const char *const suffixes[] = {"", ".d"};
    const char *const names[] = {unit, strchr(unit, '@') ? "hello@.socket" : unit};
    for (size_t i = 0; i < 4; i++) {
        char path[UNIT_NAME_MAX + 64];
        snprintf(path, sizeof path, "/etc/systemd/system/%s%s", names[i / 2], suffixes[i % 2]);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

void mismatch_tell(const struct listeners *listeners, const struct addresses *wanted, const char *ini,
                   char *status, size_t size)
{
    char has[LIST_TEXT_MAX], says[LIST_TEXT_MAX];
    struct addresses bound;
    status[0] = '\0';
    const char *unit = listeners->count > 0 ? listeners->list[0].name : "";
    listeners_addresses(listeners, &bound);
    if (!units_is_socket(unit) || addresses_equal(&bound, wanted))
        return;
    addresses_format(&bound, has, sizeof has);
    addresses_format(wanted, says, sizeof says);
    if (has_own_settings(unit)) {
        log_info("%s listens on %s by settings of its own (`systemctl cat %s`), not on %s as %s says", unit,
                 has, unit, says, ini);
        return;
    }
    log_event(EVENT_ADDRESS_DIFFERS, LOG_WARNING,
              "%s listens on %s, but %s says %s; `systemctl reload %.*s` moves it", unit, has, ini, says,
              (int)strcspn(unit, "."), unit);
    snprintf(status, size, "; %s says %s: `systemctl reload %.*s` moves it", ini, says,
             (int)strcspn(unit, "."), unit);
}
