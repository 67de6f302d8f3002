#ifndef HELLOD_TESTS_FAULT_STAGE_H
#define HELLOD_TESTS_FAULT_STAGE_H

#include "clients.h"

#include "tree.h"

/*
 * All of the server but its main loop, on a listening socket of the loopback. Events are handled by hand, so
 * that the nth call of something is the same one in every run; or by workers, as in the server. Clients say
 * something and hear what comes of it. Failing calls (fault.h) are the server's only.
 *
 * The document root: hello.html ("hello"), big (STAGE_BIG bytes of noise, seed 1), page.html ("page") with
 * page.html.gz ("packed"), folder/ with the files a and b, which is listed, 404.html ("nothing").
 */

enum { STAGE_BIG = 300 << 10, STAGE_TEXT_MAX = 1 << 20, STAGE_TURNS_MAX = 1000 };

struct stage {
    struct tree *tree;
    struct site site;
    struct listeners listeners;
    struct clients_options options;
    struct clients *clients;
    struct pool *pool;
    bool by_hand;
};

extern struct stage stage;

/* For cmocka. The first one is by hand. */
int stage_set_up(void **state);
int stage_set_up_workers(void **state);
int stage_tear_down(void **state);

/* A client, non-blocking. */
int stage_connect(void);

/* What became of a conversation. */
struct stage_heard {
    bool closed;    /* by the server */
    unsigned turns; /* events handled by hand meanwhile */
    size_t length;
    char text[STAGE_TEXT_MAX]; /* with a NUL behind it */
};

/*
 * Says it and serves until `enough` says so of what has come, or the server closes, or nothing goes on any
 * more though the sweep came by several times, or more than STAGE_TURNS_MAX events were handled.
 */
void stage_converse(int client, const char *text, bool (*enough)(const struct stage_heard *),
                    struct stage_heard *ret);

/* The same with nothing more to say, and with more patience. */
void stage_go_on(int client, bool (*enough)(const struct stage_heard *), struct stage_heard *ret);

/* Closes the client, serves, and fails the test where anything is left of it. */
void stage_end_client(int client);

#endif
