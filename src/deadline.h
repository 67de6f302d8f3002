#ifndef HELLOD_DEADLINE_H
#define HELLOD_DEADLINE_H

#include "connection_record.h"
#include "workspace.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * How long a connection may stay in a phase. Called by the connection's owner alone; times are of
 * CLOCK_MONOTONIC in microseconds.
 */

/* Times a connection may take, microseconds, and what it must take meanwhile. */
struct connection_limits {
    uint64_t head_usec, idle_usec;
    uint64_t body_usec;    /* between two pieces of a body */
    uint64_t request_usec; /* from the first byte of a head to the last one of its body */
    uint64_t send_usec;    /* that a client may lag behind */
    uint64_t send_rate;    /* bytes a second, which hold that time back; 0: any byte holds all of it back */
};

/*
 * The phase that follows from what is waited for after a turn at that desk, and its deadline.
 * `requests_before` is how many requests the connection had had when the turn began.
 */
void deadline_follow(struct connection *connection, const struct workspace *workspace,
                     const struct connection_limits *limits, enum connection_want want,
                     uint32_t requests_before);

/* The deadline of a head or a body, or where it comes first that of the whole request. */
int64_t deadline_within_request(const struct connection *connection, int64_t deadline_usec,
                                const struct connection_limits *limits);

/*
 * It has passed. True: what the client has taken meanwhile puts it off, at the least rate or, where there is
 * none, by any byte.
 */
bool deadline_is_put_off(struct connection *connection, const struct workspace *workspace,
                         const struct connection_limits *limits);

#endif
