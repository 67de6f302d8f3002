/*
 * A connection's turn: take up what was left unfinished, converse until something must be waited for, lay
 * down what is unfinished now. Between turns only struct connection and, at most, one struct unfinished
 * exist.
 */
#include "connection.h"

#include "excess.h"
#include "http/request.h"
#include "linger.h"
#include "log.h"
#include "trouble.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define USEC_PER_SEC 1000000

/* How often a turn receives before the others have theirs. */
enum { TURN_RECEIVES = 16 };

void connection_open(struct connection *c, int fd, const struct connection_limits *limits, int64_t now_usec)
{
    c->fd = fd;
    c->reason = REASON_NONE;
    c->watched = c->armed_for_edges = c->lingers = c->closing = false;
    c->requests = c->thrown_away = 0;
    c->id = 0;
    c->begun_usec = 0;
    c->unfinished = NULL;
    connection_set_phase(c, PHASE_FRESH, now_usec + (int64_t)limits->head_usec);
}

static struct unfinished *take(struct connection *c)
{
    struct unfinished *unfinished = c->unfinished;
    c->unfinished = NULL; /* handed over */
    return unfinished;
}

static enum connection_want fail(struct connection *c, const char *what, int error)
{
    trouble_with_connection(what, error);
    return connection_give_up(c, REASON_BROKEN);
}

static enum connection_want fail_to_send(struct connection *c, const struct workspace *w, int error)
{
    if (output_has_file(&w->output) && trouble_with_file(w->output.file_fd, error))
        return connection_give_up(c, REASON_FILE);
    return fail(c, "send", error);
}

static bool is_draining(const struct connection_context *context)
{
    return atomic_load_explicit(context->draining, memory_order_relaxed);
}

static void log_head(const struct connection *c, struct str head)
{
    char text[4096];
    str_escape(head, text, sizeof text);
    log_debug("Connection %d, request %u: \"%s\"", c->fd, c->requests + 1, text);
}

static void count_answer(struct workspace *w)
{
    struct counters *counters = &w->counters;
    counters_note_answer(counters, w->answer.method, w->answer.status);
    if (w->answer.cache_use != CACHE_UNUSED)
        counter_add(w->answer.cache_use == CACHE_HIT ? &counters->cache_hits : &counters->cache_misses, 1);
}

/* For the access log, once it is sent. */
static void keep_answer(const struct connection *c, struct workspace *w, struct str head, uint64_t begins)
{
    uint64_t end = output_place(&w->output);
    *answers_add(&w->answers, head) = (struct pending){
        .end = end,
        .length = end - begins,
        .content = w->answer.content_length < end - begins ? w->answer.content_length : end - begins,
        .begun_usec = w->begun_usec,
        .request = c->requests,
        .status = (uint16_t)w->answer.status,
        .cache_use = (uint8_t)w->answer.cache_use,
    };
}

/* What of the answers is sent goes to the access log; with a reason, all of them. */
static void tell_answers(const struct connection *c, struct workspace *w, const struct peer *peer,
                         enum connection_reason reason)
{
    if (w->answers.count == 0)
        return;
    const struct answers_of of = {
        .access = w->access,
        .connection = c->id,
        .peer = peer,
        .worker = (uint16_t)w->worker,
        .second = w->now.second,
        .now_nsec = counters_clock(),
    };
    answers_tell(&w->answers, &of, w->output.moved,
                 reason == REASON_NONE ? NULL : connection_reason_word(reason));
}

/* After an answer, which begins at that place of the output: does the connection go on? */
static void note_answer(struct connection *c, struct workspace *w, struct str head, uint64_t begins)
{
    c->requests++;
    count_answer(w);
    if (w->access)
        keep_answer(c, w, head, begins);
    w->share -= w->share > 0;
    c->closing = w->answer.close;
    c->lingers = w->answer.unread;
}

static struct setting setting_of(struct workspace *w)
{
    return (struct setting){.site = w->site,
                            .now = &w->now,
                            .parsed = &w->parsed,
                            .recent = &w->recent,
                            .siblings = &w->siblings};
}

