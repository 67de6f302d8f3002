#ifndef HELLOD_HTTP_RESPONSE_H
#define HELLOD_HTTP_RESPONSE_H

#include "http/date.h"
#include "http/range.h"
#include "http/str.h"

/* A response head (RFC 9112 section 4) as data, before it is bytes. What is empty or false is left out. */

struct response {
    unsigned status;
    struct str content_type;
    bool charset_utf8; /* "; charset=utf-8" behind it */
    struct str content_coding;
    uint64_t content_length;
    struct str boundary;      /* the content is multipart/byteranges, its parts are of content_type */
    bool has_content_range;   /* of one part: */
    struct range range;       /* its place; of length 0: none is satisfiable ("*") */
    uint64_t complete_length; /* of the whole representation */
    bool accept_ranges;
    struct str etag; /* with its quotes */
    bool has_last_modified;
    int64_t last_modified; /* seconds since the epoch; a time that date_format() refuses is left out */
    struct str vary;
    struct str cache_control;
    const struct str *fields; /* more of them, "Name: value" each */
    size_t field_count;
    struct str location;
    struct str allow;
    unsigned retry_after; /* seconds */
    bool close;           /* Connection: close; stands above keep_alive */
    bool keep_alive;      /* Connection: keep-alive, for a client of HTTP/1.0 that asked for it */
};

/*
 * Writes the head with the empty line that ends it. `date` is the value of Date. Returns its length, or 0
 * where `size` is too small. The status must have three digits, and no str may hold what a field value may
 * not (CR, LF, NUL, ...). Of the content nothing is said with a status that has none: 1xx, 204 and 304.
 */
size_t response_write_head(const struct response *response, const char date[static DATE_LENGTH], char *buffer,
                           size_t size);

/*
 * Of a head that is sent often, with the status 200: what lasts, its Date left blank; of the response nothing
 * from `location` on. Returns its length, or 0 where `size` is too small.
 */
size_t response_write_lasting(const struct response *response, char *buffer, size_t size);

/* Writes the head that this is of, with its Date and how the connection goes on. Otherwise as
 * response_write_head(). */
size_t response_write_kept(struct str lasting, bool close, bool keep_alive,
                           const char date[static DATE_LENGTH], char *buffer, size_t size);

/*
 * Writes what stands before a part of multipart/byteranges (RFC 9110 section 14.6): the delimiter, behind the
 * first with the line break that ends the part before it, and the part's head for `range`. With a range of
 * length 0: the delimiter that ends it all. Returns the length, or 0 where `size` is too small.
 */
size_t response_write_part(const struct response *response, struct range range, bool first, char *buffer,
                           size_t size);

/* "Not Found" for 404; "Unknown" for a status this server never sends. */
struct str response_reason(unsigned status);

/*
 * A small page for a status that has no page of its own: an HTML document in UTF-8, light and dark, without
 * outside resources. Returns its length, or 0 where `size` is too small (1200 bytes always suffice).
 */
size_t response_write_page(unsigned status, char *buffer, size_t size);

#endif
