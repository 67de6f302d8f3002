#ifndef HELLOD_ADMISSION_H
#define HELLOD_ADMISSION_H

#include "attention.h"
#include "listener.h"
#include "peer.h"
#include "pool.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Who may come in: the listening sockets in the pool's epoll set, how many clients there may be and how many
 * there are. Workers accept; a socket that can't go on, for want of fds or of room for another client, is
 * parked: its clients wait in its backlog until somebody leaves or the sweep comes by.
 */

struct admission {
    const struct listeners *listeners;
    struct attention *attention;
    struct pool *pool;
    unsigned max_clients;
    bool counted_out;              /* only so many clients are to come in all, */
    _Atomic unsigned long tickets; /* and these of them have not come yet */
    _Atomic bool draining;
    _Atomic unsigned clients;
    _Atomic uint64_t accepted;
    _Atomic bool parked[LISTENERS_MAX];
};

/* Events of listening socket I have this key + I. */
#define ADMISSION_KEY (UINT64_C(1) << 62)

/* `listeners` and `attention` must outlive it. exit_after: clients to accept in all; 0: no end. */
void admission_init(struct admission *ret, const struct listeners *listeners, struct attention *attention,
                    unsigned max_clients, unsigned long exit_after);

/* Lets the pool accept; `taken_up`: the sockets are in its epoll set already. 0 or a negative errno. */
int admission_begin(struct admission *admission, struct pool *pool, bool taken_up);

/*
 * By a worker with the event of a listening socket: the non-blocking socket of a client, who is counted until
 * admission_leave(), with his number in *ret_id, from 1. Or a negative errno where there is none to be had;
 * then the socket is armed or parked. The fd is the caller's; after admission_accept() comes
 * admission_go_on().
 */
int admission_accept(struct admission *admission, unsigned index, struct peer *ret, uint64_t *ret_id);

/* The socket is armed again, unless that was the last client of exit_after: then the drain has begun. */
void admission_go_on(struct admission *admission, unsigned index);

/* A client has gone, and its fd is closed. */
void admission_leave(struct admission *admission);

/* So many clients of a predecessor are taken up. */
void admission_take_up(struct admission *admission, unsigned clients);

/* No client is accepted from now on; the sockets stay open. */
void admission_drain(struct admission *admission);

/* Sockets that were parked try again; whether there were any. */
bool admission_unpark(struct admission *admission);
bool admission_any_parked(const struct admission *admission);

unsigned admission_clients(const struct admission *admission);
bool admission_draining(const struct admission *admission);

#endif
