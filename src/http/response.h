#ifndef HELLOD_HTTP_RESPONSE_H
#define HELLOD_HTTP_RESPONSE_H

#include "http/date.h"
#include "http/str.h"

/* A response head (RFC 9112 section 4) as data, before it is bytes. */

struct response {
    unsigned status;
    struct str content_type; /* empty: no Content-Type */
    bool charset_utf8;       /* "; charset=utf-8" behind it */
    uint64_t content_length;
    bool has_last_modified;
    int64_t last_modified; /* seconds since the epoch; a time that date_format() refuses is left out */
    struct str location;   /* empty: none */
    struct str allow;      /* empty: none */
    bool close;            /* Connection: close; stands above keep_alive */
    bool keep_alive;       /* Connection: keep-alive, for a client of HTTP/1.0 that asked for it */
};

/*
 * Writes the head with the empty line that ends it. `date` is the value of Date. Returns its length, or 0
 * where `size` is too small. The status must have three digits, and no str may hold what a field value may
 * not (CR, LF, NUL, ...).
 */
size_t response_write_head(const struct response *response, const char date[static DATE_LENGTH], char *buffer,
                           size_t size);

/* "Not Found" for 404; "Unknown" for a status this server never sends. */
struct str response_reason(unsigned status);

/*
 * A small page for a status that has no page of its own: an HTML document in UTF-8, light and dark, without
 * outside resources. Returns its length, or 0 where `size` is too small (1200 bytes always suffice).
 */
size_t response_write_page(unsigned status, char *buffer, size_t size);

#endif
