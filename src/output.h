#ifndef HELLOD_OUTPUT_H
#define HELLOD_OUTPUT_H

#include "http/str.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

/*
 * What is to be sent on a connection: bytes, and among them stretches of one file. Responses to requests that
 * came together gather here and leave with one send(2). A worker has one, used anew for each connection; no
 * lock.
 */

enum { OUTPUT_SIZE = 64 << 10, OUTPUT_STRETCHES_MAX = 16 };

/* A stretch of the file, and where it stands: behind so many bytes of the buffer. */
struct stretch {
    size_t behind;
    uint64_t offset, end;
};

struct output {
    size_t used; /* bytes in the buffer */
    size_t sent; /* of them, already sent */
    int file_fd; /* owned; -1: no stretch is left */
    unsigned stretch_count;
    unsigned stretches_sent;
    uint64_t moved; /* bytes sent since output_reset() */
    struct stretch stretches[OUTPUT_STRETCHES_MAX];
    char buffer[OUTPUT_SIZE];
};

void output_reset(struct output *output);

/* Room for more bytes. */
static inline size_t output_room(const struct output *output)
{
    return sizeof output->buffer - output->used;
}

/* Whether a file is among what waits to be sent: then no other may follow. */
static inline bool output_has_file(const struct output *output)
{
    return output->file_fd >= 0;
}

static inline bool output_is_empty(const struct output *output)
{
    return output->used == output->sent && !output_has_file(output);
}

/* The place behind its last byte, counted in bytes that leave since output_reset(). */
uint64_t output_place(const struct output *output);

/* Where the next output_room() bytes may be written, to be counted in by output_advance(). */
static inline char *output_end(struct output *output)
{
    return output->buffer + output->used;
}

static inline void output_advance(struct output *output, size_t length)
{
    assert(length <= output_room(output));
    output->used += length;
}

/* Appends; the caller has seen that there is room. */
static inline void output_append(struct output *output, struct str bytes)
{
    assert(bytes.length <= output_room(output));
    memcpy(output_end(output), bytes.data, bytes.length);
    output->used += bytes.length;
}

/*
 * Lets `length` bytes of the file follow from `offset` on, and takes the fd over. Where output_has_file(), it
 * must be the same fd; OUTPUT_STRETCHES_MAX stretches at most.
 */
void output_append_file(struct output *output, int fd, uint64_t offset, uint64_t length);

/*
 * The stretches that are not sent yet, as if nothing of the buffer had been: what a later output_append() of
 * the unsent bytes and output_set_stretches() make into the same again. There are stretch_count less
 * stretches_sent of them; fd is -1 for none.
 */
void output_get_stretches(const struct output *output, struct stretch *ret);
void output_set_stretches(struct output *output, int fd, const struct stretch *stretches, unsigned count);

/*
 * Sends what the socket takes. 0: all is sent; -EAGAIN: the rest when the socket is writable again (also
 * after a fair share of a large file: others wait too); -ENODATA: the file is shorter than it was, so what
 * was promised can't be sent; another negative errno: the connection is broken.
 */
int output_send(struct output *output, int socket_fd);

/* Closes the file, if any, and forgets all. */
void output_drop(struct output *output);

#endif
