#ifndef HELLOD_ACCESS_SINK_H
#define HELLOD_ACCESS_SINK_H

#include "access_tally.h"
#include "access_text.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Where access entries end: the journal, by its own protocol, or the log as lines. What can't be written is
 * counted, and told as soon as something can be. For the logger's thread.
 */

struct access_sink {
    const char *journal; /* the path of its socket; NULL: the log. Not owned. */
    int journal_fd;
    const _Atomic bool *hurry; /* whether there is time to wait for the journal */
    bool given_up;             /* it took nothing for long: it isn't waited for until it takes something */
    uint64_t untold;           /* entries that were dropped since the last time that this was said */
};

/* 0 or a negative errno. `hurry` must outlive it. */
int access_sink_open(struct access_sink *ret, const char *journal, const _Atomic bool *hurry);
void access_sink_close(struct access_sink *sink);

/* False: it could not be written, and is counted as such. */
bool access_sink_write(struct access_sink *sink, const struct access_entry *entry,
                       const struct excerpt *excerpt, int priority);

/* What was not written one by one. */
void access_sink_sum_up(struct access_sink *sink, const struct access_counts *counts, int64_t period_usec);

/* Entries that never got here. */
void access_sink_note_dropped(struct access_sink *sink, uint64_t count);

#endif
