#ifndef HELLOD_CONNECTION_TABLE_H
#define HELLOD_CONNECTION_TABLE_H

#include "connection_record.h"
#include "peer.h"
#include "state.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * All connections, each in the place of its fd, and who is at their other ends. They lie in memory files that
 * outlive execve(2): the next process image maps them, and what is at rest needs no laying down. Of the
 * others a record goes into the state, see connection_state.h. Where there can be no such file
 * (RLIMIT_FSIZE), a record is made of each.
 */

struct connection_table {
    struct connection *connections;
    struct peer *peers; /* of the connections in the same places */
    size_t places;
    int connections_fd, peers_fd; /* of the memory files; -1: none */
    _Atomic int highest_fd;       /* of those that there is room for, see connection_table_make_room() */
};

/* Of zeros, which are free slots. Pages of it cost memory from their first use on. 0 or a negative errno. */
int connection_table_make(struct connection_table *ret, size_t places);

/* Lets go of the memory, whatever is in it. A table of zeros is fine. */
void connection_table_end(struct connection_table *table);

/* Before an fd's place is used: its pages are there from then on, see pages_touch(). False: memory is short.
 * Any thread. */
bool connection_table_make_room(struct connection_table *table, int fd);

/* The first of the connections from `*fd` on that waits, at `*fd` then; NULL: none. */
struct connection *connection_table_next_waiting(const struct connection_table *table, int *fd);

/* For whoever has all connections to himself. */
void connection_table_put(const struct connection_table *table, struct state *state);

/*
 * Takes up what a predecessor has put, in a table just made, which may have more places from then on; of
 * those nobody is in that it hadn't before. Whatever it returns, each connection that waits then is one that
 * can go on or be closed, and `meet` has been told of it once. 0; or -EBADMSG or another negative errno.
 */
int connection_table_get(struct connection_table *table, struct state *state,
                         void (*meet)(void *context, const struct peer *peer), void *context);

#endif
