#ifndef HELLOD_TESTS_PROBER_H
#define HELLOD_TESTS_PROBER_H

#include "server.h"

/*
 * An honest client in a thread of its own: `GET /` every few milliseconds, on a connection that is kept and
 * on a new one in turn, from 127.0.0.77. It measures how long each takes while something hostile goes on. One
 * at a time; it ends with the test, or before.
 */

/* The machine is shared with who knows what, so the bound holds for the calmest stretch of so many requests.
 */
enum { PROBER_STRETCH = 100, PROBER_BOUND_USEC = 100000 };

/* Where the sanitizers slow everything down, the bound is this many times as far away. */
enum { PROBER_SANITIZED_FACTOR = 5 };

void prober_start(const struct server *server);

/* Waits until it has done so many requests since its start. */
void prober_await(unsigned requests);

/*
 * Ends it, says what it saw of `attack` in the run's summary, and fails the test where a request went
 * unanswered or was answered wrongly, or no stretch had a 99th percentile within the bound. At least one
 * whole stretch is measured.
 */
void prober_finish(const char *attack);

void prober_close(void);

#endif
