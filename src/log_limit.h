#ifndef HELLOD_LOG_LIMIT_H
#define HELLOD_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Log entries for what a client, or a machine in need, can make happen a thousand times a second: one entry a
 * cause and interval, with a count. The first event is told at once. Those that follow within the interval
 * are counted; the count is told with the first of them when the interval is over, so an entry is late at
 * most and no event is left out. Where nobody calls log_limit() any more, log_limit_tell() does that.
 *
 * Any thread may call any of it. An event that is only counted costs an atomic addition and a look at the
 * coarse clock; nobody waits for a lock.
 */

enum log_cause {
    LOG_CAUSE_ACCEPT,     /* accept4(2) failed for want of something */
    LOG_CAUSE_SHORTAGE,   /* a request was answered with 503: memory, fds */
    LOG_CAUSE_FAILURE,    /* a request was answered with 500: a file can't be opened or read */
    LOG_CAUSE_FILE_ERROR, /* a response was cut short: the rest of its file can't be read */
    LOG_CAUSE_FILE_SHORT, /* a response was cut short: its file has been shortened */
    LOG_CAUSE_CONNECTION, /* a connection was closed for want of something */
    LOG_CAUSE_FULL,       /* there are as many connections as there may be */
    LOG_CAUSE_ADDRESS,    /* a client address has as many as it may have */
    LOG_CAUSE_RATE,       /* a client address asks more than it may */
    LOG_CAUSE_SLOW,       /* a client was cut off for being slow */
    LOG_CAUSE_ACCESS,     /* an access entry did not get into its file */
    LOG_CAUSE_COUNT
};

enum { LOG_LIMIT_INTERVAL_SECONDS = 10, LOG_LIMIT_TEXT_MAX = 512 };

/* One event. The text is cut at LOG_LIMIT_TEXT_MAX; log_limit.c has the priority of each cause. errno
 * survives. */
void log_limit(enum log_cause cause, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same of so many events at once. */
void log_limit_many(enum log_cause cause, uint64_t times, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same as log_limit(); of the texts of an interval the one with the greatest weight is told. */
void log_limit_worst(enum log_cause cause, unsigned weight, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether the next event of this cause will leave its text, so that a caller may spare the making of it. */
bool log_limit_wants_text(enum log_cause cause);

/* Tells what has been counted for longer than the interval. True: something is left, to be told later. */
bool log_limit_tell(void);

/* Tells whatever has been counted: nobody will later. */
void log_limit_tell_all(void);

#endif
