#ifndef HELLOD_CONNECTION_RECORD_H
#define HELLOD_CONNECTION_RECORD_H

#include "slot.h"
#include "workspace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What is kept of a connection between two turns. At rest it is this one cache line. What a turn couldn't
 * finish (a head in parts, a response the socket didn't take) is laid down in memory of its own until the
 * next turn. Whoever owns the slot may write; see slot.h.
 *
 * This memory outlives a reload, see connection_table.h: with what stands in it, and with each number of the
 * enumerations below, STATE_VERSION changes.
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

enum { PHASE_COUNT = PHASE_LINGERING + 1 };

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
    REASON_CUT,     /* the drain took too long */
    REASON_ADDRESS, /* its address has too many */
    REASON_COUNT
};

struct connection {
    struct slot slot;
    int fd;
    _Atomic int64_t deadline_usec; /* CLOCK_MONOTONIC; readable without owning the slot */
    _Atomic uint8_t phase;         /* enum connection_phase; likewise */
    uint8_t reason;                /* enum connection_reason, once it is to close */
    bool watched;                  /* its fd is in the epoll set */
    bool armed_for_edges;          /* so it is in there: every edge makes an event */
    bool lingers;                  /* to be half-closed and drained rather than closed */
    bool closing;                  /* no further request is answered */
    uint32_t requests;             /* answered so far */
    uint32_t thrown_away;          /* bytes, while lingering */
    uint64_t id;                   /* which one it is since the service started, from 1 */
    uint32_t untaken;              /* bytes in the socket that the client had yet to take, while sending */
    int64_t begun_usec;            /* when the first byte of a request came that has yet to come as a whole */
    struct unfinished *unfinished; /* owned; NULL while nothing is */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct connection) == 64, "an idle connection is one cache line");

/* One word for programs, of letters and _, which stays as it is; and a few for people. */
const char *connection_reason_word(enum connection_reason reason);
const char *connection_reason_text(enum connection_reason reason);

static inline enum connection_phase connection_phase(const struct connection *connection)
{
    return (enum connection_phase)atomic_load_explicit(&connection->phase, memory_order_relaxed);
}

static inline int64_t connection_deadline(const struct connection *connection)
{
    return atomic_load_explicit(&connection->deadline_usec, memory_order_relaxed);
}

static inline void connection_set_phase(struct connection *connection, enum connection_phase phase,
                                        int64_t deadline_usec)
{
    atomic_store_explicit(&connection->phase, (uint8_t)phase, memory_order_relaxed);
    atomic_store_explicit(&connection->deadline_usec, deadline_usec, memory_order_relaxed);
}

/* It ends, for that reason. */
static inline enum connection_want connection_give_up(struct connection *connection,
                                                      enum connection_reason reason)
{
    connection->reason = (uint8_t)reason;
    return WANT_CLOSE;
}

#endif
