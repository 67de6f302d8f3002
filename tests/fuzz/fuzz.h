#ifndef HELLOD_TESTS_FUZZ_FUZZ_H
#define HELLOD_TESTS_FUZZ_FUZZ_H

#include "http/str.h"

#include <stddef.h>
#include <stdint.h>

/*
 * What every harness has: one function that takes any bytes, hands them to the code under test, and asserts
 * what must hold whatever they were. `make fuzz` links it with libFuzzer, which looks for bytes that reach
 * new code; `make check` with replay.c, which plays the inputs kept in tests/fuzz. An input is text where
 * that can be, so that a person can write one.
 *
 * A harness keeps nothing from one input to the next: the same bytes do the same.
 */

/* By their names libFuzzer knows them. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts the first line off *rest, with its LF; all of it where there is no LF. */
struct str fuzz_line(struct str *rest);

/* A number written at the start of the line; `otherwise` where there is none that fits. */
uint64_t fuzz_number(struct str line, uint64_t otherwise);

/* In memory of just its size, so that a sanitizer sees an octet read past it. For free(3), through
 * fuzz_free().
 */
struct str fuzz_copy(struct str s);
void fuzz_free(struct str s);

/* Whether the piece lies in the whole; an empty piece may point anywhere. */
bool fuzz_within(struct str piece, struct str whole);

/* A xorshift generator: the next number, below `below`. */
unsigned fuzz_pick(uint64_t *seed, unsigned below);

#endif
