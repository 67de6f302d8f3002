/* Reading what others write; see tally.h. */
#include "tally.h"

#include <errno.h>
#include <string.h>

void tally_sum(const struct workspace *desks, unsigned workers, struct counters *ret)
{
    memset(ret, 0, sizeof *ret);
    for (unsigned i = 0; i <= workers; i++)
        counters_add(ret, &desks[i].counters);
}

void tally_put(const struct workspace *desks, unsigned workers, struct state *state)
{
    const uint64_t count = (uint64_t)workers + 1;
    state_put(state, &count, sizeof count);
    for (unsigned i = 0; i <= workers; i++)
        state_put(state, &desks[i].counters, sizeof desks[i].counters);
}

int tally_get(struct workspace *desks, unsigned workers, struct state *state)
{
    struct counters counters;
    uint64_t count;
    int r = state_get(state, &count, sizeof count);
    if (r == 0 && (count == 0 || count > POOL_SIZE_MAX + 1))
        r = -EBADMSG;
    for (uint64_t i = 0; r == 0 && i < count; i++) {
        r = state_get(state, &counters, sizeof counters);
        bool is_workers = i + 1 < count && i < workers;
        if (r == 0)
            counters_add(&desks[is_workers ? i : workers].counters, &counters);
    }
    return r;
}

static void arrive(void *argument, unsigned worker)
{
    struct tally_probe *probe = argument;
    histogram_note(&probe->desks[worker].counters.queue, counters_clock() - probe->put_nsec);
    atomic_store_explicit(&probe->under_way, false, memory_order_release);
}

void tally_probe_queue(struct tally_probe *probe, struct pool *pool)
{
    if (atomic_load_explicit(&probe->under_way, memory_order_acquire))
        return;
    atomic_store_explicit(&probe->under_way, true, memory_order_relaxed);
    probe->put_nsec = counters_clock();
    if (pool_execute(pool, arrive, probe) < 0)
        atomic_store_explicit(&probe->under_way, false, memory_order_relaxed);
}
