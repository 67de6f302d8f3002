/* Asking everybody, once a scrape; see metrics.h. */
#include "metrics.h"

#include "log.h"

#include <time.h>

void history_begin(struct history *history)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *history = (struct history){.started_usec = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000};
}

void history_put(const struct history *history, struct state *state)
{
    struct history next = *history;
    next.reloads++;
    next.log_dropped += log_dropped();
    state_put(state, &next, sizeof next);
}

int history_get(struct history *history, struct state *state)
{
    return state_get(state, history, sizeof *history);
}

void metrics_gather(struct clients *clients, const struct history *history, struct metrics *ret)
{
    *ret = (struct metrics){.history = *history};
    clients_measure(clients, &ret->clients);
    process_usage_read(&ret->process);
    ret->log_dropped = history->log_dropped + log_dropped();
}
