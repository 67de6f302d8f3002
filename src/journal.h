#ifndef HELLOD_JOURNAL_H
#define HELLOD_JOURNAL_H

#include <stddef.h>

/*
 * Sending entries to the journal by its own protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): a
 * datagram an entry, lines of NAME=value. Unlike sd_journal_send(3), which waits where the journal takes
 * nothing, this never does.
 */

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* The most that an entry may have, well below what a socket takes by default. */
enum { JOURNAL_ENTRY_MAX = 64 << 10 };

/* A socket to send by, which is the caller's to close, or a negative errno. */
int journal_open(void);

/* Sends to the journal that listens at `path`. 0, -EAGAIN where it would have to wait, or what else there is
 * in the way, -ENOENT or -ECONNREFUSED of no journal among them. Any thread. */
int journal_send(int fd, const char *path, const char *entry, size_t length);

#endif
