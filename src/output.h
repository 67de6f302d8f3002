#ifndef HELLOD_OUTPUT_H
#define HELLOD_OUTPUT_H

#include "http/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What is to be sent on a connection: bytes, then at most one stretch of a file. Responses to requests that
 * came together gather here and leave with one send(2). A worker has one, used anew for each connection; no
 * lock.
 */

enum { OUTPUT_SIZE = 64 << 10 };

struct output {
    size_t used; /* bytes in the buffer */
    size_t sent; /* of them, already sent */
    int file_fd; /* owned; -1: no file follows */
    uint64_t file_offset, file_end;
    uint64_t moved; /* bytes sent since output_reset() */
    char buffer[OUTPUT_SIZE];
};

void output_reset(struct output *output);

/* Room for more bytes; none behind a file. */
size_t output_room(const struct output *output);
bool output_is_empty(const struct output *output);

/* Where the next output_room() bytes may be written, to be counted in by output_advance(). */
char *output_end(struct output *output);
void output_advance(struct output *output, size_t length);

/* Appends; the caller has seen that there is room. */
void output_append(struct output *output, struct str bytes);

/* Lets `length` bytes of the file follow from `offset` on, and takes the fd over. Not behind another file. */
void output_append_file(struct output *output, int fd, uint64_t offset, uint64_t length);

/*
 * Sends what the socket takes. 0: all is sent; -EAGAIN: the rest when the socket is writable again (also
 * after a fair share of a large file: others wait too); -ENODATA: the file is shorter than it was, so what
 * was promised can't be sent; another negative errno: the connection is broken.
 */
int output_send(struct output *output, int socket_fd);

/* Closes the file, if any, and forgets all. */
void output_drop(struct output *output);

#endif
