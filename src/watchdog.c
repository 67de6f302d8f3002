/* Turns that don't change; see watchdog.h. */
#include "watchdog.h"

#include "event.h"
#include "log.h"
#include "service.h"

/* Where nobody watches, jobs may take half of this. */
#define USUAL_USEC UINT64_C(30000000)

/*
 * While nobody is to watch. Not 0, which would mean the same: systemd (252 and 257) then forgets when it was
 * told last, and finds that too long ago when it watches again.
 */
#define NEVER_USEC (100 * UINT64_C(31557600) * 1000000) /* a hundred years */

void watchdog_init(struct watchdog *ret, uint64_t usec)
{
    *ret = (struct watchdog){.usec = usec, .stuck_usec = (usec > 0 ? usec : USUAL_USEC) / 2};
}

void watchdog_rest(struct watchdog *watchdog)
{
    watchdog->watches = false;
    if (watchdog->usec > 0)
        service_watch(NEVER_USEC);
}

static void look_at(struct watchdog *watchdog, const struct pool *pool, unsigned number, int64_t now_usec)
{
    struct watchdog_worker *worker = &watchdog->workers[number];
    uint64_t turns = pool_turns(pool, number);
    bool at_same_job = turns % 2 == 1 && turns == worker->turns;
    uint64_t usec = at_same_job ? (uint64_t)(now_usec - worker->since_usec) : 0;
    if (at_same_job && usec >= watchdog->stuck_usec && !worker->stuck) {
        worker->stuck = true;
        watchdog->stuck++;
        log_event(EVENT_WORKER_STUCK, LOG_ERR,
                  "Worker %u has been at one job for %llu.%llu s; a disk may not answer", number,
                  (unsigned long long)(usec / 1000000), (unsigned long long)(usec / 100000 % 10));
    }
    if (at_same_job)
        return;
    if (worker->stuck) {
        worker->stuck = false;
        watchdog->stuck--;
        log_notice("Worker %u goes on", number);
    }
    worker->turns = turns;
    worker->since_usec = now_usec;
}

/* Often enough that a look that comes late doesn't matter. */
static bool is_time(const struct watchdog *watchdog, int64_t now_usec)
{
    return (uint64_t)(now_usec - watchdog->pinged_usec) >= watchdog->usec / 4;
}

void watchdog_ping(struct watchdog *watchdog, int64_t now_usec)
{
    if (!watchdog->watches || watchdog->stuck > 0)
        return;
    if (service_ping())
        watchdog->pinged_usec = now_usec;
}

void watchdog_look(struct watchdog *watchdog, const struct pool *pool, unsigned size, bool busy,
                   int64_t now_usec)
{
    for (unsigned i = 0; i < size; i++)
        look_at(watchdog, pool, i, now_usec);
    if (watchdog->usec == 0)
        return;
    if (!busy && watchdog->watches)
        watchdog_rest(watchdog);
    else if (busy && !watchdog->watches) {
        watchdog->watches = true;
        watchdog->pinged_usec = now_usec;
        service_watch(watchdog->usec);
    } else if (busy && is_time(watchdog, now_usec))
        watchdog_ping(watchdog, now_usec);
}
