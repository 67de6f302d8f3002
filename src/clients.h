#ifndef HELLOD_CLIENTS_H
#define HELLOD_CLIENTS_H

#include "address_table.h"
#include "connection.h"
#include "listener.h"
#include "pool.h"
#include "state.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * All clients: the table of connections, indexed by fd, and the pool's side of it: accept, run a connection's
 * turn, arm it again, close it. clients_ready() is called by the workers; all else by the main thread.
 */

struct clients;

struct clients_options {
    const struct site *site;
    struct access *access; /* NULL: no access log */
    struct connection_limits limits;
    unsigned max_connections;
    struct address_limits address_limits;
    unsigned pool_size;
    unsigned long exit_after; /* clients to accept in all; 0: no end */
    bool resumes;             /* its connections come from a state, by clients_get() */
    const struct listeners *listeners;
};

/*
 * Raises RLIMIT_NOFILE as far as max_connections needs; where it can't be, fewer connections are taken and
 * the log says so. 0 or a negative errno. What `options` points to must outlive it.
 */
int clients_new(struct clients **ret, const struct clients_options *options);

/* Every connection must be closed by then. NULL is fine. */
void clients_free(struct clients *clients);

/*
 * While the pool pauses: puts all connections and totals into a state. clients_get() takes them up, in a
 * process that has just made its clients and has no pool yet: 0, or a negative errno, with nothing taken up
 * that clients_cut() wouldn't close.
 */
void clients_put(const struct clients *clients, struct state *state);
int clients_get(struct clients *clients, struct state *state);

/* For pool_options.ready; the context is the clients. */
pool_ready clients_ready;

/* Lets the pool accept; `taken_up`: the listening sockets are in its epoll set already. 0 or a negative
 * errno. */
int clients_listen(struct clients *clients, struct pool *pool, bool taken_up);

/*
 * An eventfd that becomes readable when the main thread should look: a first connection is there (the sweep
 * is needed), the last one of a drain has gone, or the last client of exit_after was accepted. The caller
 * reads it.
 */
int clients_event_fd(const struct clients *clients);

unsigned clients_count(const struct clients *clients);
bool clients_draining(const struct clients *clients);

/* No client is accepted from now on; the listening sockets stay open. Responses end their connections. */
void clients_drain(struct clients *clients);

/*
 * Closes what is past its deadline and, while draining, what waits for a request; of connections that never
 * sent a byte those accepted over `grace_usec` ago. True: to be called again in a while; false: nothing is
 * left to be watched, until clients_event_fd() says so.
 */
bool clients_sweep(struct clients *clients, uint64_t grace_usec);

/* After the pool has ended: closes what is still open. Returns how many. */
unsigned clients_cut(struct clients *clients);

/* Connections accepted and requests answered since the start. */
struct clients_totals {
    uint64_t connections, requests;
};

struct clients_totals clients_totals(const struct clients *clients);

/* All that can be measured; `counters` and `busy_nsec` go on over a reload. */
struct clients_measures {
    struct counters counters; /* of all workers and the main thread */
    unsigned workers;
    uint64_t busy_nsec[POOL_SIZE_MAX]; /* of each worker */
    unsigned waiting[PHASE_COUNT];     /* connections that wait, by phase, */
    unsigned in_hand;                  /* and those that a worker is at */
    unsigned max_connections;
    bool draining;
    size_t cache_bytes;
    struct access_totals access;
};

void clients_measure(struct clients *clients, struct clients_measures *ret);

/* What changes from second to second, at little cost. */
struct clients_pulse {
    unsigned connections;
    unsigned transfers; /* connections in the middle of a response, as the last sweep found them */
    uint64_t answers;   /* since the start, over reloads */
};

struct clients_pulse clients_pulse(const struct clients *clients);

/* Has one of the workers measure how long a job waits in the pool's queue. */
void clients_probe_queue(struct clients *clients);

#endif
