#ifndef HELLOD_SERVER_H
#define HELLOD_SERVER_H

#include "config.h"
#include "listener.h"
#include "state.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The server: document root, clients and pool put together; the main thread's loop (signals, the sweep, the
 * drain). All functions are for the main thread.
 */

struct server;

struct server_options {
    const struct config *config;
    const struct listeners *listeners;
    unsigned long exit_after; /* clients to serve, then drain; 0: no end */
    struct state *state;      /* what a predecessor's server_put() wrote, to go on with; NULL: none */
    int types_fd;             /* of media_types_take(), which takes it over; negative: none */
};

/* Blocks the signals that server_run() takes, for the whole process: before the first thread, and before the
 * first signal that counts. */
void server_block_signals(void);

/*
 * Loads everything and starts the pool; clients are accepted from now on. 0, or a negative errno after one
 * log entry. What the options point to, the state excepted, must outlive the server.
 */
int server_start(struct server **ret, const struct server_options *options);

/* Why server_run() returned. */
enum server_outcome {
    SERVER_STOPPED, /* drained after SIGTERM, SIGINT or exit_after */
    SERVER_RELOAD,  /* SIGHUP came: server_asker() sent it, and server_run() may be called again */
};

/* Serves. An outcome, or a negative errno after one log entry. */
int server_run(struct server *server);

pid_t server_asker(const struct server *server);
unsigned server_connections(const struct server *server);
bool server_is_draining(const struct server *server);

/* Stops serving at the next job boundaries, and goes on. In between server_put() puts all that is needed to
 * go on elsewhere into a state. -ETIMEDOUT where a job takes too long, -EIO where the file of the access log
 * has not taken its entries in time: then it has gone on already. */
int server_pause(struct server *server);
void server_put(const struct server *server, struct state *state);
void server_resume(struct server *server);

/* The file of the access log, if there is one, is opened anew before the next entry. */
void server_reopen_logs(struct server *server);

/* CLOCK_MONOTONIC, when the last worker stood still. */
int64_t server_paused_usec(const struct server *server);

/* For a successor, of whose predecessor that was `since_usec`: notes how long no worker ran, and returns it,
 * in microseconds. */
int64_t server_note_pause(struct server *server, int64_t since_usec);

/* Begins to drain as SIGTERM does; server_run() does the rest. 0 or a negative errno. */
int server_drain(struct server *server, const char *why);

/* Ends the pool, closes every connection, frees. NULL is fine. */
void server_end(struct server *server);

#endif
