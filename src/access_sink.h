#ifndef HELLOD_ACCESS_SINK_H
#define HELLOD_ACCESS_SINK_H

#include "access_file.h"
#include "access_mode.h"
#include "access_tally.h"
#include "access_text.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Where access entries end: the journal, by its own protocol, the log as lines, or a file. What can't be
 * written is counted, and told: of the journal and the log as soon as something can be. For the logger's
 * thread.
 */

struct access_sink {
    const char *journal; /* the path of its socket; NULL: the log. Not owned. */
    int journal_fd;
    struct access_file *file;  /* instead of both; NULL: none */
    const _Atomic bool *hurry; /* whether there is time to wait for the journal */
    bool given_up;             /* it took nothing for long: it isn't waited for until it takes something */
    uint64_t untold;           /* entries that were dropped since the last time that this was said */
    struct access_outcome outcome; /* not taken yet */
};

/* With a path in `file` that one is meant, with lines of that format. 0 or a negative
 * errno. The paths and `hurry` must outlive it. */
int access_sink_open(struct access_sink *ret, const char *journal, const char *file,
                     enum access_format format, const _Atomic bool *hurry);
void access_sink_close(struct access_sink *sink);

void access_sink_write(struct access_sink *sink, const struct access_entry *entry,
                       const struct excerpt *excerpt, int priority);

/* Nothing is held back any more: what became of all entries since the last call. */
struct access_outcome access_sink_flush(struct access_sink *sink);

/* Opens the file anew, by its path. */
void access_sink_reopen(struct access_sink *sink);

/* What was not written one by one. */
void access_sink_sum_up(struct access_sink *sink, const struct access_counts *counts, int64_t period_usec);

/* Entries that never got here; no outcome of this sink's. */
void access_sink_note_dropped(struct access_sink *sink, uint64_t count);

#endif
