#ifndef HELLOD_TESTS_FAULT_H
#define HELLOD_TESTS_FAULT_H

#include "fault_calls.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Calls that fail when a test says so. A program that is linked with WRAPS (see the Makefile) calls the C
 * library through here. Threads may call at any time; a test changes what fails while nobody else is at work,
 * or minds not which of the calls it is.
 */

/* From the `first` call of it on (1: the next one), so many calls fail with that errno. The count of calls
 * begins anew. */
void fault_set(enum fault_call call, unsigned first, unsigned times, int error);

/* Nothing fails any more. */
void fault_clear(void);

/* Since fault_set(): the calls of it, and whether one has failed. */
unsigned fault_calls(enum fault_call call);
bool fault_has_struck(void);

/* From now on the first failure after each fault_set() is told on standard error, by FAULT_TOLD. */
void fault_tell(void);

/* The calling thread's own calls neither fail nor count, until it says otherwise. */
void fault_spare(bool spared);

/* CLOCK_MONOTONIC and CLOCK_REALTIME, and their coarse ones, are so much ahead from now on. */
void fault_shift_clock(int64_t usec);

/* All of these stand still at so much, more than 0, from now on; at 0 they go again. */
void fault_stop_clock(int64_t usec);

/* CLOCK_REALTIME and its coarse one alone, on top of that: as where somebody sets the date. */
void fault_set_date(int64_t usec_ahead);

/* Open file descriptors of this process. */
unsigned fault_open_fds(void);

#endif
