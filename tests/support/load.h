#ifndef HELLOD_TESTS_LOAD_H
#define HELLOD_TESTS_LOAD_H

#include "server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Many clients at once, driven by one thread: the test's own, so that it can do what it is about between two
 * turns. Every octet of every response is compared. What goes wrong is counted, not asserted: a test says
 * what may. Loads are closed with the test, or before.
 */

struct load_request {
    const char *text;
    unsigned status;
    const char *body; /* NULL: whatever comes */
    size_t body_length;
    bool last; /* the server closes behind the response */
};

struct load_plan {
    const struct server_socket *to; /* an IPv4 one */
    unsigned connections;
    const struct load_request *requests; /* each connection takes them in turn, a wild one at random */
    unsigned request_count;
    bool once; /* a new connection for every request */

    /* Requests come in pieces, several together, and after random delays; connections are closed between
     * requests and in the middle of a response. */
    bool wild;
    uint32_t seed;
};

struct load_counts {
    uint64_t responses;   /* whole and right */
    uint64_t connections; /* made */
    uint64_t bytes;
    unsigned refused;    /* connect(2) failed, */
    int refusal;         /* the last time with this errno */
    unsigned wrong;      /* not what was asked for */
    unsigned cut;        /* ended in the middle of a response */
    unsigned lost_first; /* ended without a byte of a response to the connection's first request, */
    unsigned lost_later; /* or to a later one */
    unsigned dropped;    /* requests behind a response that said it was the last */
    unsigned left;       /* connections that ended while nothing was asked */
    unsigned resets;     /* of all these ends, those that were a reset */
};

struct load_group {
    struct load_counts counts; /* so far */
    /* The rest is for load.c. */
    struct load *load;
    struct load_plan plan;
    struct load_link *links;
    struct load_group *next;
    size_t hold_at; /* bytes; 0: nowhere */
};

struct load;

struct load *load_new(void);
void load_close_all(void);

/* Connects; what the plan points to must live as long as the load. */
struct load_group *load_add(struct load *load, const struct load_plan *plan);

/* Each connection is to make so many requests from now on, one after the other. */
void load_ask(struct load_group *group, unsigned requests);

/* Clients at work, until the deadline (microseconds of patience_now()): false, or until `fd` is readable:
 * true. -1: no fd. */
bool load_turn(struct load *load, int fd, int64_t deadline);

/* Until all that was asked has its answer, or is lost. Fails the test where that doesn't come. */
void load_finish(struct load *load);

/*
 * Until every connection of the group has got at least so many bytes (100 KB, say, of many megabytes) in
 * answer to what it asked last; no more is read from it then, until load_release(). Fails the test where that
 * doesn't come.
 */
void load_await_begun(struct load_group *group, size_t bytes);
void load_release(struct load_group *group);

/* Until the group has had so many right responses. Fails the test where they don't come. */
void load_await_responses(struct load_group *group, uint64_t responses);

/* Until the server has closed all connections. Fails the test where it doesn't. */
void load_await_end(struct load *load);

/* All that can go wrong did not, save connections closed while nothing was asked. */
void load_expect_clean(const struct load_group *group);

/* Closes the group's connections; it asks nothing any more. */
void load_close(struct load_group *group);

#endif
