#ifndef HELLOD_SOCKET_UNIT_H
#define HELLOD_SOCKET_UNIT_H

#include "address.h"

#include <limits.h>
#include <stdio.h>

/*
 * What a configuration adds to its socket unit: a drop-in with the addresses, written by hellod-generator
 * whenever systemd reads its units.
 *
 * Where units are read anew while the socket listens elsewhere than they say, systemd closes it. That may
 * happen at any time, by any package's installation. So for as long as a socket listens there is a note of
 * its drop-in, and while there is a note the generator writes that, whatever the configuration says
 * meanwhile. Only `hellod --apply` changes it.
 */

/* `root` is what all paths stand below, "" for the host's own. The buffer is of PATH_MAX bytes. */
void socket_unit_note_path(const char *root, const char *unit, char buffer[static PATH_MAX]);

/* In the folder that a generator is given: /run/systemd/generator is what systemd gives it. */
void socket_unit_drop_in_path(const char *folder, const char *unit, char buffer[static PATH_MAX]);

/* The drop-in of a configuration that is right. `ini` is its path. */
void socket_unit_write(const struct addresses *addresses, const char *ini, FILE *out);

/*
 * The drop-in of one that is wrong, or missing: nobody knows where to listen, so the socket's start fails,
 * with the mistakes in the log. `generator` is the program that tells them.
 */
void socket_unit_write_refusal(const char *generator, const char *ini, FILE *out);

/*
 * The addresses of a drop-in, or none where it is a refusal. 0, -ENOENT where there is no such file,
 * -EBADMSG for text that is not ours, or another negative errno.
 */
int socket_unit_read(const char *path, struct addresses *ret);

/* The same from text. 0 or -EBADMSG. */
int socket_unit_parse(const char *text, struct addresses *ret);

/*
 * Writes a file as a whole: a reader finds the old one or the new one. The folders above it are made. 0 or a
 * negative errno.
 */
int socket_unit_store(const char *path, const char *text);

#endif
