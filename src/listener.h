#ifndef HELLOD_LISTENER_H
#define HELLOD_LISTENER_H

#include "address.h"
#include "state.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The listening sockets: those that systemd passed (sd_listen_fds_with_names(3)), or our own when run by
 * hand. They are never shut down: shutdown(2) would refuse the clients that wait in the backlog; closing
 * leaves them to systemd.
 */

enum { LISTENERS_MAX = ADDRESSES_MAX, METRICS_LISTENERS_MAX = 4 };

/* The name, FileDescriptorName=, of sockets that are for the metrics, not for the site. */
#define LISTENER_METRICS "metrics"

struct listener {
    int fd;                         /* non-blocking, close-on-exec */
    char name[64];                  /* of the socket unit, "" for our own */
    char address[ADDRESS_TEXT_MAX]; /* for people: "127.0.0.1:7878", "[::1]:80", "/run/hello.sock" */
    bool made;                      /* address is the path of a file that binding made */
};

struct listeners {
    size_t count;
    struct listener list[LISTENERS_MAX];
    size_t metrics_count;
    struct listener metrics[METRICS_LISTENERS_MAX];
};

/*
 * Takes what systemd passed, else binds each of the addresses; a unix socket's path that nobody answers on is
 * bound anew, its file is for every user. Besides, the sockets of the metrics: those that were passed by that
 * name, else one bound to the path of a unix socket, for its user only (NULL: none). Call once, before
 * threads. 0, or a negative errno after one log entry that says what is wrong; then nothing stays open.
 * -ENOTCONN: this is hello.service or one of hello@NAME.service, whose socket unit should have passed sockets
 * and has not.
 */
int listeners_open(struct listeners *ret, const struct addresses *addresses, const char *metrics);

/* Puts them into a state, and gets them out in a successor: 0 or -EBADMSG. */
void listeners_put(const struct listeners *listeners, struct state *state);
int listeners_get(struct listeners *ret, struct state *state);

/* Closes them; the files of our own unix sockets go. */
void listeners_close(struct listeners *listeners);

/* Where those of the site are bound. */
void listeners_addresses(const struct listeners *listeners, struct addresses *ret);

#endif
