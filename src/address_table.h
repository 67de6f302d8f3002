#ifndef HELLOD_ADDRESS_TABLE_H
#define HELLOD_ADDRESS_TABLE_H

#include "peer.h"
#include "state.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What each client address has: connections at this moment, and requests lately. An IPv4 address is one by
 * itself; of IPv6 it is the /64 that a site has, as a client picks the rest at will. Clients of unix sockets,
 * and those at 127.0.0.1 and ::1, where a proxy may speak for many, are always welcome, and not counted.
 *
 * Memory is bounded by the number of places, and an address has one only while it has a connection, or has
 * asked so much of late that its requests are still to be counted. Any thread may call; what is called for a
 * connection, a short lock of the addresses that share a 64th of the table, is no part of a request unless
 * requests are limited.
 */

struct address_table;

struct address_limits {
    unsigned connections;         /* at a time; 0: no limit */
    unsigned requests_per_second; /* 0: no limit, */
    unsigned burst;               /* else 1 or more: so many at once */
};

/*
 * `places`: the most connections that will be counted at a time; the callers see to it. 0 or a negative
 * errno.
 */
int address_table_new(struct address_table **ret, const struct address_limits *limits, unsigned places);

/* NULL is fine. */
void address_table_free(struct address_table *table);

/* Over its limit an address may have so many more, to be told so; what comes beyond them is not even
 * answered. */
enum { ADDRESS_REFUSED_MAX = 16 };

enum address_verdict {
    ADDRESS_WELCOME, /* counted, */
    ADDRESS_REFUSED, /* counted, to be told that it is over the limit; */
    ADDRESS_EXCESS,  /* not counted, to be closed */
};

/*
 * A new connection of the peer's. *ret_refused: where it is not welcome, the connections and requests that
 * its address has been denied in the interval of log_limit.h.
 */
enum address_verdict address_table_enter(struct address_table *table, const struct peer *peer,
                                         int64_t now_usec, unsigned *ret_refused);

/* All addresses that have a connection, for a successor. By a thread that is alone, as below. */
void address_table_put(const struct address_table *table, struct state *state);

/*
 * Takes up those of a predecessor, in a table just made: their connections whatever the limit, and of their
 * requests what is still to be counted, as far as the limits of now can have it. `now_usec` is
 * CLOCK_MONOTONIC. 0 with the number of their connections; or -EBADMSG, and the table is to be cleared.
 */
int address_table_get(struct address_table *table, struct state *state, int64_t now_usec,
                      uint64_t *ret_connections);

/* Forgets everybody. */
void address_table_clear(struct address_table *table);

/* Counts one connection of a predecessor's, whatever the limit. */
void address_table_take_up(struct address_table *table, const struct peer *peer);

/* One that was counted has gone. */
void address_table_leave(struct address_table *table, const struct peer *peer);

const struct address_limits *address_table_limits(const struct address_table *table);

/* Whether requests are limited: only then is address_table_request() to be asked. */
bool address_table_limits_requests(const struct address_table *table);

/*
 * A request on a connection that is counted: whether its address may make it. *ret_refused as above.
 */
bool address_table_request(struct address_table *table, const struct peer *peer, int64_t now_usec,
                           unsigned *ret_refused);

/* Forgets whoever has no connection and has not asked of late: to be called once a second or so; cheap where
 * there is nobody. */
void address_table_sweep(struct address_table *table, int64_t now_usec);

/* Addresses that have a place. */
unsigned address_table_count(const struct address_table *table);

/* The address as it is counted, for people: "192.0.2.1", "2001:db8::/64". Cut at `size`; PEER_TEXT_MAX will
 * do. */
void address_table_format(const struct peer *peer, char *buffer, size_t size);

#endif
