#ifndef HELLOD_LOG_H
#define HELLOD_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

/*
 * The log is standard error, one write(2) an entry. Where standard error is the journal ($JOURNAL_STREAM
 * names it, systemd.exec(5)) an entry starts with its priority as "<N>" (sd-daemon(3)); on a
 * terminal it is coloured by it, elsewhere it is the bare text. Thread-safe after log_open(), which is called
 * once, before threads. An entry is one line: text from outside goes through str_escape() first, and control
 * bytes that come all the same are blanked.
 */

void log_open(void);

/* Entries less urgent than `priority` (LOG_ERR to LOG_DEBUG of syslog(3)) are dropped. LOG_INFO at first. */
void log_set_level(int priority);
bool log_enabled(int priority);

/* One entry, cut at 4 KiB; dropped, and counted, where it can't be written without waiting. errno survives.
 */
void log_write(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether the log is the journal, and takes entries in its own protocol. */
bool log_is_journal(void);

/* Entries that were to be written and could not be, in all; whoever writes entries by another way adds his.
 */
void log_note_dropped(uint64_t count);
uint64_t log_dropped(void);

/*
 * For a process that is about to end. One entry a line; empty lines are none, and no text is no event. The
 * journal knows the unit of what comes by standard error for sure, of other entries only while their sender
 * lives: so the event, an entry that sums up, comes behind, and in the journal only.
 */
void log_lines(int priority, const char *lines, const char *message_id, const char *summary);

/*
 * The same with a MESSAGE_ID (event.h), in the journal's own protocol where standard error is the journal. It
 * doesn't wait either.
 */
void log_event(const char *message_id, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with further fields, lines of NAME=value, each with its end; in the journal only. */
enum { LOG_FIELDS_MAX = 3072 };
void log_event_fields(const char *message_id, int priority, const char *fields, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define log_error(...)   log_write(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)    log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...)                                                                                       \
    do {                                                                                                     \
        if (log_enabled(LOG_DEBUG))                                                                          \
            log_write(LOG_DEBUG, __VA_ARGS__);                                                               \
    } while (0)

#endif
