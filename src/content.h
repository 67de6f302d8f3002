#ifndef HELLOD_CONTENT_H
#define HELLOD_CONTENT_H

#include "http/range.h"
#include "http/response.h"
#include "output.h"
#include "resource.h"

#include <stdbool.h>

/*
 * The content of a response, out of a representation's file: all of it, a range, or several ranges as
 * multipart/byteranges (RFC 9110 section 14.6). Little leaves with its head in one send(2), much by
 * sendfile(2).
 *
 * In two steps, with the head between them: content_prepare() tells the head what follows, so all that can
 * fail is done there.
 */

enum { CONTENT_INLINE_MAX = REPRESENTATION_LITTLE, CONTENT_BOUNDARY_LENGTH = 32 };

struct content {
    struct ranges ranges; /* set by the caller: one or several, none empty unless the file is */
    bool inlined;
    char boundary[CONTENT_BOUNDARY_LENGTH];
    struct str delimiters[RANGES_MAX + 1]; /* in `text`: before each part, and at the end */
    char text[RANGES_MAX * 256];
    char bytes[CONTENT_INLINE_MAX];
};

/* The whole of the representation. */
void content_select_all(struct content *content, const struct representation *representation);

/*
 * Fills in what the response says of its content: Content-Length, and with the status 206 Content-Range or
 * the multipart's boundary. Where several parts can't be made, it makes the whole and the status 200 of it.
 * Reads what is little, unless the answer is a head only. 0, -ENODATA where the file holds less than its size
 * said, or another negative errno of reading.
 */
int content_prepare(struct content *content, const struct representation *representation, bool head_only,
                    struct response *response);

/* Appends it; takes the file over where it is to be sent from. */
void content_append(const struct content *content, struct representation *representation,
                    struct output *output);

#endif
