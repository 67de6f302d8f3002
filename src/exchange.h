#ifndef HELLOD_EXCHANGE_H
#define HELLOD_EXCHANGE_H

#include "http/body.h"
#include "http/parsed.h"
#include "http/request.h"
#include "http/str.h"
#include "lookup.h"
#include "output.h"
#include "resource.h"
#include "rules.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * One request and its response, as a straight line: head, request, target, resource, preconditions, ranges,
 * response. It reads files, and neither reads nor writes a socket: what is to be sent goes into an output.
 * Nothing stays between two exchanges; one that must wait is run again from its head when the wait is over.
 */

/* What is served, and how much is read for it; the same for every exchange, const. */
struct site {
    struct document_root root;
    struct rules rules; /* what they point to is the configuration's */
    struct cache *cache;
    uint64_t sleep_usec; /* 0: there is no /sleep */
    const char *health; /* the path of the answer to load balancers, without its slash; NULL: there is none */
    struct request_limits limits;
};

/* What of an exchange has been waited for. */
enum exchange_stage { EXCHANGE_NEW, EXCHANGE_BODY_READ, EXCHANGE_SLEPT };

/* What an exchange is told besides the request. */
struct setting {
    const struct site *site;
    const struct moment *now;
    struct parsed *parsed;     /* of the thread, for its exchanges one after the other, */
    struct recent *recent;     /* as that is */
    struct siblings *siblings; /* as that is */
    enum exchange_stage stage;
    bool closing; /* the connection ends with this response whatever the client wants */
};

/* How the connection goes on. Plain data. */
struct answer {
    bool close;       /* it ends with this response */
    bool unread;      /* the client may still be sending what nobody will read, */
    bool uploading;   /* a request's body in particular */
    bool go_ahead;    /* the client waits for 100 (Continue) before it sends the body */
    struct body body; /* what must be read before the response; else a whole one */
    /* What was answered, once it was: */
    enum method method;
    unsigned status;
    uint64_t content_length; /* bytes of content that go with the head */
    enum cache_use cache_use;
};

enum exchange_result {
    EXCHANGE_ANSWERED, /* the response is in the output */
    EXCHANGE_BODY,     /* answer.body must be read: go on with EXCHANGE_BODY_READ */
    EXCHANGE_SLEEP,    /* /sleep: go on with EXCHANGE_SLEPT after site->sleep_usec */
};

/* Bytes of room that an exchange needs in its output, which must not have a file. */
enum { EXCHANGE_ROOM = 32 << 10 };

/* The most that the limits of a site may be. */
enum { EXCHANGE_HEAD_MAX = 64 << 10, EXCHANGE_REQUEST_LINE_MAX = PARSED_TARGET_MAX };

/* Answers a whole head, or says what must come first. */
enum exchange_result exchange_run(const struct setting *setting, struct str head, struct output *output,
                                  struct answer *ret);

/* 100 (Continue), before the response. */
void exchange_go_ahead(struct output *output);

/*
 * The response to what is refused unread (400, 408, 413, 414, 429, 431) or can't be kept (503); `received` is
 * the request as far as it has come. The connection ends with it.
 */
void exchange_refuse(const struct setting *setting, struct str received, unsigned status,
                     struct output *output, struct answer *ret);

#endif
