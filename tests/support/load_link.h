#ifndef HELLOD_TESTS_LOAD_LINK_H
#define HELLOD_TESTS_LOAD_LINK_H

#include "load.h"

/*
 * One connection of a load: what it has asked, and the reading of the answers. It knows no epoll.
 */

enum { LOAD_DEPTH_MAX = 4, LOAD_HEAD_MAX = 1024, LOAD_OUT_MAX = 2048 };

struct load_link {
    struct load_group *group;
    int fd; /* -1: not connected */
    bool connecting, ended, held;
    bool said_last;                                   /* a response said that the connection ends with it */
    unsigned to_ask;                                  /* requests yet to be made */
    unsigned turn;                                    /* of the plan's requests */
    uint64_t responses;                               /* on this connection */
    const struct load_request *asked[LOAD_DEPTH_MAX]; /* in order, not yet answered */
    unsigned asked_count;
    char out[LOAD_OUT_MAX]; /* requests, of which [out_start, out_end) is not sent */
    size_t out_start, out_end;
    char head[LOAD_HEAD_MAX + 1];
    size_t head_length;
    bool in_body;
    size_t body_got, body_length;
    size_t got;  /* bytes since the last request */
    int64_t due; /* wild: when it does something next, microseconds */
    uint32_t random;
};

/* Puts a request behind those that are asked. */
void load_link_ask(struct load_link *link, const struct load_request *request);

/* Sends up to `most` bytes of what is to be sent. */
void load_link_send(struct load_link *link, size_t most);

/* Reads what has come. After it, `ended` says that the server has closed, and what was lost is counted. */
void load_link_receive(struct load_link *link);

/* Forgets all of a connection but what it is to ask. */
void load_link_reset(struct load_link *link);

#endif
