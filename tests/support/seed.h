#ifndef HELLOD_TESTS_SEED_H
#define HELLOD_TESTS_SEED_H

#include <stdint.h>

/*
 * Random numbers for tests that hold the code against a simpler reading of the same. Each run begins
 * elsewhere and says where; SEED=n in the environment begins there again. One thread.
 */

/* To be called first by a test: says the seed. */
void seed_start(void);

/* Less than `below`, which is above 0. */
unsigned seed_pick(unsigned below);

/* Any number. */
uint64_t seed_number(void);

#endif
