#ifndef HELLOD_ANSWERS_H
#define HELLOD_ANSWERS_H

#include "access.h"
#include "cache.h"
#include "http/str.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The answers of a connection that stand in the output and aren't all sent yet: kept until the access log can
 * say how much of each was. A part of a worker's desk; what isn't over at the end of a turn is laid down with
 * the rest.
 */

enum { ANSWERS_MAX = 128, ANSWERS_TEXT_MAX = 16 << 10 };

/* One of them. Plain data; places count the bytes that leave, from when the desk was cleared. */
struct pending {
    uint64_t end;            /* the place behind its last byte */
    uint64_t length;         /* of head and content */
    uint64_t content;        /* of the latter */
    int64_t begun_usec;      /* CLOCK_MONOTONIC, when the request's first byte came */
    uint32_t request;        /* which one of its connection, from 1 */
    uint32_t excerpt_length; /* where it is laid down */
    uint16_t status;
    uint8_t cache_use;
    uint8_t unused[5]; /* no padding: it is laid down as it is */
};

struct answers {
    struct pending list[ANSWERS_MAX];
    struct str head[ANSWERS_MAX]; /* of the request, or an excerpt of it */
    char text[ANSWERS_TEXT_MAX];  /* those that were laid down */
    unsigned count;
};

/* Who they are of. */
struct answers_of {
    struct access *access;
    uint64_t connection;
    const struct peer *peer;
    uint16_t worker;
    int64_t second;    /* now, since the epoch */
    uint64_t now_nsec; /* and of CLOCK_MONOTONIC */
};

void answers_clear(struct answers *answers);

static inline bool answers_have_room(const struct answers *answers)
{
    return answers->count < ANSWERS_MAX;
}

/* One more, for which there must be room, for the caller to fill in; `head` stays where it is until the turn
 * is over. */
static inline struct pending *answers_add(struct answers *answers, struct str head)
{
    assert(answers_have_room(answers));
    answers->head[answers->count] = head;
    return &answers->list[answers->count++];
}

/*
 * Hands over to the access log those that are sent, all that end before the place `sent`. With a reason the
 * connection is over, and so is each of them; the last one ended it.
 */
void answers_tell(struct answers *answers, const struct answers_of *of, uint64_t sent, const char *reason);

/*
 * Lays them down when so much was sent: excerpts of their heads, as far as ANSWERS_TEXT_MAX suffices, follow
 * each other in `text`. Returns how much of that they fill.
 */
size_t answers_lay_down(const struct answers *answers, uint64_t sent, struct pending list[static ANSWERS_MAX],
                        char text[static ANSWERS_TEXT_MAX]);

/* Takes them up again, on a desk that has none. */
void answers_take_up(struct answers *answers, const struct pending *list, unsigned count, const char *text);

/* Whether this may come from answers_lay_down(), with so many bytes of text. */
bool answers_are_sound(const struct pending *list, unsigned count, size_t text_length);

#endif
