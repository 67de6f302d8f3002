#ifndef HELLOD_HTTP_RANGE_H
#define HELLOD_HTTP_RANGE_H

#include "http/str.h"

/* Ranges of bytes, RFC 9110 section 14. */

enum { RANGES_MAX = 16 };

struct range {
    uint64_t first, length;
};

/* What of a representation is sent, in this order. */
struct ranges {
    size_t count;
    struct range list[RANGES_MAX];
};

/*
 * What a Range field's value asks of a representation of `size` bytes. 206 with *ret filled: 1 to RANGES_MAX
 * ranges within the representation, none empty and no two overlapping; 416: none that was asked for is there;
 * 200: the whole is to be sent, because the value is none of ours (another unit, no valid syntax) or asks for
 * more ranges than we care for, or for the same bytes twice. Section 14.2 leaves that to the server.
 */
unsigned ranges_parse(struct str value, uint64_t size, struct ranges *ret);

#endif
