#ifndef HELLOD_ATTENTION_H
#define HELLOD_ATTENTION_H

#include <stdatomic.h>
#include <stdbool.h>

/*
 * How the workers get the main thread to look: an eventfd(2) that it waits on. Any thread may call; waiting
 * and attention_end_watch() are the main thread's.
 */

struct attention {
    int fd;               /* readable when the main thread should look, which then reads it */
    _Atomic bool watched; /* the main thread sweeps already */
};

/* 0 or a negative errno; attention_close() takes what it left either way. */
int attention_open(struct attention *ret);
void attention_close(struct attention *attention);

/* The main thread is to look, once. */
void attention_call(struct attention *attention);

/* The main thread is to sweep from now on; costs one load where it does. */
void attention_want_sweep(struct attention *attention);

/* The main thread is about to stop sweeping: whoever finds a reason from now on calls it. */
void attention_end_watch(struct attention *attention);

/* After attention_end_watch(), with a reason found meanwhile: true where nobody has called, and so the
 * sweeping goes on. */
bool attention_take_watch(struct attention *attention);

#endif
