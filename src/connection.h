#ifndef HELLOD_CONNECTION_H
#define HELLOD_CONNECTION_H

#include "exchange.h"
#include "peer.h"
#include "slot.h"
#include "workspace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * One client: bytes in, exchanges in order, bytes out. connection_run() goes as far as it can without
 * waiting, then says what it waits for; it knows neither epoll nor threads. Its caller owns the connection
 * (see slot.h) from the event to the arming.
 *
 * A connection at rest is this one cache line. What a turn couldn't finish (a head in parts, a response the
 * socket didn't take) is laid down in memory of its own until the next turn.
 */

enum connection_phase {
    PHASE_FRESH,     /* accepted, no byte of a request yet */
    PHASE_HEAD,      /* part of a head has come */
    PHASE_BODY,      /* a request waits for the rest of its body */
    PHASE_IDLE,      /* answered, waits for the next request */
    PHASE_SENDING,   /* part of the response has gone */
    PHASE_SLEEPING,  /* in /sleep: the timer is awaited, not the client */
    PHASE_LINGERING, /* all is said; what the client still sends is thrown away, lest a reset eats the
                        response */
};

enum connection_want { WANT_READ, WANT_WRITE, WANT_TIMER, WANT_CLOSE };

/* Why a connection ended. */
enum connection_reason {
    REASON_NONE,
    REASON_CLIENT,  /* the client closed, or asked for it */
    REASON_REFUSED, /* after a request that was refused */
    REASON_DRAIN,   /* the server stops */
    REASON_HEAD_TIMEOUT,
    REASON_BODY_TIMEOUT,
    REASON_IDLE_TIMEOUT,
    REASON_SEND_TIMEOUT,
    REASON_LINGER_TIMEOUT,
    REASON_BROKEN, /* the socket failed */
    REASON_FILE,   /* a file changed while it was sent, or could not be read */
    REASON_MEMORY,
    REASON_CUT, /* the drain took too long */
    REASON_COUNT
};

struct connection {
    struct slot slot;
    int fd;
    _Atomic int64_t deadline_usec; /* CLOCK_MONOTONIC; readable without owning the slot */
    _Atomic uint8_t phase;         /* enum connection_phase; likewise */
    uint8_t reason;                /* enum connection_reason, once it is to close */
    bool watched;                  /* its fd is in the epoll set */
    bool lingers;                  /* to be half-closed and drained rather than closed */
    bool closing;                  /* no further request is answered */
    uint32_t requests;             /* answered so far */
    uint32_t thrown_away;          /* bytes, while lingering */
    uint32_t untaken;              /* bytes in the socket that the client had yet to take, while sending */
    struct unfinished *unfinished; /* owned; NULL while nothing is */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct connection) == 64, "an idle connection is one cache line");

/* Times a connection may take, microseconds. */
struct connection_limits {
    uint64_t head_usec, idle_usec, body_usec, send_usec;
};

struct connection_context {
    const struct site *site;
    const struct connection_limits *limits;
    const _Atomic bool *draining;
    const struct peer *peer;
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

/* What WANT_TIMER waits for. Owned by the connection. */
int connection_timer(const struct connection *connection);

/*
 * Its deadline has passed. WANT_CLOSE: with the reason set, connection_close() is next. Else it goes on to
 * wait: with a request that has just come, with a client that is slow but takes what it is sent, or, where a
 * request had begun and 408 was answered, with one whose close is awaited.
 */
enum connection_want connection_expire(struct connection *connection, struct workspace *workspace,
                                       const struct connection_limits *limits);

/*
 * The server stops, and this one waits for a request (PHASE_FRESH, PHASE_IDLE) or lingers. WANT_CLOSE as
 * above; WANT_READ: a request has just come, or the client is given a moment to take the rest and close.
 */
enum connection_want connection_drain(struct connection *connection, struct workspace *workspace);

/* The longest that a connection lingers where no body is on its way, unless its client takes more of the
 * response. */
enum { CONNECTION_LINGER_USEC = 2000000 };

/* Frees what the connection holds, all but its slot and fd. */
void connection_close(struct connection *connection);

const char *connection_reason_text(enum connection_reason reason);

#endif
