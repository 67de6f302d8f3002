#ifndef HELLOD_TESTS_FAULTY_H
#define HELLOD_TESTS_FAULTY_H

#include "fault_calls.h"
#include "server.h"

#include <stdbool.h>

/*
 * A server of which one call fails, as its environment says: $HELLOD's twin hellod-faulty. The call is the
 * nth of its name, in one of the server's lives; see fault_environment.c.
 */

/* Has server_spawn() start it from now on. */
void faulty_install(struct server *server);

/* What is to fail in servers that are started, or go on as another program, from now on; and nothing. */
void faulty_set(const char *image, enum fault_call call, unsigned nth, int error);
void faulty_clear(void);

/* In words, for who reads of a failed test; until the next faulty_set(). */
const char *faulty_text(void);

/* Whether it has struck by now. */
bool faulty_has_struck(struct server *server);

/* Waits until the server that was started is ready (true), or has ended. */
bool faulty_is_ready(struct server *server);

/* The server is to have ended, or to end, by itself, with a failure, and with an error in the log that says
 * of which. */
void faulty_expect_failure(struct server *server);

/* It is told to stop, and ends as it should. */
void faulty_expect_stop(struct server *server);

/* Of the call's errors, the one behind this one (0: the first), or 0. Only LONG=1 goes on behind the first.
 */
int faulty_next_error(enum fault_call call, int error);

/* From one nth to the next: with a sanitizer, which slows everything down, two of three are left out. */
unsigned faulty_step(void);

#endif
