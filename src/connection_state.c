/* One record a connection, and behind it what is unfinished. */
#include "connection_state.h"
#include "deadline.h"

#include <errno.h>
#include <stdlib.h>

struct record {
    int64_t deadline_usec;
    uint32_t word; /* of the slot */
    int32_t fd;
    uint64_t id;
    uint32_t requests, thrown_away, untaken;
    uint8_t phase, reason, watched, lingers, closing, has_unfinished;
    uint8_t unused[6]; /* no padding: what leaves has been written */
    int64_t begun_usec;
};

void connection_put(const struct connection *c, struct state *state)
{
    const struct record record = {
        .deadline_usec = atomic_load_explicit(&c->deadline_usec, memory_order_relaxed),
        .begun_usec = c->begun_usec,
        .word = slot_word(&c->slot),
        .fd = c->fd,
        .id = c->id,
        .requests = c->requests,
        .thrown_away = c->thrown_away,
        .untaken = c->untaken,
        .phase = atomic_load_explicit(&c->phase, memory_order_relaxed),
        .reason = c->reason,
        .watched = c->watched,
        .lingers = c->lingers,
        .closing = c->closing,
        .has_unfinished = c->unfinished != NULL,
    };
    state_put(state, &record, sizeof record);
    if (c->unfinished)
        unfinished_put(c->unfinished, state);
}

/* Who lingers, and only he, has a reason to close, and no more to say. */
bool connection_is_sound(const struct connection *c)
{
    enum connection_phase phase = connection_phase(c);
    bool lingers = phase == PHASE_LINGERING;
    return c->fd >= 0 && phase <= PHASE_LINGERING && c->reason < REASON_COUNT &&
           lingers == (c->reason != REASON_NONE) && !(lingers && c->unfinished) &&
           (phase != PHASE_SLEEPING || c->unfinished);
}

/* Who sleeps, and only he, has a timer to be woken by. */
static bool has_right_timer(const struct connection *c)
{
    return (connection_phase(c) == PHASE_SLEEPING) == (c->unfinished && c->unfinished->timer_fd >= 0);
}

int connection_get(struct connection *ret, struct state *state)
{
    struct record record;
    int r = state_get(state, &record, sizeof record);
    if (r < 0)
        return r;
    if (record.phase > PHASE_LINGERING || record.reason >= REASON_COUNT || record.fd < 0)
        return -EBADMSG;
    *ret = (struct connection){
        .fd = record.fd,
        .deadline_usec = record.deadline_usec,
        .begun_usec = record.begun_usec,
        .phase = record.phase,
        .reason = record.reason,
        .watched = record.watched,
        .lingers = record.lingers,
        .closing = record.closing,
        .id = record.id,
        .requests = record.requests,
        .thrown_away = record.thrown_away,
        .untaken = record.untaken,
    };
    if (!slot_set_word(&ret->slot, record.word))
        return -EBADMSG;
    r = record.has_unfinished ? unfinished_get(&ret->unfinished, state) : 0;
    if (r < 0 || (connection_is_sound(ret) && has_right_timer(ret)))
        return r;
    /* Its fds are left alone: who knows whose they are. */
    free(ret->unfinished);
    ret->unfinished = NULL;
    return -EBADMSG;
}

static uint64_t limit_of(enum connection_phase phase, const struct connection_limits *limits)
{
    switch (phase) {
    case PHASE_FRESH:
    case PHASE_HEAD:
        return limits->head_usec;
    case PHASE_BODY:
        return limits->body_usec;
    case PHASE_IDLE:
        return limits->idle_usec;
    case PHASE_SENDING:
        return limits->send_usec;
    case PHASE_SLEEPING:
    case PHASE_LINGERING:
        break;
    }
    return 0;
}

void connection_change_limits(struct connection *c, const struct connection_limits *old,
                              const struct connection_limits *new)
{
    enum connection_phase phase = atomic_load_explicit(&c->phase, memory_order_relaxed);
    int64_t deadline = atomic_load_explicit(&c->deadline_usec, memory_order_relaxed);
    uint64_t since = (uint64_t)deadline - limit_of(phase, old), until = since + limit_of(phase, new);
    deadline = (int64_t)until;
    if (phase == PHASE_HEAD || phase == PHASE_BODY)
        deadline = deadline_within_request(c, deadline, new);
    atomic_store_explicit(&c->deadline_usec, deadline, memory_order_relaxed);
}
