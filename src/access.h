#ifndef HELLOD_ACCESS_H
#define HELLOD_ACCESS_H

#include "access_mode.h"
#include "access_text.h"

#include <stdint.h>

/*
 * The access log. Whoever has answered a request hands an entry over and goes on: it is copied into a ring,
 * or, above the rate, counted; a thread of the logger's own writes, and while there is nothing to write it
 * sleeps. Nobody ever waits for it: what finds the ring full is dropped, counted, and told of. A file gets
 * all entries, whatever their rate and level.
 */

struct access;

struct access_options {
    enum access_mode mode; /* not ACCESS_OFF */
    unsigned rate;         /* entries a second; 0: all. Not of ACCESS_FILE. */
    int client_errors;     /* priority of 4xx */
    unsigned writers;      /* who calls access_submit(): workers numbered from 0 */
    const char
        *journal;     /* the path of the journal's socket; NULL: entries are lines of the log. Not owned. */
    const char *file; /* of ACCESS_FILE: its path. Not owned. */
    enum access_format format;
};

/* A logger that doesn't run yet: what is handed over waits. 0 or a negative errno. */
int access_open(struct access **ret, const struct access_options *options);

/* Once. 0 or the negative errno of pthread_create(3). NULL is fine. */
int access_start(struct access *access);

/* Writes what there is, and ends the logger, also one that was never started. NULL is fine. */
void access_end(struct access *access);

/* What there is to an answer that is only counted. */
struct access_brief {
    uint64_t bytes;
    int64_t duration_usec;
    unsigned status;
    unsigned worker;
    bool cut;
};

/*
 * By the writer that brief->worker names: one answer, and the head that it answers or an excerpt of it.
 * `now_nsec` is CLOCK_MONOTONIC. True: it gets an entry of its own, by access_submit(), which must follow.
 * False: it is counted, or not wanted at all.
 */
bool access_admits(struct access *access, const struct access_brief *brief, struct str head,
                   int64_t now_nsec);

void access_submit(struct access *access, const struct access_entry *entry, struct str head);

/*
 * While no writer is at work: what was handed over is written, or dropped where it can't be at once, and the
 * logger sleeps. After `patience_usec` it is left as it is, and what is left in the ring counts as dropped.
 * 0, or -ETIMEDOUT where it is a file that has not taken it by then: nothing is given up, and the logger may
 * be waiting for a disk. NULL is fine.
 */
int access_flush(struct access *access, int64_t patience_usec);

/* A file is opened anew, by its path, before the next entry. NULL is fine. */
void access_reopen(struct access *access);

/* What became of the answers that were to be logged. */
struct access_totals {
    uint64_t written, summed, dropped;
};

/* NULL is fine: then all is 0. */
struct access_totals access_totals(struct access *access);

/* For a successor: it goes on counting from there. Before the first entry. */
void access_carry_on(struct access *access, const struct access_totals *totals);

#endif
