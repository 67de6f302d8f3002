#ifndef HELLOD_HTTP_REQUEST_H
#define HELLOD_HTTP_REQUEST_H

#include "http/str.h"

/*
 * A request head (RFC 9112 sections 2 to 3, RFC 9110 section 5). Complete, then parse: request_head_length()
 * finds where a head ends; request_parse() gets a whole one and answers 0 or the status to refuse it with,
 * never "more". Everything in struct request points into the caller's buffer.
 */

enum method {
    METHOD_UNKNOWN, /* a token, but none we know: 501 */
    METHOD_GET,
    METHOD_HEAD,
    METHOD_OPTIONS,
    METHOD_POST,
    METHOD_PUT,
    METHOD_DELETE,
    METHOD_CONNECT,
    METHOD_TRACE,
    METHOD_PATCH,
    METHOD_COUNT
};

/* The fields that mean something to us. Of several lines of one name the first is kept, and all count. */
enum field {
    FIELD_OTHER,
    FIELD_HOST,
    FIELD_CONNECTION,
    FIELD_CONTENT_LENGTH,
    FIELD_TRANSFER_ENCODING,
    FIELD_EXPECT,
    FIELD_COUNT
};

struct request_limits {
    size_t request_line; /* bytes without its CRLF: past it 414 */
    size_t fields;       /* field lines: past it 431 */
};

struct request {
    enum method method;
    struct str method_name;
    struct str target;             /* the request target, as it came, of a form that its method may have */
    unsigned minor_version;        /* of HTTP/1: 0, or 1 for that and all above */
    struct str field[FIELD_COUNT]; /* value without white space around it; data == NULL: absent */
    unsigned lines[FIELD_COUNT];   /* how many field lines have that name */
    uint64_t content_length;       /* 0 without a Content-Length */
    bool keep_alive;               /* what the client wants, RFC 9112 section 9.3 */
    bool has_body;                 /* a non-zero Content-Length or a Transfer-Encoding */
};

/*
 * The length of the head at the start of the buffer with the empty line that ends it, or 0 while it is
 * incomplete. An empty line or several before the request line (RFC 9112 section 2.2) belong to the head. A
 * bare LF ends the head as well, for request_parse() to refuse it with no need of the rest.
 */
size_t request_head_length(struct str received);

/*
 * Whether the request line has come whole and is no longer than `limit` bytes without its CRLF: tells a 431
 * from a 414 when a head is too long.
 */
bool request_line_fits(struct str received, size_t limit);

/*
 * Parses a whole head as request_head_length() measured it. 0, or the status that refuses it: 400, 414, 431,
 * 501 (an unknown transfer coding) or 505; then only *ret's method may be read, and the connection must not
 * be read further.
 */
unsigned request_parse(struct str head, const struct request_limits *limits, struct request *ret);

#endif
