#ifndef HELLOD_TESTS_PATIENCE_H
#define HELLOD_TESTS_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How long the tests wait for what must come: until an fd says so, never for a fixed time. The bound only
 * ends a test that has failed, so it is generous enough for a sanitizer on a busy machine.
 */
enum { PATIENCE_MS = 20000 };

/* Microseconds of CLOCK_MONOTONIC. */
int64_t patience_now(void);

/* The moment PATIENCE_MS from now, in microseconds; with TEST_PATIENCE=n in the environment, n times that. */
int64_t patience_deadline(void);

/* Waits until `fd` has one of the poll(2) events (or an error, or a hang-up); false when the deadline came
 * first. */
bool patience_poll(int fd, short events, int64_t deadline);

/* As patience_poll(), for two fds and POLLIN. */
bool patience_poll_either(int one, int other, int64_t deadline);

/* Whether this program, and so the server with it, was built with a sanitizer, or is run by a tool for which
 * there is TEST_PATIENCE: slower by a factor. */
bool patience_sanitized(void);

#endif
