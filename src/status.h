#ifndef HELLOD_STATUS_H
#define HELLOD_STATUS_H

#include "clients.h"

#include <stddef.h>
#include <stdint.h>

/*
 * What `systemctl status` shows of a server that runs: how many connections and transfers there are, how many
 * requests a second, and how many since when. Told again only where the text has changed. For the main
 * thread.
 */

enum { STATUS_TEXT_MAX = 320 };

struct status {
    int64_t started_usec; /* real time */
    uint64_t answers;     /* when it was told last, */
    int64_t told_usec;    /* CLOCK_MONOTONIC; 0: nobody was there */
    char text[STATUS_TEXT_MAX];
};

/* Of a server that started then, in real time. */
void status_init(struct status *ret, int64_t started_usec);

/* Somebody has come: from now on requests a second are counted. Where that has begun already, nothing. */
void status_begin(struct status *status, const struct clients_pulse *pulse, int64_t now_usec);

/*
 * What there is to tell by now, in status->text; with no connection, that the server is idle, and the count
 * of requests a second ends. `stuck`: workers. Whether the text is another one than before.
 */
bool status_update(struct status *status, const struct clients_pulse *pulse, unsigned stuck,
                   int64_t now_usec);

/* It could not be told: the next text is another one whatever it says. */
void status_forget(struct status *status);

#endif
