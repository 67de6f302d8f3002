#ifndef HELLOD_HTTP_BODY_H
#define HELLOD_HTTP_BODY_H

#include "http/str.h"

/*
 * The body of a request, read to be thrown away (RFC 9112 sections 6 and 7): where it ends, and whether its
 * framing is right. Plain data without pointers; all zero is a body that has been read.
 */

struct body {
    uint64_t left;  /* bytes that may come: of the content, or of a chunked body with all its framing */
    uint64_t chunk; /* of the current chunk, what is left; or its size as far as it has been read */
    uint8_t digits; /* of that size, without leading zeros */
    uint8_t state;
};

/* A body of `length` bytes (Content-Length). */
void body_start_sized(struct body *body, uint64_t length);

/* A chunked body, of `limit` bytes at most, counted with chunk sizes, extensions and trailer fields. */
void body_start_chunked(struct body *body, uint64_t limit);

/*
 * Takes off *received what belongs to the body. 0: so far, so good; or the status that refuses the request:
 * 400 for broken framing, 413 for a chunked body past its limit. Then the connection must not be read
 * further.
 */
unsigned body_read(struct body *body, struct str *received);

/* Whether all of it has been read. */
bool body_is_whole(const struct body *body);

/* Whether a body that came from elsewhere is one that body_read() can go on with. */
bool body_is_valid(const struct body *body);

#endif
