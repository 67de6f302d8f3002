#ifndef HELLOD_TELEMETRY_H
#define HELLOD_TELEMETRY_H

#include "cache.h"
#include "listener.h"
#include "metrics.h"
#include "metrics_socket.h"
#include "state.h"

#include <systemd/sd-event.h>

/* What is known of a server that runs, for those who ask by the sockets of the metrics. For the main thread.
 */

struct telemetry {
    struct clients *clients;
    struct cache *cache;
    struct history history;
    struct metrics_socket *socket;
};

/* Of a server that begins, or, with a state, that goes on: 0 or -EBADMSG. `cache` is NULL where
 * there is none. */
int telemetry_begin(struct telemetry *ret, struct clients *clients, struct cache *cache, struct state *state);

/* For the one who goes on with it. */
void telemetry_put(const struct telemetry *telemetry, struct state *state);

/* Answers on the sockets, if there are any. 0 or a negative errno. */
int telemetry_serve(struct telemetry *telemetry, sd_event *event, const struct listeners *listeners);

/* All zero is fine. */
void telemetry_end(struct telemetry *telemetry);

#endif
