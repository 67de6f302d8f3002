/* What vacancy.h finds of each address, in words. */
#include "vacancies.h"

#include "log.h"
#include "vacancy.h"

#include <errno.h>
#include <string.h>

/* True where nothing is in the way, as far as this process may try. */
static bool try_one(const char *ini, const struct address *address, bool ipv6_only,
                    const struct addresses *leaving)
{
    char text[ADDRESS_TEXT_MAX], who[256];
    int r = vacancy_try(address, ipv6_only, leaving, who, sizeof who);
    address_format(address, text, sizeof text);
    switch (r) {
    case 0:
    case -EACCES:
        return true;
    case -EADDRNOTAVAIL:
        log_warning("%s: this host has no address %s now; it is listened on once it has", ini, text);
        return true;
    case -EADDRINUSE:
        log_error("%s: %s is taken by %s", ini, text, who);
        return false;
    case -EEXIST:
        log_error("%s: %s is a file, and no socket", ini, text);
        return false;
    default:
        log_error("%s: can't listen on %s: %s", ini, text, strerror(-r));
        return false;
    }
}

bool vacancies_try(const char *ini, const struct addresses *wanted, const struct addresses *leaving)
{
    bool vacant = true;
    for (size_t i = 0; i < wanted->count; i++) {
        const struct address *address = &wanted->list[i];
        if (!addresses_have(leaving, address))
            vacant = try_one(ini, address, addresses_ipv6_only(wanted), leaving) && vacant;
    }
    return vacant;
}
