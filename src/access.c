/*
 * The ring's two ends. The logger rests in one of three ways: for a moment after it has written, so that what
 * comes close together costs one wakeup; until the second is over that is to be summed up; or, with nothing
 * to do, until it is woken. Only in the last two is it to be woken by whoever has something for it, which
 * `resting` says.
 */
#include "access.h"

#include "access_rate.h"
#include "access_sink.h"
#include "access_tally.h"
#include "log.h"
#include "ring.h"
#include "thread.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define USEC_PER_SEC INT64_C(1000000)

enum {
    RING_SIZE = 1 << 20,
    /* A file is to have all, also of a moment in which the disk takes nothing. */
    RING_SIZE_FILE = 1 << 22,
    /* How many entries are written before the logger looks up. */
    BATCH_MAX = 256,
    /* After writing; at what a busy server fills a good deal less than the ring. */
    NAP_MSEC = 5,
    /* The same at a low rate. Each wakeup may move a worker to another CPU, at more than the entry costs. */
    NAP_MSEC_SLOW = 50,
    SLOW_RATE = 100,
    SUM_MSEC = 1000,
};

/* What the rate admits at once, two seconds' worth and a nap's, has room however long the entries are. */
_Static_assert((2 * SLOW_RATE + SLOW_RATE / 10) * (sizeof(struct access_entry) + EXCERPT_MAX + 16) <=
                   RING_SIZE,
               "a burst fits into the ring");

struct access {
    struct access_options options;
    struct ring *ring;
    struct access_rate rate;
    struct access_tally *tallies; /* one a writer */
    struct access_sink sink;
    int wake_fd;
    pthread_t thread;
    bool started;
    _Atomic bool resting;
    _Atomic bool counting; /* some tally has something */
    _Atomic bool hurry;    /* a flush waits, or the end has come */
    _Atomic bool reopen;
    _Atomic uint64_t refused; /* by the ring, to be told */
    _Atomic uint64_t handed;  /* to the ring, by this process */
    _Atomic uint64_t taken;   /* from it, and written or dropped */
    _Atomic uint64_t written, summed, dropped;

    pthread_mutex_t lock; /* over what follows */
    pthread_cond_t flushed;
    uint64_t flushes_wanted, flushes_done;
    bool ending;

    int64_t sum_due_usec; /* the logger's own: when what is counted is told; 0: nothing is counted */
};

static int64_t now_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static void lock(struct access *access)
{
    int r = pthread_mutex_lock(&access->lock);
    assert(r == 0);
}

static void unlock(struct access *access)
{
    int r = pthread_mutex_unlock(&access->lock);
    assert(r == 0);
}