/* The last answer, whatever the request would have got. */
static void refuse(struct connection *c, struct workspace *w, unsigned status)
{
    const struct setting setting = setting_of(w);
    struct str received = workspace_received(w);
    uint64_t begins = output_place(&w->output);
    exchange_refuse(&setting, received, status, &w->output, &w->answer);
    w->answer.uploading = w->head_length > 0;
    w->head_length = 0;
    note_answer(c, w, received, begins);
}

/* A timer, or the answer that there is none to be had. */
static void start_sleep(struct connection *c, struct workspace *w, uint64_t usec)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(usec / USEC_PER_SEC), .tv_nsec = (long)(usec % USEC_PER_SEC) * 1000},
    };
    w->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (w->timer_fd >= 0 && timerfd_settime(w->timer_fd, 0, &when, NULL) == 0)
        return;
    trouble_answer(503, STR("/sleep"), -errno);
    if (w->timer_fd >= 0)
        close(w->timer_fd);
    w->timer_fd = -1;
    refuse(c, w, 503);
}

static bool can_answer(const struct connection *c, const struct workspace *w)
{
    return !c->closing && w->share > 0 && w->timer_fd < 0 && !output_has_file(&w->output) &&
           output_room(&w->output) >= EXCHANGE_ROOM && answers_have_room(&w->answers);
}

/* The exchange of the head at the start of the input; where it must wait the head stays there. */
static void run_exchange(struct connection *c, struct workspace *w, const struct connection_context *context,
                         enum exchange_stage stage)
{
    struct str head = {w->input + w->input_start, w->head_length};
    uint64_t begins = output_place(&w->output);
    struct setting setting = setting_of(w);
    setting.stage = stage;
    setting.closing = is_draining(context);
    switch (exchange_run(&setting, head, &w->output, &w->answer)) {
    case EXCHANGE_ANSWERED:
        workspace_finish_head(w);
        note_answer(c, w, head, begins);
        break;
    case EXCHANGE_BODY:
        /* Who has begun to send waits for nothing: RFC 9110 section 10.1.1. */
        if (w->answer.go_ahead && workspace_received(w).length == head.length)
            exchange_go_ahead(&w->output);
        break;
    case EXCHANGE_SLEEP:
        start_sleep(c, w, context->site->sleep_usec);
        break;
    }
}

/* Whether the client's address may make one request more. */
static bool may_ask(const struct workspace *w, const struct connection_context *context)
{
    unsigned refused;
    if (!context->addresses ||
        address_table_request(context->addresses, context->peer, w->now.usec, &refused))
        return true;
    excess_of_requests(context->addresses, context->peer, refused);
    return false;
}

/* Answers the next whole head if there is one; false where more must be received first. */
static bool answer_next(struct connection *c, struct workspace *w, const struct connection_context *context)
{
    const struct request_limits *limits = &context->site->limits;
    struct str received = workspace_received(w);
    size_t length = parsed_head_length(&w->parsed, received);
    if (length > limits->head || (length == 0 && received.length >= limits->head)) {
        refuse(c, w, request_line_fits(received, limits->request_line) ? 431 : 414);
        return true;
    }
    if (length == 0)
        return false;
    if (!may_ask(w, context)) {
        refuse(c, w, 429);
        return true;
    }
    w->head_length = length;
    if (log_enabled(LOG_DEBUG))
        log_head(c, (struct str){received.data, length});
    run_exchange(c, w, context, EXCHANGE_NEW);
    return true;
}

/* Throws away what has come of a body and answers at its end; false where more must be received first. */
static bool read_body(struct connection *c, struct workspace *w, const struct connection_context *context)
{
    struct str body = str_after(workspace_received(w), w->head_length), rest = body;
    unsigned status = body_read(&w->answer.body, &rest);
    workspace_skip(w, body.length - rest.length);
    if (status != 0)
        refuse(c, w, status);
    else if (body_is_whole(&w->answer.body))
        run_exchange(c, w, context, EXCHANGE_BODY_READ);
    else
        return false;
    return true;
}

/* Answers what has come, as far as there is room; true where nothing of it could be answered for want of more
 * bytes. */
