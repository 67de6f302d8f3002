/* Counting in a worker's place, and the line that tells of it; see access_tally.h. */
#include "access_tally.h"

#include "http/excerpt.h"
#include "http/writer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void access_tally_init(struct access_tally *ret)
{
    int r = pthread_mutex_init(&ret->lock, NULL);
    assert(r == 0);
    ret->counts = (struct access_counts){.slowest_usec = -1};
}

static void lock(struct access_tally *tally)
{
    int r = pthread_mutex_lock(&tally->lock);
    assert(r == 0);
}

static void unlock(struct access_tally *tally)
{
    int r = pthread_mutex_unlock(&tally->lock);
    assert(r == 0);
}

static void note_slowest(struct access_counts *counts, int64_t usec, struct str line)
{
    counts->slowest_usec = usec;
    counts->slowest_length = line.length < ACCESS_SLOWEST_MAX ? line.length : ACCESS_SLOWEST_MAX;
    if (counts->slowest_length > 0)
        memcpy(counts->slowest, line.data, counts->slowest_length);
}

void access_tally_note(struct access_tally *tally, unsigned status, uint64_t bytes, int64_t duration_usec,
                       struct str head)
{
    struct access_counts *counts = &tally->counts;
    lock(tally);
    counts->requests++;
    counts->bytes += bytes;
    if (status < ACCESS_STATUS_MAX)
        counts->status[status]++;
    if (duration_usec > counts->slowest_usec)
        note_slowest(counts, duration_usec, excerpt_line(head));
    unlock(tally);
}

void access_tally_take(struct access_tally *tally, struct access_counts *sum)
{
    struct access_counts *counts = &tally->counts;
    lock(tally);
    sum->requests += counts->requests;
    sum->bytes += counts->bytes;
    for (unsigned i = 0; counts->requests > 0 && i < ACCESS_STATUS_MAX; i++)
        sum->status[i] += counts->status[i];
    if (counts->slowest_usec > sum->slowest_usec)
        note_slowest(sum, counts->slowest_usec, (struct str){counts->slowest, counts->slowest_length});
    if (counts->requests > 0)
        *counts = (struct access_counts){.slowest_usec = -1};
    unlock(tally);
}

static void put_count(struct writer *writer, uint64_t count, const char *rest)
{
    writer_put_decimal(writer, count);
    writer_put(writer, str_of(rest));
}

static void put_statuses(struct writer *writer, const struct access_counts *counts)
{
    const char *separator = ": ";
    for (unsigned status = 0; status < ACCESS_STATUS_MAX; status++) {
        if (counts->status[status] == 0)
            continue;
        writer_put(writer, str_of(separator));
        put_count(writer, counts->status[status], " with ");
        writer_put_decimal(writer, status);
        separator = ", ";
    }
}

void access_tally_format(const struct access_counts *counts, int64_t period_usec, char *buffer, size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size - 1};
    char text[64];
    int64_t tenths = (period_usec + 99999) / 100000;
    put_count(&writer, counts->requests,
              counts->requests == 1 ? " more request, not written"
                                    : " more requests, not written one by one");
    snprintf(text, sizeof text, ", in %" PRId64 ".%" PRId64 " s, ", tenths / 10, tenths % 10);
    writer_put(&writer, str_of(text));
    put_count(&writer, counts->bytes, " bytes");
    put_statuses(&writer, counts);
    snprintf(text, sizeof text,
             "; the slowest took %" PRId64 ".%03" PRId64 " ms: ", counts->slowest_usec / 1000,
             counts->slowest_usec % 1000);
    writer_put(&writer, str_of(text));
    writer_put_escaped(&writer, counts->slowest_length > 0
                                    ? (struct str){counts->slowest, counts->slowest_length}
                                    : STR("-"));
    buffer[writer.length] = '\0';
}
