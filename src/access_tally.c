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
    memset(ret, 0, sizeof *ret);
    atomic_init(&ret->slowest_usec, -1);
    int r = pthread_mutex_init(&ret->lock, NULL);
    assert(r == 0);
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

void access_tally_note_slowest(struct access_tally *tally, int64_t duration_usec, struct str head)
{
    struct str line = excerpt_line(head);
    lock(tally);
    atomic_store_explicit(&tally->slowest_usec, duration_usec, memory_order_relaxed);
    tally->slowest_length = line.length < ACCESS_SLOWEST_MAX ? line.length : ACCESS_SLOWEST_MAX;
    if (tally->slowest_length > 0)
        memcpy(tally->slowest, line.data, tally->slowest_length);
    unlock(tally);
}

static void take_slowest(struct access_tally *tally, struct access_counts *sum)
{
    lock(tally);
    int64_t usec = atomic_load_explicit(&tally->slowest_usec, memory_order_relaxed);
    if (usec > sum->slowest_usec) {
        sum->slowest_usec = usec;
        sum->slowest_length = tally->slowest_length;
        memcpy(sum->slowest, tally->slowest, tally->slowest_length);
    }
    atomic_store_explicit(&tally->slowest_usec, -1, memory_order_relaxed);
    unlock(tally);
}

void access_tally_take(struct access_tally *tally, struct access_counts *sum)
{
    uint64_t requests = 0;
    for (unsigned i = 0; i < ACCESS_STATUS_MAX; i++) {
        uint32_t now = atomic_load(&tally->status[i]), count = now - tally->status_taken[i];
        tally->status_taken[i] = now;
        sum->status[i] += count;
        requests += count;
    }
    if (requests == 0)
        return;
    uint64_t bytes = counter_get(&tally->bytes);
    sum->requests += requests;
    sum->bytes += bytes - tally->bytes_taken;
    tally->bytes_taken = bytes;
    take_slowest(tally, sum);
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

static void put_slowest(struct writer *writer, const struct access_counts *counts)
{
    char text[64];
    snprintf(text, sizeof text,
             "; the slowest took %" PRId64 ".%03" PRId64 " ms: ", counts->slowest_usec / 1000,
             counts->slowest_usec % 1000);
    writer_put(writer, str_of(text));
    writer_put_escaped(writer, counts->slowest_length > 0
                                   ? (struct str){counts->slowest, counts->slowest_length}
                                   : STR("-"));
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
    if (counts->slowest_usec >= 0)
        put_slowest(&writer, counts);
    buffer[writer.length] = '\0';
}
