#ifndef HELLOD_CONNECTION_H
#define HELLOD_CONNECTION_H

#include "address_table.h"
#include "connection_record.h"
#include "deadline.h"
#include "exchange.h"
#include "peer.h"
#include "workspace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * One client: bytes in, exchanges in order, bytes out. connection_run() goes as far as it can without
 * waiting, then says what it waits for; it knows neither epoll nor threads. Its caller owns the connection
 * (see slot.h) from the event to the arming.
 */

struct connection_context {
    const struct site *site;
    const struct connection_limits *limits;
    const _Atomic bool *draining;
    const struct peer *peer;
    struct address_table
        *addresses; /* who has counted the connection, to be asked for every request; or NULL */
};

/* A new client on a non-blocking stream socket. The fd stays the caller's to close. */
void connection_open(struct connection *connection, int fd, const struct connection_limits *limits,
                     int64_t now_usec);

/*
 * Goes on after an event (or at once after connection_open()). WANT_READ, WANT_WRITE: when the socket is
 * ready for it; WANT_TIMER: when connection_timer() is readable; WANT_CLOSE: with connection->reason set,
 * connection_close() is next.
 */
enum connection_want connection_run(struct connection *connection, struct workspace *workspace,
                                    const struct connection_context *context);

/*
 * Instead of the first connection_run(): the client is told with that status to come back later, and its
 * close is awaited for a moment. WANT_READ, or WANT_CLOSE where it can't be told.
 */
enum connection_want connection_turn_away(struct connection *connection, struct workspace *workspace,
                                          const struct peer *peer, unsigned status,
                                          enum connection_reason reason);

/* What WANT_TIMER waits for. Owned by the connection. */
int connection_timer(const struct connection *connection);

/*
 * Its deadline has passed. WANT_CLOSE: with the reason set, connection_close() is next. Else it goes on to
 * wait: with a request that has just come, with a client that is slow but takes what it is sent, or, where a
 * request had begun and 408 was answered, with one whose close is awaited.
 */
enum connection_want connection_expire(struct connection *connection, struct workspace *workspace,
                                       const struct connection_context *context);

/*
 * The server stops, and this one waits for a request (PHASE_FRESH, PHASE_IDLE) or lingers. WANT_CLOSE as
 * above; WANT_READ: a request has just come, or the client is given a moment to take the rest and close.
 */
enum connection_want connection_drain(struct connection *connection, struct workspace *workspace);

/*
 * Before connection_close(), with the reason set, where that doesn't follow from a turn: answers that were
 * under way still go to the access log, with what of them was sent.
 */
void connection_cut(struct connection *connection, struct workspace *workspace, const struct peer *peer);

/* Frees what the connection holds, all but its slot and fd. */
void connection_close(struct connection *connection);

#endif
