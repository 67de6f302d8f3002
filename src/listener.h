#ifndef HELLOD_LISTENER_H
#define HELLOD_LISTENER_H

#include "state.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The listening sockets: those that systemd passed (sd_listen_fds_with_names(3)), or one of our own when run
 * by hand. They are never shut down: shutdown(2) would refuse the clients that wait in the backlog; closing
 * leaves them to systemd.
 */

enum { LISTENERS_MAX = 32, LISTENER_ADDRESS_MAX = 128 };

struct listener {
    int fd;                             /* non-blocking, close-on-exec */
    char name[64];                      /* of the socket unit, "" for our own */
    char address[LISTENER_ADDRESS_MAX]; /* for people: "127.0.0.1:7878", "[::1]:80", "/run/hello.sock" */
};

struct listeners {
    size_t count;
    struct listener list[LISTENERS_MAX];
};

/*
 * Takes what systemd passed, else binds address:port (a numeric address). Call once, before threads. 0, or a
 * negative errno after one log entry that says what is wrong; then nothing stays open.
 */
int listeners_open(struct listeners *ret, const char *address, uint16_t port);

/* Puts them into a state, and gets them out in a successor: 0 or -EBADMSG. */
void listeners_put(const struct listeners *listeners, struct state *state);
int listeners_get(struct listeners *ret, struct state *state);

void listeners_close(struct listeners *listeners);

#endif
