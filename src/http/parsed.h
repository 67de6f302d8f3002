#ifndef HELLOD_HTTP_PARSED_H
#define HELLOD_HTTP_PARSED_H

#include "http/request.h"
#include "http/target.h"

/*
 * A request head and all that it says by itself: the request, and its target as a path. The last head that
 * was read is remembered, and what is the same to the byte isn't read again: requests in a pipeline, those of
 * a load balancer, and a request whose body had to be awaited. Only what follows from the text alone is kept;
 * all that depends on time, on files or on the connection is for others.
 *
 * For one thread at a time. All zero at first.
 */

/* Longer heads aren't remembered, and longer targets aren't read: request_limits.request_line is at most
 * that.
 */
enum { PARSED_HEAD_MAX = 2 << 10, PARSED_TARGET_MAX = 16 << 10 };

struct parsed {
    unsigned status;        /* 0, or that which refuses the request */
    unsigned target_status; /* with a status of 0: 0, or that which refuses its target */
    struct request request; /* points into `head`, or into a long head itself; see request_parse() */
    struct target target;   /* with both 0; its path is in `path` */
    size_t length;          /* of what is remembered; 0: nothing */
    char head[PARSED_HEAD_MAX];
    char path[PARSED_TARGET_MAX];
};

/* request_head_length() of what was received; quicker where that starts with what is remembered. */
size_t parsed_head_length(const struct parsed *parsed, struct str received);

/* Reads a whole head. A parsed one is always read within the same limits. */
void parsed_read(struct parsed *parsed, struct str head, const struct request_limits *limits);

#endif
