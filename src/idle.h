#ifndef HELLOD_IDLE_H
#define HELLOD_IDLE_H

#include "clients.h"

#include <systemd/sd-event.h>

/*
 * Leaving where nobody has come for a while, so that a site without clients costs no process: the socket is
 * systemd's, and starts the next one. For the main thread.
 */

struct idle {
    sd_event_source *timer; /* runs while nobody is there; NULL: nobody leaves */
    const struct clients *clients;
    uint64_t usec;
    uint64_t seen; /* clients that had come when the time began */
    bool runs;
    int (*leave)(void *context);
    void *context;
};

/*
 * `leave` is called when no connection was there for so long, and answers 0 or a negative errno; `usec` 0: it
 * never is. The time begins now. 0 or a negative errno; idle_end() takes what it left either way.
 */
int idle_init(struct idle *ret, sd_event *event, const struct clients *clients, uint64_t usec,
              int (*leave)(void *context), void *context);

/* To be called every second while there are connections, and with `busy` false once when there are none any
 * more. 0 or a negative errno. */
int idle_look(struct idle *idle, bool busy);

/* All zero is fine. */
void idle_end(struct idle *idle);

#endif
