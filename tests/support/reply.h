#ifndef HELLOD_TESTS_REPLY_H
#define HELLOD_TESTS_REPLY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One HTTP response, read by the book (RFC 9112) and by code that shares nothing with the server's. Whatever
 * is not well-formed fails the running test.
 */

enum { REPLY_FIELDS_MAX = 32 };

struct reply {
    unsigned status;
    const char *reason;
    struct {
        const char *name, *value;
    } fields[REPLY_FIELDS_MAX];
    unsigned field_count;
    const char *body;
    size_t body_length;
    bool until_close; /* neither Content-Length nor no body: the connection's end is the body's */
    char *head;       /* what the pointers above point into */
    size_t head_length;
};

/*
 * Reads the head at the start of `data`; false while it is incomplete. `head_only`: the answer to HEAD,
 * without a body whatever Content-Length says. ret->body_length is what is to come; ret->body is not set.
 * reply_free() it.
 */
bool reply_read_head(const char *data, size_t length, bool head_only, struct reply *ret);

/* The value of a field (its name in any case), or NULL. */
const char *reply_field(const struct reply *reply, const char *name);

void reply_free(struct reply *reply);

#endif
