#ifndef HELLOD_METRICS_SOCKET_H
#define HELLOD_METRICS_SOCKET_H

#include "http/str.h"
#include "listener.h"

#include <stdio.h>
#include <systemd/sd-event.h>

/*
 * The sockets of the metrics, apart from the site's: one GET or HEAD a connection, answered by the main
 * thread's event loop, so that no worker is held up and a pool that is stuck can still be looked into.
 * A few clients at a time, each with a few seconds; the others wait in the backlog.
 */

struct metrics_socket;

/* Writes what a path is answered with, as text; the media type, or NULL where there is no such page. */
typedef const char *metrics_page(void *context, struct str path, FILE *out);

/*
 * Serves all sockets of the list from the event loop. 0 or a negative errno; then nothing is left behind.
 * What is pointed to must outlive it.
 */
int metrics_socket_open(struct metrics_socket **ret, sd_event *event, const struct listener *listeners,
                        size_t count, metrics_page *page, void *context);

/* NULL is fine. The sockets stay open. */
void metrics_socket_close(struct metrics_socket *metrics);

#endif
