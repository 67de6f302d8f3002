#ifndef HELLOD_WORKSPACE_H
#define HELLOD_WORKSPACE_H

#include "answers.h"
#include "counters.h"
#include "exchange.h"
#include "http/date.h"
#include "http/str.h"
#include "output.h"
#include "state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A worker's desk: used for one connection at a time, empty between two. What a turn couldn't finish is laid
 * down in memory of the connection's own and taken up by the next turn, at whatever desk that is. No lock;
 * each worker has its own.
 */

/*
 * What a turn leaves for the next. Plain data: behind the struct stand the stretches of the file and the
 * answers that aren't all sent, then the input not yet parsed, the output not yet sent, and the answers'
 * text.
 */
struct unfinished {
    struct answer answer;
    size_t head_length; /* of the head at the start of the input whose exchange waits; 0: none does */
    int timer_fd;       /* owned; -1: none */
    int file_fd;        /* owned; -1: none */
    unsigned stretch_count, answer_count;
    int64_t begun_usec; /* when the first byte of the input came */
    size_t input_length, output_length, text_length;
    struct stretch stretches[];
};

/* Closes and frees. NULL is fine. */
void unfinished_free(struct unfinished *unfinished);

/* Bytes in all. */
size_t unfinished_size(const struct unfinished *unfinished);

/*
 * Puts it into a state, and gets it out again: 0, -ENOMEM, or -EBADMSG for what no desk can hold. Its fds
 * keep their numbers.
 */
void unfinished_put(const struct unfinished *unfinished, struct state *state);
int unfinished_get(struct unfinished **ret, struct state *state);

enum { INPUT_SIZE = EXCHANGE_HEAD_MAX + (16 << 10) };

/* The requests that are answered in one turn, before the others have theirs. */
enum { TURN_REQUESTS = 64 };

/* A memory page, at least. What is always in use stands on one, between the ends of two that are large. */
enum { WORKSPACE_PAGE = 4096 };

struct workspace {
    struct answers answers;
    const struct site *site;
    unsigned worker;     /* whose it is; the main thread's has the number behind the last one */
    uint64_t began_nsec; /* CLOCK_MONOTONIC, when this turn began */
    struct moment now;
    size_t input_start, input_end;
    size_t head_length; /* of the head at the input's start whose exchange waits for body or timer; or 0 */
    int timer_fd;       /* owned; -1: the exchange doesn't sleep */
    unsigned share;     /* of TURN_REQUESTS, those left */
    int64_t begun_usec; /* CLOCK_MONOTONIC, when the first byte of the input came, more or less */
    size_t received;    /* bytes, in this turn */
    bool drained;       /* the last recv(2) of this turn left nothing in the socket */
    struct answer answer;
    struct recent recent;
    struct access *access; /* NULL: answers aren't logged */
    struct counters counters;
    struct output output;
    struct parsed parsed __attribute__((aligned(WORKSPACE_PAGE)));
    char input[INPUT_SIZE];
    struct siblings siblings;
};

_Static_assert(sizeof(void *) < 8 ||
                   (offsetof(struct workspace, answers.count) % WORKSPACE_PAGE == 0 &&
                    offsetof(struct workspace, output.buffer) - offsetof(struct workspace, answers.count) <
                        WORKSPACE_PAGE / 2),
               "one page, and room on it for the output of a small answer");

/* Of zeros, or with parsed.length 0 at least. `site` and `access` (NULL: none) must outlive it. */
void workspace_init(struct workspace *workspace, const struct site *site, struct access *access,
                    unsigned worker);

/* Lets go of what it keeps of the site, with nothing on the desk. */
void workspace_end(struct workspace *workspace);

/* Looks at the clocks; to be called as a turn begins. */
void workspace_start_turn(struct workspace *workspace);

/* Counts how long it took; what the turn was about belongs to others by now. */
void workspace_end_turn(struct workspace *workspace);

/* Counts what has been sent since the desk was cleared; once, before it is cleared again. */
static inline void workspace_count_sent(struct workspace *workspace)
{
    counter_add(&workspace->counters.sent_bytes, workspace->output.moved);
}

/* Clears the desk and takes up what is unfinished (NULL: nothing), which it frees. */
void workspace_take_up(struct workspace *workspace, struct unfinished *unfinished);

/*
 * Lays down what is on the desk: *ret is NULL where nothing is. False where memory is short; then all is
 * still on the desk.
 */
bool workspace_lay_down(const struct workspace *workspace, struct unfinished **ret);

/* Drops what is on the desk. */
void workspace_abandon(struct workspace *workspace);

/* The bytes that have come and aren't done with: the head of an exchange that waits, and what follows. */
static inline struct str workspace_received(const struct workspace *workspace)
{
    return (struct str){workspace->input + workspace->input_start,
                        workspace->input_end - workspace->input_start};
}

/* Throws away `length` bytes of what follows that head. */
void workspace_skip(struct workspace *workspace, size_t length);

/* Throws away that head: its exchange is over. */
static inline void workspace_finish_head(struct workspace *workspace)
{
    workspace->input_start += workspace->head_length;
    workspace->head_length = 0;
}

#endif
