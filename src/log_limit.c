/*
 * A counter a cause. Who adds the first event to it, or finds the interval over, writes the text; all others
 * have counted and go. A lock is only ever tried: whoever holds it is about to write a text of the same
 * cause, which will do for both.
 */
#include "log_limit.h"

#include "event.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define INTERVAL_USEC (LOG_LIMIT_INTERVAL_SECONDS * INT64_C(1000000))

static const int priority_of[LOG_CAUSE_COUNT] = {
    [LOG_CAUSE_ACCEPT] = LOG_WARNING,    [LOG_CAUSE_SHORTAGE] = LOG_WARNING,
    [LOG_CAUSE_FAILURE] = LOG_ERR,       [LOG_CAUSE_FILE_ERROR] = LOG_ERR,
    [LOG_CAUSE_FILE_SHORT] = LOG_NOTICE, [LOG_CAUSE_CONNECTION] = LOG_WARNING,
    [LOG_CAUSE_FULL] = LOG_NOTICE,       [LOG_CAUSE_ADDRESS] = LOG_NOTICE,
    [LOG_CAUSE_RATE] = LOG_NOTICE,       [LOG_CAUSE_SLOW] = LOG_NOTICE,
    [LOG_CAUSE_ACCESS] = LOG_WARNING,
};

static const char *const event_of[LOG_CAUSE_COUNT] = {
    [LOG_CAUSE_ACCEPT] = EVENT_SHORTAGE,    [LOG_CAUSE_SHORTAGE] = EVENT_SHORTAGE,
    [LOG_CAUSE_FAILURE] = EVENT_FILE,       [LOG_CAUSE_FILE_ERROR] = EVENT_FILE,
    [LOG_CAUSE_FILE_SHORT] = EVENT_FILE,    [LOG_CAUSE_CONNECTION] = EVENT_SHORTAGE,
    [LOG_CAUSE_FULL] = EVENT_LIMIT,         [LOG_CAUSE_ADDRESS] = EVENT_LIMIT,
    [LOG_CAUSE_RATE] = EVENT_LIMIT,         [LOG_CAUSE_SLOW] = EVENT_LIMIT,
    [LOG_CAUSE_ACCESS] = EVENT_ACCESS_LOST,
};

struct counter {
    _Atomic uint64_t count;      /* not yet told */
    _Atomic int64_t quiet_until; /* CLOCK_MONOTONIC, microseconds; 0: nothing was told yet */
    _Atomic unsigned weight;     /* of the text; written with the lock held */
    pthread_mutex_t lock;        /* over the text, and the right to tell */
    char text[LOG_LIMIT_TEXT_MAX];
};

static struct counter counters[LOG_CAUSE_COUNT] = {
    [0 ... LOG_CAUSE_COUNT - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER},
};

static int64_t now_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void unlock(struct counter *counter)
{
    int r = pthread_mutex_unlock(&counter->lock);
    assert(r == 0);
}

static bool is_quiet(const struct counter *counter, int64_t now)
{
    return now < atomic_load_explicit(&counter->quiet_until, memory_order_relaxed);
}

/* With the lock held. */
static void tell(enum log_cause cause, int64_t now)
{
    struct counter *counter = &counters[cause];
    uint64_t count = atomic_exchange(&counter->count, 0);
    int64_t last = atomic_load_explicit(&counter->quiet_until, memory_order_relaxed) - INTERVAL_USEC;
    if (count == 0)
        return;
    atomic_store_explicit(&counter->quiet_until, now + INTERVAL_USEC, memory_order_relaxed);
    char times[64] = "";
    if (count > 1 && last < 0)
        snprintf(times, sizeof times, " (%llu times)", (unsigned long long)count);
    else if (count > 1)
        snprintf(times, sizeof times, " (%llu times in %lld s)", (unsigned long long)count,
                 (long long)(now - last + 999999) / 1000000);
    log_event(event_of[cause], priority_of[cause], "%s%s", counter->text, times);
    atomic_store_explicit(&counter->weight, 0, memory_order_relaxed);
}

static bool is_worse(const struct counter *counter, unsigned weight)
{
    return weight > atomic_load_explicit(&counter->weight, memory_order_relaxed);
}

__attribute__((format(printf, 4, 0))) static void count(enum log_cause cause, uint64_t times, unsigned weight,
                                                        const char *format, va_list arguments)
{
    int saved = errno;
    struct counter *counter = &counters[cause];
    uint64_t before = atomic_fetch_add(&counter->count, times);
    int64_t now = now_usec();
    if ((before == 0 || !is_quiet(counter, now) || is_worse(counter, weight)) &&
        pthread_mutex_trylock(&counter->lock) == 0) {
        if (before == 0 || weight == 0 || is_worse(counter, weight)) {
            vsnprintf(counter->text, sizeof counter->text, format, arguments);
            atomic_store_explicit(&counter->weight, weight, memory_order_relaxed);
        }
        if (!is_quiet(counter, now))
            tell(cause, now);
        unlock(counter);
    }
    errno = saved;
}

void log_limit(enum log_cause cause, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    count(cause, 1, 0, format, arguments);
    va_end(arguments);
}

void log_limit_many(enum log_cause cause, uint64_t times, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    count(cause, times, 0, format, arguments);
    va_end(arguments);
}

void log_limit_worst(enum log_cause cause, unsigned weight, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    count(cause, 1, weight, format, arguments);
    va_end(arguments);
}

bool log_limit_wants_text(enum log_cause cause)
{
    return atomic_load(&counters[cause].count) == 0 || !is_quiet(&counters[cause], now_usec());
}

/* True: something is left. */
static bool tell_each(int64_t now, bool quiet_too)
{
    bool left = false;
    for (enum log_cause cause = 0; cause < LOG_CAUSE_COUNT; cause++) {
        struct counter *counter = &counters[cause];
        if (atomic_load(&counter->count) == 0)
            continue;
        bool mine = (quiet_too || !is_quiet(counter, now)) && pthread_mutex_trylock(&counter->lock) == 0;
        if (mine) {
            tell(cause, now);
            unlock(counter);
        }
        left = left || !mine;
    }
    return left;
}

bool log_limit_tell(void)
{
    return tell_each(now_usec(), false);
}

void log_limit_tell_all(void)
{
    (void)tell_each(now_usec(), true);
}
