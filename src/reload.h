#ifndef HELLOD_RELOAD_H
#define HELLOD_RELOAD_H

#include "config.h"
#include "listener.h"
#include "server.h"
#include "state.h"

#include <stdint.h>
#include <sys/types.h>

/*
 * Reload: the process replaces itself by the installed program, which goes on with every connection at its
 * byte and with the configuration as it is now. First a child, the program that is to take over, is asked
 * whether the configuration is right and whether it can read our state; only then is the pool paused, the
 * state written and the program executed. Until then, and if the execution fails, the server that runs goes
 * on as if nothing had been. For the main thread.
 */

struct reload {
    char *program; /* the installed file, as it was named when this process began */
    const char *config_path;
    const char *log_level; /* what --log-level says; NULL: nothing */
};

/* To be called first of all: a program that is replaced later can't tell its own name any more. 0 or a
 * negative errno. */
int reload_init(struct reload *ret, const char *config_path, const char *log_level);
void reload_free(struct reload *reload);

/* In a successor, before it reads its configuration: makes what a start takes of the heap present at once. */
void reload_prepare(void);

enum reload_result {
    RELOAD_REFUSED,   /* the server goes on as it was; log, service manager and asker know why */
    RELOAD_NO_WAY_ON, /* the installed program can't take over: the server is to drain, and be started anew */
};

/* Returns only if it failed. `asker`: who sent the signal, to be answered. */
enum reload_result reload_run(const struct reload *reload, struct server *server, const struct config *config,
                              const struct listeners *listeners, pid_t asker);

enum { RELOAD_VERSION_MAX = 32 };

/* What a successor finds. */
struct arrival {
    struct state state;
    pid_t asker;
    int types_fd;        /* of media_types_take(), which takes it over; negative: none */
    int64_t paused_usec; /* CLOCK_MONOTONIC, when the last worker of the predecessor stood still */
    char version[RELOAD_VERSION_MAX]; /* of the predecessor */
    char *config;                     /* what config_dump() said of its configuration; NULL: not known */
};

/* In the successor: opens the state that --resume=FD names and takes the listening sockets out of it. 0 or a
 * negative errno. */
int reload_arrive(struct arrival *ret, int fd, struct listeners *listeners);

/* The workers run again: tells the log, and the server, how long they did not; and the log what is another
 * than before. */
void reload_tell(const struct arrival *arrival, struct server *server, const struct config *config);

/* The service manager knows as well: answers whoever asked, and closes the state. */
void reload_complete(struct arrival *arrival);

/* Closes the state, if there is one; nobody is told. */
void reload_leave(struct arrival *arrival);

#endif
