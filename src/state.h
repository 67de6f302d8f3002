#ifndef HELLOD_STATE_H
#define HELLOD_STATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a process hands to the one that takes its place: a memfd that outlives execve(2), written by one image
 * and read by the next. Every module that has something to hand over puts it in, and gets it out, in the same
 * order. File descriptors keep their numbers. A record that changes makes STATE_VERSION grow; a server asks
 * its successor for the version before it gives itself up. For one thread.
 */

enum { STATE_VERSION = 8 };

struct state {
    char *data; /* NULL: closed */
    size_t size, length, at;
    int fd;    /* of the writer; -1: none */
    int error; /* the first one, negative, or 0 */
};

/* A new state to be written. 0 or a negative errno. */
int state_create(struct state *ret);

/* An error stays until state_finish() tells it. */
void state_put(struct state *state, const void *data, size_t length);

/* In place of what was put at state->length as it was then: as long, and all of it. */
void state_amend(struct state *state, size_t at, const void *data, size_t length);

/* Makes an fd outlive execve(2). An error stays as that of state_put(). */
void state_keep_fd(struct state *state, int fd);

/* What was to be put couldn't be had: so does this error, a negative errno. */
void state_fail(struct state *state, int error);

/* All is in: 0 with the fd to be passed on in *ret_fd, or a negative errno. */
int state_finish(struct state *state, int *ret_fd);

/* A state to be read, from a predecessor's fd, which it takes over. 0; -EBADMSG for what is no state of this
 * version. */
int state_open(struct state *ret, int fd);

/* 0, or -EBADMSG where there is less. */
int state_get(struct state *state, void *data, size_t length);

void state_close(struct state *state);

#endif
