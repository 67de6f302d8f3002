#ifndef HELLOD_EXCHANGE_H
#define HELLOD_EXCHANGE_H

#include "config.h"
#include "http/date.h"
#include "http/str.h"
#include "output.h"
#include "resource.h"

/*
 * One request and its response, as a straight line: head, request, target, resource, response. It reads
 * files, and neither reads nor writes a socket: what is to be sent goes into an output. Nothing stays between
 * two exchanges.
 */

/* What is served, the same for every exchange; const. */
struct site {
    struct document_root root;
    uint64_t sleep_usec; /* 0: there is no /sleep */
};

/* What outlives the request while its response is made. Plain data. */
struct answer {
    bool head_only;  /* HEAD: the head of GET's answer, no content */
    bool keep_alive; /* the client speaks HTTP/1.0 and asked to keep the connection */
    bool close;      /* the connection ends with this response */
    bool unread;     /* the client may still be sending what nobody will read, */
    bool body;       /* a request's body in particular */
};

enum exchange_result {
    EXCHANGE_ANSWERED, /* the response is in the output */
    EXCHANGE_SLEEP,    /* /sleep: the response comes by exchange_wake() after site->sleep_usec */
};

/* Bytes of room that an exchange needs in its output. */
enum { EXCHANGE_ROOM = 32 << 10 };

/* Longest head that is read, and the longest part of it that may be the request line. */
enum { EXCHANGE_HEAD_MAX = 16 << 10, EXCHANGE_REQUEST_LINE_MAX = 8 << 10, EXCHANGE_FIELDS_MAX = 100 };

/*
 * Answers a whole head. `date` is the value of Date; with `closing` the connection ends after this response
 * whatever the client wants. *ret says how the connection goes on.
 */
enum exchange_result exchange_run(const struct site *site, struct str head,
                                  const char date[static DATE_LENGTH], bool closing, struct output *output,
                                  struct answer *ret);

/* The response that /sleep waited for, to the request that `answer` came from. */
void exchange_wake(const struct site *site, const char date[static DATE_LENGTH], struct answer *answer,
                   struct output *output);

/* The response to what never became a request (408, 414, 431), or one that can't be kept (503). The
 * connection ends with it. */
void exchange_refuse(unsigned status, const char date[static DATE_LENGTH], struct output *output,
                     struct answer *ret);

#endif
