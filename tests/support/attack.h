#ifndef HELLOD_TESTS_ATTACK_H
#define HELLOD_TESTS_ATTACK_H

#include "server.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What every attack has in common: a server with four threads, an honest client beside it (prober.h), and
 * what the server holds before, at the worst and after. A test with a sanitizer, which slows everything down,
 * has fewer attackers; LONG=1 goes on with each attack for a minute.
 */

/* As server_run(), with pool_size 4, and large.bin in its document root; then the honest client begins. */
struct server *attack_begin(const char *settings);

enum { ATTACK_LARGE = 20 << 20 };

/* So many attackers, or the share of them that a sanitizer, or the limit of open files, allows. */
unsigned attack_scale(unsigned attackers);

/*
 * Whether to go on: for so many rounds at least, and until the honest client has seen enough of it. Looks at
 * what the server holds meanwhile. For a loop that attacks once more.
 */
bool attack_goes_on(unsigned rounds);

/* A tenth of a second passes. */
void attack_rest(void);

/*
 * The attackers are gone: says the numbers, and fails the test unless the honest client was served in time
 * (prober.h), memory has grown by no more than `memory` bytes at the worst, and the fds are those of the
 * beginning again. Stops the server.
 */
void attack_end(const char *name, size_t memory);

#endif
