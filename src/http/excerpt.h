#ifndef HELLOD_HTTP_EXCERPT_H
#define HELLOD_HTTP_EXCERPT_H

#include "http/str.h"

/*
 * What of a request is worth keeping for a log: its first line and three fields. Any text will do, be it a
 * head, a part of one, or no request at all; nothing is judged here and nothing unescaped.
 */

struct excerpt {
    struct str line;                      /* the first one that isn't empty, without its line break */
    struct str host, user_agent, referer; /* values without white space around them; {NULL, 0}: absent */
};

/* The most that is kept of each. */
enum {
    EXCERPT_LINE_MAX = 2048,
    EXCERPT_HOST_MAX = 256,
    EXCERPT_USER_AGENT_MAX = 512,
    EXCERPT_REFERER_MAX = 1024,
    EXCERPT_MAX = EXCERPT_LINE_MAX + EXCERPT_HOST_MAX + EXCERPT_USER_AGENT_MAX + EXCERPT_REFERER_MAX + 64,
};

/* Points into `head`, nothing longer than it may be. */
void excerpt_read(struct str head, struct excerpt *ret);

/* The first line alone. */
struct str excerpt_line(struct str head);

/*
 * A shorter head, which excerpt_read() reads to the same. Returns its length; what does not fit is left out.
 * EXCERPT_MAX always suffices.
 */
size_t excerpt_write(const struct excerpt *excerpt, char *buffer, size_t size);

/* The three parts of a request line (RFC 9112 section 3); what is not there is empty. */
struct request_line {
    struct str method, target, protocol;
};

struct request_line excerpt_split(struct str line);

#endif
