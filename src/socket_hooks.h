#ifndef HELLOD_SOCKET_HOOKS_H
#define HELLOD_SOCKET_HOOKS_H

#include "address.h"

/*
 * What hello.socket runs when it starts and stops. All return 0, or a negative errno after one log entry.
 */

/*
 * Before it listens: if the configuration says another place than systemd has read, and is right, and that
 * place is free, systemd reads its units again, this one too; so a plain start or restart of the socket is
 * enough after a change.
 */
int socket_hooks_starting(const char *ini);

/* It has begun to listen, and has ended: the note of socket_unit.h comes and goes. */
int socket_hooks_started(const char *ini);
int socket_hooks_stopped(const char *ini);

/* Notes a drop-in that is to be in force from the next time on that systemd reads its units. */
int socket_hooks_note(const char *unit, const struct addresses *addresses, const char *ini);

#endif
