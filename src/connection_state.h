#ifndef HELLOD_CONNECTION_STATE_H
#define HELLOD_CONNECTION_STATE_H

#include "connection.h"
#include "state.h"

/*
 * A connection that waits, on its way from one process image to the next. Its fds keep their numbers (the
 * client's own is not close-on-exec in the first place), and so does its slot the turn: an event that the
 * epoll set still has for it will find it. For whoever has all connections to himself.
 */

/* With its slot and all that it holds. */
void connection_put(const struct connection *connection, struct state *state);

/* 0; or -ENOMEM, or -EBADMSG for what connection_run() could not go on with: then *ret holds nothing. */
int connection_get(struct connection *ret, struct state *state);

/* Whether connection_run() could go on with it, whose memory came from elsewhere; whether something is
 * unfinished is asked, not what. */
bool connection_is_sound(const struct connection *connection);

/* Gives it the time that it would have left if the new limits had held since it began to wait; of a request
 * whose time as a whole was about to be over, no more than that. */
void connection_change_limits(struct connection *connection, const struct connection_limits *old,
                              const struct connection_limits *new);

#endif
