#ifndef HELLOD_SOCKET_STATE_H
#define HELLOD_SOCKET_STATE_H

#include "address.h"
#include "units.h"

#include <stdbool.h>

/* What systemd has of a socket unit, and of the service behind it. */

struct socket_state {
    char active[16];          /* its ActiveState: "active", "inactive", "failed", ... */
    char service[16];         /* the service's ActiveState */
    bool service_was_refused; /* the service ended with SOCKET_STATE_NO_SOCKETS: the unit has lost its sockets
                               */
    struct addresses listens; /* as the unit is loaded */
    /* The admin's own settings: the configuration does not say where it listens. */
    bool overridden;
    bool generated; /* the generator's drop-in is there, */
    bool refused;   /* but it is a refusal */
};

/* Exit status of a service that should have been passed sockets and was not. */
enum { SOCKET_STATE_NO_SOCKETS = 69 };

/* 0; -ENOENT where there is no such unit; -EIO or another negative errno where systemd can't be asked. */
int socket_state_read(const struct units *units, struct socket_state *ret);

bool socket_state_is_active(const struct socket_state *state);

#endif
