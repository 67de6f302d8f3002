#ifndef HELLOD_UNITS_H
#define HELLOD_UNITS_H

#include <stdbool.h>

/*
 * Which units a configuration belongs to: /etc/hello.ini to hello.socket and hello.service,
 * /etc/hello/NAME.ini to hello@NAME.socket and hello@NAME.service. Text only.
 */

/* What systemd allows a unit's name, with its NUL. */
enum { UNIT_NAME_MAX = 256 };

struct units {
    char socket[UNIT_NAME_MAX];
    char service[UNIT_NAME_MAX];
    char config[UNIT_NAME_MAX]; /* the service that applies the file: "hello-config.service", */
    char watch[UNIT_NAME_MAX];  /* what starts that when the file is saved: "hello-config.path", */
    char again[UNIT_NAME_MAX];  /* and what looks whether a save was missed: "hello-config-again.service" */
};

/* False where no unit reads the file of that path, or NAME can't be part of a unit's name as it stands. */
bool units_of_config(const char *path, struct units *ret);

/* The socket unit that hands its sockets to a service of ours: "hello.socket" to "hello.service". False for
 * any other unit. */
bool units_socket_of_service(const char *service, char ret[static UNIT_NAME_MAX]);

/* Whether a socket unit is one of ours. */
bool units_is_socket(const char *name);

#endif
