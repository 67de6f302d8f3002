#ifndef HELLOD_SERVER_H
#define HELLOD_SERVER_H

#include "config.h"
#include "listener.h"

/*
 * The server: document root, clients and pool put together; the main thread's loop (signals, the sweep, the
 * drain). All functions are for the main thread.
 */

struct server;

/* Blocks SIGTERM and SIGINT for the whole process: before the first thread, and before the first signal that
 * counts. */
void server_block_signals(void);

/*
 * Loads everything and starts the pool; clients are accepted from now on. `exit_after`: clients to serve,
 * then drain (0: no end). 0, or a negative errno after one log entry. `config` and `listeners` must outlive
 * the server.
 */
int server_start(struct server **ret, const struct config *config, const struct listeners *listeners,
                 unsigned long exit_after);

/* Serves until SIGTERM, SIGINT or exit_after, then drains. 0, or a negative errno after one log entry. */
int server_run(struct server *server);

/* Ends the pool, closes every connection, frees. NULL is fine. */
void server_end(struct server *server);

#endif