static bool answer_received(struct connection *c, struct workspace *w,
                            const struct connection_context *context)
{
    while (workspace_received(w).length > 0 && can_answer(c, w)) {
        bool reading = w->head_length > 0;
        if (reading ? !read_body(c, w, context) : !answer_next(c, w, context))
            return true;
    }
    return workspace_received(w).length == 0;
}

static void wake(struct connection *c, struct workspace *w, const struct connection_context *context)
{
    close(w->timer_fd);
    w->timer_fd = -1;
    run_exchange(c, w, context, EXCHANGE_SLEPT);
}

/* Bytes received, 0 at the end of the stream, or a negative errno. */
static ssize_t receive(struct connection *c, struct workspace *w)
{
    size_t kept = w->input_end - w->input_start;
    if (w->input_start > 0 && kept > 0)
        memmove(w->input, w->input + w->input_start, kept);
    w->input_start = 0;
    w->input_end = kept;
    if (kept == 0)
        w->begun_usec = w->now.usec;
    for (;;) {
        ssize_t n = recv(c->fd, w->input + kept, sizeof w->input - kept, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        w->input_end += (size_t)n;
        w->received += (size_t)n;
        return n;
    }
}

/* Of one that ends with what it has been answered. */
static enum connection_reason ending_reason(const struct connection *c,
                                            const struct connection_context *context)
{
    return is_draining(context) ? REASON_DRAIN : c->lingers ? REASON_REFUSED : REASON_CLIENT;
}

/* Every response is sent. */
static enum connection_want finish(struct connection *c, struct workspace *w,
                                   const struct connection_context *context)
{
    enum connection_reason reason = ending_reason(c, context);
    tell_answers(c, w, context->peer, reason);
    c->reason = (uint8_t)reason;
    if (!c->lingers && linger_may_close(c, w))
        return WANT_CLOSE;
    return linger_start(c, w, w->answer.uploading ? (int64_t)context->limits->body_usec : LINGER_USEC);
}

/* The client has closed its half. Half a request is refused: no more of it will come. */
static bool refuse_rest(struct connection *c, struct workspace *w)
{
    if (!request_has_begun(workspace_received(w)))
        return false;
    refuse(c, w, 400);
    c->lingers = false;
    w->input_start = w->input_end = 0;
    return true;
}

static enum connection_want converse(struct connection *c, struct workspace *w,
                                     const struct connection_context *context)
{
    bool readable = w->timer_fd < 0 && output_is_empty(&w->output);
    unsigned receives = 0;
    if (w->timer_fd >= 0)
        wake(c, w, context);
    for (;;) {
        bool starved = answer_received(c, w, context);
        int r = output_is_empty(&w->output) ? 0 : output_send(&w->output, c->fd);
        if (r == 0 && c->closing)
            return finish(c, w, context);
        tell_answers(c, w, context->peer, REASON_NONE);
        if (r == -EAGAIN)
            return WANT_WRITE;
        if (r < 0)
            return fail_to_send(c, w, r);
        if (w->timer_fd >= 0)
            return WANT_TIMER;
        if (w->share == 0)
            return WANT_WRITE; /* which it is: the others have their turn first */
        if (!starved)
            continue;
        if (!readable || receives++ == TURN_RECEIVES)
            return WANT_READ;
        ssize_t n = receive(c, w);
        /*
         * A buffer that wasn't filled has emptied the socket: asking again would cost a syscall to learn it.
         * Not so before an urgent byte, which no HTTP client sends: who does waits for its deadline.
         */
        w->drained = n > 0 && w->input_end < sizeof w->input;
        if (n == -EAGAIN)
            return WANT_READ;
        if (n < 0)
            return fail(c, "receive", (int)n);
        if (n == 0 && !refuse_rest(c, w))
            return connection_give_up(c, REASON_CLIENT);
        readable = n > 0 && !w->drained;
    }
}

enum connection_want connection_run(struct connection *c, struct workspace *w,
                                    const struct connection_context *context)
{
    uint32_t requests_before = c->requests;
    workspace_take_up(w, take(c));
    enum connection_want want =
        connection_phase(c) == PHASE_LINGERING ? linger_run(c, w) : converse(c, w, context);
    workspace_count_sent(w);
    if (want != WANT_CLOSE) {
        deadline_follow(c, w, context->limits, want, requests_before);
        if (!workspace_lay_down(w, &c->unfinished)) {
            trouble_with_connection("keep what is unfinished", -ENOMEM);
            want = connection_give_up(c, REASON_MEMORY);
        }
    }
    if (want == WANT_CLOSE) {
        tell_answers(c, w, context->peer, (enum connection_reason)c->reason);
        workspace_abandon(w);
    }
    return want;
}

enum connection_want connection_turn_away(struct connection *c, struct workspace *w, const struct peer *peer,
                                          unsigned status, enum connection_reason reason)
{
    workspace_take_up(w, NULL);
    refuse(c, w, status);
    bool told = output_send(&w->output, c->fd) == 0;
    tell_answers(c, w, peer, reason);
    workspace_count_sent(w);
    enum connection_want want = told ? linger_start(c, w, LINGER_USEC) : WANT_CLOSE;
    workspace_abandon(w);
    c->reason = (uint8_t)reason;
    return want;
}

int connection_timer(const struct connection *c)
{
    assert(c->unfinished && c->unfinished->timer_fd >= 0);
    return c->unfinished->timer_fd;
}

/* 408 to a request that hasn't come as a whole; more of it may come yet, and must not reset the answer away.
 */
static bool tell_timeout(struct connection *c, struct workspace *w)
{
    refuse(c, w, 408);
    if (output_send(&w->output, c->fd) < 0 || shutdown(c->fd, SHUT_WR) < 0)
        return false;
    connection_set_phase(c, PHASE_LINGERING, w->now.usec + LINGER_USEC);
    return true;
}

/* Of one that waits for a request: it may be in the socket, and no worker has got to it yet. */
static bool has_request(const struct connection *c)
{
    enum connection_phase phase = connection_phase(c);
    char byte;
    return (phase == PHASE_FRESH || phase == PHASE_IDLE) &&
           recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

enum connection_want connection_expire(struct connection *c, struct workspace *w,
                                       const struct connection_context *context)
{
    static const enum connection_reason reason[] = {
        [PHASE_FRESH] = REASON_HEAD_TIMEOUT,       [PHASE_HEAD] = REASON_HEAD_TIMEOUT,
        [PHASE_BODY] = REASON_BODY_TIMEOUT,        [PHASE_IDLE] = REASON_IDLE_TIMEOUT,
        [PHASE_SENDING] = REASON_SEND_TIMEOUT,     [PHASE_SLEEPING] = REASON_CUT,
        [PHASE_LINGERING] = REASON_LINGER_TIMEOUT,
    };
    enum connection_phase phase = connection_phase(c);
    if (has_request(c))
        return WANT_READ;
    if (deadline_is_put_off(c, w, context->limits))
        return phase == PHASE_SENDING ? WANT_WRITE : WANT_READ;
    workspace_take_up(w, take(c));
    bool told = (phase == PHASE_HEAD || phase == PHASE_BODY) && tell_timeout(c, w);
    tell_answers(c, w, context->peer, reason[phase]);
    workspace_count_sent(w);
    workspace_abandon(w);
    c->reason = (uint8_t)reason[phase];
    return told ? WANT_READ : WANT_CLOSE;
}

enum connection_want connection_drain(struct connection *c, struct workspace *w)
{
    enum connection_phase phase = connection_phase(c);
    if (phase == PHASE_LINGERING) {
        connection_set_phase(c, PHASE_LINGERING, w->now.usec + LINGER_USEC);
        return WANT_READ;
    }
    if (has_request(c))
        return WANT_READ;
    workspace_take_up(w, take(c));
    c->reason = REASON_DRAIN;
    return linger_may_close(c, w) ? WANT_CLOSE : linger_start(c, w, LINGER_USEC);
}

void connection_cut(struct connection *c, struct workspace *w, const struct peer *peer)
{
    if (!c->unfinished || c->unfinished->answer_count == 0)
        return;
    workspace_take_up(w, take(c));
    tell_answers(c, w, peer, (enum connection_reason)c->reason);
    workspace_abandon(w);
}

void connection_close(struct connection *c)
{
    unfinished_free(take(c));
}
