#ifndef HELLOD_TESTS_DRIVEN_H
#define HELLOD_TESTS_DRIVEN_H

#include "connection.h"

#include "harness.h"
#include "tree.h"

/*
 * One connection driven by hand over a socket pair: no pool, no clock but the one that the test tells. Limits
 * are small numbers: a head may take 10 microseconds, an idle spell 20, a stop within a body 30, a whole
 * request 35, a stop in taking 40, at whatever rate. The
 * document root has hello.html ("hello") and big (DRIVEN_BIG bytes of noise, seed 1).
 */

enum { DRIVEN_BIG = 3 << 20, DRIVEN_SEND_BUFFER = 64 << 10, DRIVEN_BODY_MAX = 1000 };

#define DRIVEN_HOST "Host: x\r\n"

extern struct driven {
    struct tree *tree;
    struct site site;
    struct connection_limits limits;
    _Atomic bool draining;
    struct connection_context context;
    struct access *access; /* NULL unless a test says otherwise, before driven_open() */
    struct workspace workspace;
    struct connection connection;
    int client; /* the other end; -1 once the test has closed it */
} driven;

/*
 * Puts the connection, which waits, into a state, forgets it and the desk, and gets it out again, as a reload
 * does. driven_carry_on(true): between any two turns from now on, in all tests, so that what a test asks of a
 * connection holds for one that is carried over as well.
 */
void driven_carry(void);
void driven_carry_on(bool always);

/* For cmocka: each test has a connection of its own, opened at 1000. */
int driven_set_up(void **state);
int driven_tear_down(void **state);

/* Only the connection and its two ends, at 1000 and with a desk of its own; the site stays. */
void driven_open(void);
void driven_close(void);

#define driven_test(function) cmocka_unit_test_setup_teardown(function, driven_set_up, driven_tear_down)

void driven_say(const char *text);
enum connection_want driven_run(int64_t now_usec);

/* What is there to be read now, NUL-terminated, in a buffer that the next call uses anew. */
char *driven_receive(size_t *length);
char *driven_receive_text(void);

void driven_assert_end(void);
void driven_assert_phase(enum connection_phase phase, int64_t deadline);

/* How often a word stands in a text. */
unsigned driven_count(const char *text, const char *word);

#endif
