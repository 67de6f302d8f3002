/*
 * A timer that is set when the last client has gone. What it could not be told of, clients who came and went
 * since, it finds by their count.
 */
#include "idle.h"

enum { ACCURACY_USEC = 100000 };

static int start(struct idle *idle)
{
    idle->seen = clients_totals(idle->clients).connections;
    idle->runs = true;
    int r = sd_event_source_set_time_relative(idle->timer, idle->usec);
    return r < 0 ? r : sd_event_source_set_enabled(idle->timer, SD_EVENT_ONESHOT);
}

static int on_time(sd_event_source *source, uint64_t usec, void *context)
{
    (void)source;
    (void)usec;
    struct idle *idle = context;
    if (clients_count(idle->clients) > 0 || clients_totals(idle->clients).connections != idle->seen)
        return start(idle);
    return idle->leave(idle->context);
}

int idle_init(struct idle *ret, sd_event *event, const struct clients *clients, uint64_t usec,
              int (*leave)(void *context), void *context)
{
    *ret = (struct idle){.clients = clients, .usec = usec, .leave = leave, .context = context};
    if (usec == 0)
        return 0;
    int r =
        sd_event_add_time_relative(event, &ret->timer, CLOCK_MONOTONIC, usec, ACCURACY_USEC, on_time, ret);
    return r < 0 ? r : start(ret);
}

int idle_look(struct idle *idle, bool busy)
{
    if (!idle->timer || busy != idle->runs)
        return 0;
    if (!busy)
        return start(idle);
    idle->runs = false;
    return sd_event_source_set_enabled(idle->timer, SD_EVENT_OFF);
}

void idle_end(struct idle *idle)
{
    idle->timer = sd_event_source_unref(idle->timer);
}
