/* The last step of an access entry; see access_sink.h. */
#include "access_sink.h"

#include "event.h"
#include "http/writer.h"
#include "journal.h"
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* A journal that is busy, or started anew, has so long to take an entry. */
enum { RETRY_MSEC = 5, RETRIES_MAX = 200 };

enum { ENTRY_SIZE = ACCESS_TEXT_MAX };

int access_sink_open(struct access_sink *ret, const char *journal, const char *file,
                     enum access_format format, const _Atomic bool *hurry)
{
    *ret = (struct access_sink){.journal = journal, .journal_fd = -1, .hurry = hurry};
    if (file)
        return access_file_new(&ret->file, file, format);
    if (journal)
        ret->journal_fd = journal_open();
    return journal && ret->journal_fd < 0 ? ret->journal_fd : 0;
}

void access_sink_close(struct access_sink *sink)
{
    if (sink->journal_fd >= 0)
        close(sink->journal_fd);
    sink->journal_fd = -1;
    access_file_free(sink->file);
    sink->file = NULL;
}

/* Whether the journal may take later what it doesn't take now. */
static bool is_passing(int error)
{
    return error == -EAGAIN || error == -ECONNREFUSED || error == -ENOENT || error == -ENOBUFS;
}

static bool send_to_journal(struct access_sink *sink, struct str entry)
{
    int r = journal_send(sink->journal_fd, sink->journal, entry.data, entry.length);
    for (unsigned retries = 0; is_passing(r) && !sink->given_up && !atomic_load(sink->hurry); retries++) {
        if (retries == RETRIES_MAX)
            sink->given_up = true;
        (void)poll(NULL, 0, RETRY_MSEC);
        r = journal_send(sink->journal_fd, sink->journal, entry.data, entry.length);
    }
    if (r == 0)
        sink->given_up = false;
    return r == 0;
}

/* Behind an entry that got through: it says what is missing before it. */
static void tell_of_dropped(struct access_sink *sink)
{
    static const char why[] = "access entries are missing here: they could not be written in time";
    char entry[256];
    if (sink->untold == 0)
        return;
    if (!sink->journal) {
        log_warning("%" PRIu64 " %s", sink->untold, why);
    } else {
        int n =
            snprintf(entry, sizeof entry, "MESSAGE=%" PRIu64 " %s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=hellod\n",
                     sink->untold, why, LOG_WARNING);
        if (journal_send(sink->journal_fd, sink->journal, entry, (size_t)n) < 0)
            return;
    }
    sink->untold = 0;
}

void access_sink_note_dropped(struct access_sink *sink, uint64_t count)
{
    if (sink->file) {
        access_file_note_dropped(sink->file, count);
        return;
    }
    sink->untold += count;
    log_note_dropped(count);
}

static bool write_to_journal(struct access_sink *sink, const struct access_entry *entry,
                             const struct excerpt *excerpt, int priority)
{
    char text[ENTRY_SIZE];
    size_t length = access_text_journal(entry, excerpt, priority, text, sizeof text);
    return send_to_journal(sink, (struct str){text, length});
}

static void write_to_log(const struct access_entry *entry, const struct excerpt *excerpt, int priority)
{
    char text[ENTRY_SIZE];
    size_t length = access_text_combined(entry, excerpt, text, sizeof text);
    log_write(priority, "%.*s", (int)length, text);
}

void access_sink_write(struct access_sink *sink, const struct access_entry *entry,
                       const struct excerpt *excerpt, int priority)
{
    if (sink->file) {
        access_file_put(sink->file, entry, excerpt, &sink->outcome);
        return;
    }
    if (!sink->journal) {
        write_to_log(entry, excerpt, priority);
    } else if (!write_to_journal(sink, entry, excerpt, priority)) {
        access_sink_note_dropped(sink, 1);
        sink->outcome.dropped++;
        return;
    }
    sink->outcome.written++;
    tell_of_dropped(sink);
}

struct access_outcome access_sink_flush(struct access_sink *sink)
{
    if (sink->file)
        access_file_flush(sink->file, &sink->outcome);
    struct access_outcome outcome = sink->outcome;
    sink->outcome = (struct access_outcome){0};
    return outcome;
}

void access_sink_reopen(struct access_sink *sink)
{
    if (sink->file)
        access_file_reopen(sink->file, &sink->outcome);
}

void access_sink_sum_up(struct access_sink *sink, const struct access_counts *counts, int64_t period_usec)
{
    char text[ACCESS_TALLY_TEXT_MAX], entry[ACCESS_TALLY_TEXT_MAX + 512];
    access_tally_format(counts, period_usec, text, sizeof text);
    if (!sink->journal) {
        log_info("%s", text);
        return;
    }
    int n = snprintf(entry, sizeof entry,
                     "MESSAGE=%s\nMESSAGE_ID=" EVENT_ACCESS_SUM
                     "\nPRIORITY=%d\nSYSLOG_IDENTIFIER=hellod\nACCESS_REQUESTS=%" PRIu64
                     "\nACCESS_BYTES=%" PRIu64 "\nACCESS_SLOWEST_USEC=%" PRId64 "\n",
                     text, LOG_INFO, counts->requests, counts->bytes,
                     counts->slowest_usec > 0 ? counts->slowest_usec : 0);
    if (send_to_journal(sink, (struct str){entry, (size_t)n}))
        tell_of_dropped(sink);
    else
        access_sink_note_dropped(sink, 1);
}
