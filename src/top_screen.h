#ifndef HELLOD_TOP_SCREEN_H
#define HELLOD_TOP_SCREEN_H

#include "top_sample.h"

#include <stdio.h>

/* The live screen as text. */

/* As many of the busiest paths as are shown, where there is room. */
enum { TOP_PATHS_SHOWN = 10 };

struct top_view {
    const struct top_sample
        *before; /* what rates are made of together with `now`; NULL: there are none yet */
    const struct top_sample *now;
    const char *source;     /* where it was read, safe for a terminal */
    const char *trouble;    /* what is wrong with reading it, likewise; NULL: nothing */
    unsigned rows, columns; /* 0: as many as it takes */
};

/* Printable ASCII only, a line end behind each line; never more than rows and columns allow. */
void top_screen_write(const struct top_view *view, FILE *out);

#endif
