#include "deadline.h"

#include "linger.h"

#define USEC_PER_SEC 1000000
#define NEVER        INT64_MAX

/*
 * What the client has taken, `sent` bytes having gone into the socket meanwhile, moves its deadline on by as
 * much time as it may take at the least rate: it may lag behind by `patience_usec`, and a byte now and then
 * will not do.
 */
static void extend(struct connection *c, const struct workspace *w, const struct connection_limits *limits,
                   uint64_t patience_usec, uint64_t sent)
{
    int64_t latest = w->now.usec + (int64_t)patience_usec, deadline = latest;
    uint64_t taken = linger_count_taken(c, sent);
    if (limits->send_rate > 0)
        deadline = (int64_t)((uint64_t)connection_deadline(c) + taken * USEC_PER_SEC / limits->send_rate);
    else if (taken == 0)
        deadline = connection_deadline(c);
    connection_set_phase(c, connection_phase(c), deadline < latest ? deadline : latest);
}

static void enter_sending(struct connection *c, const struct workspace *w,
                          const struct connection_limits *limits)
{
    if (connection_phase(c) == PHASE_SENDING) {
        if (w->output.moved > 0)
            extend(c, w, limits, limits->send_usec, w->output.moved);
        return;
    }
    linger_note_untaken(c);
    connection_set_phase(c, PHASE_SENDING, w->now.usec + (int64_t)limits->send_usec);
}

int64_t deadline_within_request(const struct connection *c, int64_t deadline_usec,
                                const struct connection_limits *limits)
{
    /* Unsigned, as what a predecessor left may be any number. */
    int64_t whole = (int64_t)((uint64_t)c->begun_usec + limits->request_usec);
    return deadline_usec < whole ? deadline_usec : whole;
}

/* Part of a request has come. The clock of a head runs from its start, however its bytes come in; that of a
 * body from its last byte; that of both from their first. */
static void enter_receiving(struct connection *c, const struct workspace *w,
                            const struct connection_limits *limits, bool same_request)
{
    enum connection_phase before = connection_phase(c);
    bool body = w->head_length > 0;
    int64_t deadline = connection_deadline(c);
    if (!same_request || (before != PHASE_HEAD && before != PHASE_BODY))
        c->begun_usec = w->now.usec;
    if (body && (!same_request || before != PHASE_BODY || w->received > 0))
        deadline = w->now.usec + (int64_t)limits->body_usec;
    else if (!body && (!same_request || (before != PHASE_FRESH && before != PHASE_HEAD)))
        deadline = w->now.usec + (int64_t)limits->head_usec;
    connection_set_phase(c, body ? PHASE_BODY : PHASE_HEAD, deadline_within_request(c, deadline, limits));
}

void deadline_follow(struct connection *c, const struct workspace *w, const struct connection_limits *limits,
                     enum connection_want want, uint32_t requests_before)
{
    enum connection_phase before = connection_phase(c);
    if (before == PHASE_LINGERING)
        return;
    if (want == WANT_TIMER) {
        connection_set_phase(c, PHASE_SLEEPING, NEVER);
    } else if (want == WANT_WRITE) {
        enter_sending(c, w, limits);
    } else if (w->input_end > w->input_start) {
        enter_receiving(c, w, limits, c->requests == requests_before);
    } else if (c->requests > 0 && (before != PHASE_IDLE || c->requests != requests_before)) {
        connection_set_phase(c, PHASE_IDLE, w->now.usec + (int64_t)limits->idle_usec);
    }
}

/*
 * The socket says that it is writable only when much of its buffer is free, and a client that has all but
 * closes late tells nothing: a slow one may have taken a good deal and there was no event. What it has
 * acknowledged tells.
 */
bool deadline_is_put_off(struct connection *c, const struct workspace *w,
                         const struct connection_limits *limits)
{
    enum connection_phase phase = connection_phase(c);
    if (phase != PHASE_SENDING && phase != PHASE_LINGERING)
        return false;
    extend(c, w, limits, phase == PHASE_SENDING ? limits->send_usec : LINGER_USEC, 0);
    return connection_deadline(c) > w->now.usec;
}
