#ifndef HELLOD_EXPOSITION_H
#define HELLOD_EXPOSITION_H

#include "http/str.h"

#include <stdbool.h>

/* Reading the text format of Prometheus, version 0.0.4. No system call, no memory of its own. */

struct exposition_sample {
    struct str name;
    struct str labels; /* what stands between the braces */
    double value;
};

/* Cuts text up to the next sample off *rest; false where there is none. Comments and lines that are no
 * samples are passed over. */
bool exposition_next(struct str *rest, struct exposition_sample *ret);

/*
 * The value of a label, unescaped, into a buffer: at most `size` bytes of it, without a NUL behind. False
 * where the sample hasn't got that label.
 */
bool exposition_label(const struct exposition_sample *sample, const char *name, char *buffer, size_t size,
                      size_t *ret_length);

#endif
