#ifndef HELLOD_CONNECTION_TABLE_H
#define HELLOD_CONNECTION_TABLE_H

#include "connection_record.h"
#include "peer.h"
#include "state.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    _Atomic uint64_t *notes;      /* a bit for each place, see connection_table_note() */
};

struct connection_table_census {
    unsigned connections, /* that wait */
        from_elsewhere;   /* those of them whose peer is not on this host, see peer_is_here() */
};

/* Of zeros, which are free slots. Pages of it cost memory from their first use on. 0 or a negative errno. */
int connection_table_make(struct connection_table *ret, size_t places);

/* For what a predecessor hands over: nobody is in it, and it has no memory before connection_table_get(). */
void connection_table_await(struct connection_table *ret, size_t places);

/* Lets go of the memory, whatever is in it. A table of zeros is fine. */
void connection_table_end(struct connection_table *table);

/* Before an fd's place is used: its pages are there from then on, see pages_touch(). False: memory is short.
 * Any thread. */
bool connection_table_make_room(struct connection_table *table, int fd);

/* The first of the connections from `*fd` on that waits, at `*fd` then; NULL: none. */
struct connection *connection_table_next_waiting(const struct connection_table *table, int *fd);

/*
 * By the owner of a connection, before he gives it back with something unfinished: notes that, or that it is
 * no more, so that few are looked at when all of it is laid down. A note may stay too long, of one that has
 * closed say; none may be missing.
 */
static inline void connection_table_note(struct connection_table *table, const struct connection *connection)
{
    _Atomic uint64_t *notes = &table->notes[connection->fd / 64];
    uint64_t mine = UINT64_C(1) << connection->fd % 64;
    bool noted = atomic_load_explicit(notes, memory_order_relaxed) & mine;
    if (noted != (connection->unfinished != NULL))
        atomic_fetch_xor_explicit(notes, mine, memory_order_relaxed);
}

/* For whoever has all connections to himself. */
void connection_table_put(const struct connection_table *table, struct state *state);

/*
 * Takes up what a predecessor has put, in a table just made or awaited, which may have more places from then
 * on; of those nobody is in that it hadn't before. Each is looked at, and *census, which says what is to be
 * expected, becomes what there is; but for those that the same version has left, which are relied on. 0; or
 * -EBADMSG or another negative errno. Whatever it returns, each connection that waits then is one that can go
 * on or be closed.
 */
int connection_table_get(struct connection_table *table, struct state *state,
                         struct connection_table_census *census);

#endif
