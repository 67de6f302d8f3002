#ifndef HELLOD_TERMINAL_H
#define HELLOD_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A terminal's whole screen, taken while something is shown on it and given back as it was on every way out:
 * by terminal_close(), and where a fault of ours ends the process. One at a time in a process.
 *
 * It speaks the few sequences of ECMA-48 and xterm(1) that all terminals of today know, of those that say
 * they are one.
 */

/* Whether standard input and output are a terminal, and $TERM not one that can only print. */
bool terminal_is_usable(void);

/*
 * Takes the screen, and the signals that end, stop or resize: they come as events from now on. Keys come one
 * by one, unseen. 0, or a negative errno with all as it was.
 */
int terminal_open(void);

/* Gives the screen back. Signals stay blocked. */
void terminal_close(void);

void terminal_size(unsigned *ret_rows, unsigned *ret_columns);

/* Shows the lines of a text from the top on, and nothing else; what it holds must be printable, fit, and have
 * a line end behind each line. 0, or a negative errno: the terminal is gone. */
int terminal_show(const char *text);

enum terminal_event {
    TERMINAL_TIME,    /* the time has come */
    TERMINAL_KEY,     /* a byte, in *ret */
    TERMINAL_CHANGED, /* its size, or who had it for a while: all is to be shown anew */
    TERMINAL_SIGNAL,  /* the one in *ret wants the process to end */
    TERMINAL_GONE,
};

/* Waits until then (CLOCK_MONOTONIC) at most. A stop by the user is done in here. */
enum terminal_event terminal_wait(int64_t until_usec, int *ret);

#endif