static void wake(struct access *access)
{
    ssize_t n = write(access->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    assert(n == sizeof(uint64_t));
}

static void wake_resting(struct access *access)
{
    if (atomic_load(&access->resting) && atomic_exchange(&access->resting, false))
        wake(access);
}

static bool is_wanted(const struct access *access, const struct access_brief *brief)
{
    return access->options.mode != ACCESS_ERRORS || brief->status >= 400 || brief->cut;
}

static int priority_of(const struct access *access, unsigned status)
{
    return access_text_priority(status, access->options.client_errors);
}

/* A file has its own measure. */
static bool is_above_level(const struct access *access, unsigned status)
{
    return !access->options.file && !log_enabled(priority_of(access, status));
}

static void count_only(struct access *access, const struct access_brief *brief, struct str head)
{
    access_tally_note(&access->tallies[brief->worker], brief->status, brief->bytes, brief->duration_usec,
                      head);
    if (!atomic_load(&access->counting) && !atomic_exchange(&access->counting, true))
        wake_resting(access);
}

bool access_admits(struct access *access, const struct access_brief *brief, struct str head, int64_t now_nsec)
{
    assert(brief->worker < access->options.writers);
    if (!is_wanted(access, brief) || is_above_level(access, brief->status))
        return false;
    if (access_rate_admits(&access->rate, now_nsec))
        return true;
    count_only(access, brief, head);
    return false;
}

void access_submit(struct access *access, const struct access_entry *entry, struct str head)
{
    char text[EXCERPT_MAX];
    struct excerpt excerpt;
    excerpt_read(head, &excerpt);
    size_t length = excerpt_write(&excerpt, text, sizeof text);
    if (ring_put(access->ring, entry, sizeof *entry, text, length))
        atomic_fetch_add_explicit(&access->handed, 1, memory_order_relaxed);
    else
        atomic_fetch_add(&access->refused, 1);
    wake_resting(access);
}

static void note_dropped(struct access *access, uint64_t count)
{
    atomic_fetch_add_explicit(&access->dropped, count, memory_order_relaxed);
}

/* One entry of the ring, if there is one. */
static bool write_next(struct access *access)
{
    size_t length;
    struct excerpt excerpt;
    const struct access_entry *entry = ring_next(access->ring, &length);
    if (!entry)
        return false;
    excerpt_read((struct str){(const char *)(entry + 1), length - sizeof *entry}, &excerpt);
    access_sink_write(&access->sink, entry, &excerpt, priority_of(access, entry->status));
    ring_drop(access->ring);
    return true;
}

static void flush_sink(struct access *access)
{
    struct access_outcome outcome = access_sink_flush(&access->sink);
    atomic_fetch_add_explicit(&access->written, outcome.written, memory_order_relaxed);
    note_dropped(access, outcome.dropped);
    atomic_fetch_add_explicit(&access->taken, outcome.written + outcome.dropped, memory_order_relaxed);
}

/* Returns how many. */
static unsigned write_batch(struct access *access)
{
    unsigned n = 0;
    if (atomic_exchange(&access->reopen, false))
        access_sink_reopen(&access->sink);
    uint64_t refused = atomic_exchange(&access->refused, 0);
    if (refused > 0) {
        access_sink_note_dropped(&access->sink, refused);
        note_dropped(access, refused);
    }
    while (n < BATCH_MAX && write_next(access))
        n++;
    flush_sink(access);
    return n;
}

static void sum_up(struct access *access, int64_t now)
{
    struct access_counts counts = {.slowest_usec = -1};
    int64_t began = access->sum_due_usec - SUM_MSEC * INT64_C(1000);
    access->sum_due_usec = 0;
    /* Before the look: whoever counts after it finds that this must be said again. */
    atomic_store(&access->counting, false);
    for (unsigned i = 0; i < access->options.writers; i++)
        access_tally_take(&access->tallies[i], &counts);
    if (counts.requests == 0)
        return;
    access_sink_sum_up(&access->sink, &counts, now - began);
    atomic_fetch_add_explicit(&access->summed, counts.requests, memory_order_relaxed);
}

static void sum_up_in_time(struct access *access)
{
    if (access->sum_due_usec == 0 && !atomic_load(&access->counting))
        return;
    int64_t now = now_usec();
    if (access->sum_due_usec == 0)
        access->sum_due_usec = now + SUM_MSEC * INT64_C(1000);
    if (now >= access->sum_due_usec || atomic_load(&access->hurry))
        sum_up(access, now);
}

/* Tells whoever waits for it that nothing is left to write. False: the end. */
static bool report(struct access *access)
{
    lock(access);
    bool done = ring_is_empty(access->ring) && !atomic_load(&access->counting) && access->sum_due_usec == 0 &&
                atomic_load(&access->refused) == 0;
    if (done) {
        access->flushes_done = access->flushes_wanted;
        int r = pthread_cond_broadcast(&access->flushed);
        assert(r == 0);
        if (!access->ending)
            atomic_store(&access->hurry, false);
    }
    bool end = done && access->ending;
    unlock(access);
    return !end;
}

static int nap_of(const struct access_options *options)
{
    bool slow = !options->file && options->rate > 0 && options->rate <= SLOW_RATE;
    return slow ? NAP_MSEC_SLOW : NAP_MSEC;
}

static void rest(struct access *access, bool nap)
{
    size_t length;
    int patience = nap_of(&access->options);
    if (!nap) {
        atomic_store(&access->resting, true);
        bool work = ring_next(access->ring, &length) || atomic_load(&access->hurry) ||
                    (access->sum_due_usec == 0 && atomic_load(&access->counting));
        int64_t left = access->sum_due_usec - now_usec();
        patience = work ? 0 : access->sum_due_usec == 0 ? -1 : left > 0 ? (int)(left / 1000) + 1 : 0;
    }
    struct pollfd woken = {.fd = access->wake_fd, .events = POLLIN};
    uint64_t count;
    if (poll(&woken, 1, patience) > 0) {
        ssize_t n = read(access->wake_fd, &count, sizeof count);
        assert(n == sizeof count);
    }
    atomic_store(&access->resting, false);
}

static void *work(void *argument)
{
    struct access *access = argument;
    bool hurry;
    do {
        unsigned n = write_batch(access);
        sum_up_in_time(access);
        hurry = atomic_load(&access->hurry);
        if (!hurry && n < BATCH_MAX)
            rest(access, n > 0);
    } while (!hurry || report(access));
    return NULL;
}

static void access_free(struct access *access)
{
    for (unsigned i = 0; access->tallies && i < access->options.writers; i++)
        pthread_mutex_destroy(&access->tallies[i].lock);
    free(access->tallies);
    access_sink_close(&access->sink);
    if (access->wake_fd >= 0)
        close(access->wake_fd);
    ring_free(access->ring);
    pthread_cond_destroy(&access->flushed);
    pthread_mutex_destroy(&access->lock);
    free(access);
}

static int make_tallies(struct access *access)
{
    access->tallies = aligned_alloc(64, access->options.writers * sizeof *access->tallies);
    if (!access->tallies)
        return -ENOMEM;
    for (unsigned i = 0; i < access->options.writers; i++)
        access_tally_init(&access->tallies[i]);
    return 0;
}

static int make(struct access *access)
{
    const struct access_options *options = &access->options;
    int r = ring_new(&access->ring, options->file ? RING_SIZE_FILE : RING_SIZE);
    if (r == 0)
        r = make_tallies(access);
    if (r == 0)
        r = access_sink_open(&access->sink, options->journal, options->file, options->format, &access->hurry);
    if (r < 0)
        return r;
    access->wake_fd = eventfd(0, EFD_CLOEXEC);
    return access->wake_fd < 0 ? -errno : 0;
}

int access_open(struct access **ret, const struct access_options *options)
{
    struct access *access = calloc(1, sizeof *access);
    if (!access)
        return -ENOMEM;
    access->options = *options;
    access->wake_fd = access->sink.journal_fd = -1;
    access_rate_init(&access->rate, options->file ? 0 : options->rate);
    int r = pthread_mutex_init(&access->lock, NULL);
    assert(r == 0);
    r = pthread_cond_init(&access->flushed, NULL);
    assert(r == 0);
    r = make(access);
    if (r < 0)
        access_free(access);
    else
        *ret = access;
    return r;
}

int access_start(struct access *access)
{
    if (!access)
        return 0;
    int r = thread_start(&access->thread, "hellod-log", work, access);
    access->started = r == 0;
    return r;
}

static void hurry(struct access *access)
{
    atomic_store(&access->hurry, true);
    atomic_store(&access->resting, false);
    wake(access);
}

int access_flush(struct access *access, int64_t patience_usec)
{
    if (!access)
        return 0;
    int64_t until_usec = now_usec() + patience_usec;
    struct timespec until = {until_usec / USEC_PER_SEC, until_usec % USEC_PER_SEC * 1000};
    int r = 0;
    lock(access);
    uint64_t mine = ++access->flushes_wanted;
    hurry(access);
    while (r == 0 && access->flushes_done < mine)
        r = pthread_cond_clockwait(&access->flushed, &access->lock, CLOCK_MONOTONIC, &until);
    assert(r == 0 || r == ETIMEDOUT);
    unlock(access);
    if (r != 0 && access->options.file)
        return -ETIMEDOUT;
    if (r != 0) {
        uint64_t left = atomic_load(&access->handed) - atomic_load(&access->taken);
        note_dropped(access, left);
        log_note_dropped(left);
    }
    return 0;
}

void access_reopen(struct access *access)
{
    if (access)
        atomic_store(&access->reopen, true);
}

void access_end(struct access *access)
{
    if (!access)
        return;
    lock(access);
    access->ending = true;
    hurry(access);
    unlock(access);
    int r = 0;
    if (access->started)
        r = pthread_join(access->thread, NULL);
    else
        (void)work(access);
    assert(r == 0);
    access_free(access);
}

struct access_totals access_totals(struct access *access)
{
    if (!access)
        return (struct access_totals){0};
    return (struct access_totals){
        .written = atomic_load_explicit(&access->written, memory_order_relaxed),
        .summed = atomic_load_explicit(&access->summed, memory_order_relaxed),
        .dropped = atomic_load_explicit(&access->dropped, memory_order_relaxed),
    };
}

void access_carry_on(struct access *access, const struct access_totals *totals)
{
    atomic_store(&access->written, totals->written);
    atomic_store(&access->summed, totals->summed);
    atomic_store(&access->dropped, totals->dropped);
}
