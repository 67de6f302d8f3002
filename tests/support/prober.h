#ifndef HELLOD_TESTS_PROBER_H
#define HELLOD_TESTS_PROBER_H

#include "server.h"

#include <stdbool.h>

/*
 * An honest client in a thread of its own: `GET /` every few milliseconds, on a connection that is kept and
 * on a new one in turn, from 127.0.0.77. It measures how long each takes while something hostile goes on. One
 * at a time; it ends with the test, or before.
 */

/*
 * The machine is shared with who knows what, so the bound holds for one stretch of so many requests, of at
 * most so many stretches. With a sanitizer, which slows everything down, there is none.
 */
enum { PROBER_STRETCH = 100, PROBER_STRETCHES = 10, PROBER_BOUND_USEC = 100000 };

/* Requests until all is in place that is made at the first ones. */
enum { PROBER_WARM = 10 };

void prober_start(const struct server *server);

/* Waits until it has done so many requests since its start. */
void prober_await(unsigned requests);

/*
 * Whether it should see more of what goes on: it hasn't a whole stretch yet, or none whose 99th percentile is
 * within the bound and may have another.
 */
bool prober_wants_more(void);

/*
 * Ends it, says what it saw of `attack` in the run's summary, and fails the test where a request went
 * unanswered or was answered wrongly, or no stretch had a 99th percentile within the bound. At least one
 * whole stretch is measured.
 */
void prober_finish(const char *attack);

void prober_close(void);

#endif
