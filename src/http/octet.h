#ifndef HELLOD_HTTP_OCTET_H
#define HELLOD_HTTP_OCTET_H

#include "http/str.h"

/* Classes of octets by the grammars of RFC 9110 and RFC 3986, bits of one table. None has NUL, CR or LF. */
enum octet_class {
    OCTET_TOKEN = 1 << 0, /* tchar, RFC 9110 section 5.6.2 */
    OCTET_FIELD = 1 << 1, /* of a field value, RFC 9110 section 5.5: HTAB, SP, VCHAR, obs-text */
    OCTET_TARGET =
        1 << 2, /* of a request target: VCHAR, but not "#", which starts what a client keeps for itself */
    OCTET_REG_NAME = 1 << 3, /* unreserved and sub-delims, RFC 3986 section 2 */
    OCTET_PATH = 1 << 4,     /* the same with ":", "@" and "/": a path unescaped, RFC 3986 section 3.3 */
    OCTET_DIGIT = 1 << 5,
    OCTET_HEX = 1 << 6, /* HEXDIG, either case */
};

extern const uint8_t octet_classes[256];

static inline bool octet_is(char c, enum octet_class class)
{
    return octet_classes[(unsigned char)c] & class;
}

/* How many octets of the class `s` starts with. */
static inline size_t octet_span(struct str s, enum octet_class class)
{
    size_t length = 0;
    while (length < s.length && octet_is(s.data[length], class))
        length++;
    return length;
}

/* The octet that the pct-encoded triplet (RFC 3986 section 2.1) at the start of `s` stands for, or -1. */
int octet_unescape(struct str s);

#endif
