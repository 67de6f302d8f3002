#ifndef HELLOD_GENERATE_H
#define HELLOD_GENERATE_H

#include <stdio.h>

/*
 * What a generator of systemd.generator(7) does for the sockets: hello.socket gets a drop-in from
 * /etc/hello.ini, hello@NAME.socket one from /etc/hello/NAME.ini. It runs while systemd waits for it, early
 * at boot, so it reads these files and writes its own, and nothing else: no document root, no other process.
 */

struct generate_options {
    const char *root;    /* what all files are read below; "" for the host's own */
    const char *folder;  /* where the drop-ins go */
    const char *program; /* what explains a refusal, see socket_unit_write_refusal() */
};

/*
 * Writes the drop-ins. A socket that has a unit file of its own below /etc/systemd/system gets none; for one
 * that has a note, the note is its drop-in. Mistakes go to `errors`, one a line, and don't keep the other
 * sockets from theirs. 0, -EINVAL after mistakes, or another negative errno where a file can't be written.
 */
int generate(const struct generate_options *options, FILE *errors);

#endif
