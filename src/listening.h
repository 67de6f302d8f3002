#ifndef HELLOD_LISTENING_H
#define HELLOD_LISTENING_H

#include "address.h"
#include "config.h"

/*
 * Where a configuration says to listen. A site of /etc/hello/NAME.ini that names neither address nor port has
 * a unix socket, /run/hellod/NAME.socket: the defaults of address and port are the main site's.
 */
void listening_of(const struct config *config, const char *ini, struct addresses *ret);

#endif
