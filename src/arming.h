#ifndef HELLOD_ARMING_H
#define HELLOD_ARMING_H

#include "connection.h"
#include "pool.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * How a connection's socket, or timer, is armed for what it waits for. By the connection's owner (see
 * slot.h).
 *
 * A socket that waits for a request is armed for every edge (EPOLLET): a request, its answer and the wait for
 * the next one then cost no epoll_ctl(2). All else is armed for one event.
 */

/* Hands it to the set: 0, and the caller owns nothing any more; or a negative errno, and it still does. */
int arming_arm(struct pool *pool, struct connection *connection, enum connection_want want);

/*
 * After a turn for an event with those bits (0: there was none): whether the socket is armed for what it
 * waits for as it is, so that slot_give_back() will do.
 */
bool arming_lasts(const struct connection *connection, const struct workspace *workspace,
                  enum connection_want want, uint32_t events);

/* The key of an event: turn << 32 | fd. Turns have 29 bits, so all keys are below those of listening sockets.
 */
static inline uint32_t arming_fd(uint64_t key)
{
    return (uint32_t)key;
}

static inline uint32_t arming_turn(uint64_t key)
{
    return (uint32_t)(key >> 32);
}

#endif
