#ifndef HELLOD_HTTP_REQUEST_H
#define HELLOD_HTTP_REQUEST_H

#include "http/str.h"

/*
 * A request head (RFC 9112 sections 2 to 3, RFC 9110 section 5). Complete, then parse: request_head_length()
 * finds where a head ends; request_parse() gets a whole one and answers 0 or the status to refuse it with,
 * never "more". Everything in struct request points into the caller's buffer.
 */

/* A method that nobody has registered is unknown: 501; one that is registered and not done here is other:
 * 405. */
enum method { METHOD_UNKNOWN, METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, METHOD_CONNECT, METHOD_OTHER };

/* The fields that mean something to us. Of several lines of one name the first is kept, and all count; of
 * other names they are only counted. */
enum field {
    FIELD_OTHER,
    FIELD_HOST,
    FIELD_CONNECTION,
    FIELD_CONTENT_LENGTH,
    FIELD_TRANSFER_ENCODING,
    FIELD_EXPECT,
    FIELD_IF_MATCH,
    FIELD_IF_NONE_MATCH,
    FIELD_IF_MODIFIED_SINCE,
    FIELD_IF_UNMODIFIED_SINCE,
    FIELD_IF_RANGE,
    FIELD_RANGE,
    FIELD_ACCEPT,
    FIELD_ACCEPT_ENCODING,
    FIELD_COUNT
};

/* What the client waits for before it sends the body: RFC 9110 section 10.1.1. */
enum expectation { EXPECT_NOTHING, EXPECT_CONTINUE, EXPECT_UNKNOWN };

struct request_limits {
    uint64_t request_line; /* bytes without its CRLF: past it 414 */
    uint64_t head;         /* bytes of a head: past it 431, or 414 where the request line has no end */
    unsigned fields;       /* field lines, UINT16_MAX at most: past it 431 */
    uint64_t body;         /* bytes of a body: past it 413 */
};

struct request {
    enum method method;
    struct str method_name;
    struct str target;       /* the request target, as it came, of a form that its method may have */
    unsigned minor_version;  /* of HTTP/1: 0, or 1 for that and all above */
    struct str field_lines;  /* all of them, for request_next_value() */
    uint64_t content_length; /* 0 without a Content-Length */
    bool keep_alive;         /* what the client wants, RFC 9112 section 9.3 */
    bool has_body;           /* a non-zero Content-Length or a Transfer-Encoding */
    bool chunked;            /* the latter */
    enum expectation expectation;
    uint16_t lines[FIELD_COUNT];   /* how many field lines have that name */
    struct str field[FIELD_COUNT]; /* value without white space around it, where there is such a line */
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

/* Whether anything of a request has come: more than the empty lines before it. */
bool request_has_begun(struct str received);

/* Whether what has come, be it a whole head or not, asks by HEAD: then even a refusal has no content. */
bool request_is_head(struct str received);

/*
 * Parses a whole head as request_head_length() measured it. 0, or the status that refuses it: 400, 414, 431,
 * 501 (an unknown transfer coding) or 505; then only *ret's method may be read, and the connection must not
 * be read further.
 */
unsigned request_parse(struct str head, const struct request_limits *limits, struct request *ret);

/*
 * The value, without white space around it, of the next line of that name, for a field that is a list and so
 * may come in several lines (RFC 9110 section 5.3). *rest starts as the request's field_lines. False when
 * there is none left.
 */
bool request_next_value(enum field field, struct str *rest, struct str *ret);

/* The values of all lines of that name with commas between, as many as the buffer has room for. */
struct str request_join_lines(const struct request *request, enum field field, char *buffer, size_t size);

/* All of them as one list: the value of the only line, or all joined in the buffer. data == NULL: there is no
 * such line. */
static inline struct str request_join_values(const struct request *request, enum field field, char *buffer,
                                             size_t size)
{
    if (request->lines[field] == 0)
        return (struct str){NULL, 0};
    return request->lines[field] == 1 ? request->field[field]
                                      : request_join_lines(request, field, buffer, size);
}

#endif
