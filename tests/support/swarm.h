#ifndef HELLOD_TESTS_SWARM_H
#define HELLOD_TESTS_SWARM_H

#include "server.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Many connections that do nothing a decent client would: raw sockets, from any address of the loopback
 * network. Nothing waits; what the server does is looked at now and then. Swarms are closed with the test, or
 * before.
 */

struct swarm_member {
    int fd;          /* -1: ended */
    unsigned status; /* of the first response; 0: none has come */
    uint64_t heard;  /* bytes */
    bool was_reset;
};

struct swarm {
    struct swarm_member *members;
    unsigned count;
    struct swarm *next;
};

/* 127.0.X.Y as a number; swarms of one test take addresses of their own. */
#define SWARM_ADDRESS(x, y) (UINT32_C(0x7f000000) | (uint32_t)(x) << 8 | (uint32_t)(y))

struct swarm_plan {
    unsigned count;
    uint32_t first;     /* SWARM_ADDRESS(); 0: whatever the kernel takes */
    unsigned addresses; /* that follow it, used in turn; 0 as 1 */
    int receive_buffer; /* bytes; 0: the kernel's choice */
};

/* Connects to the server's first socket. */
struct swarm *swarm_open(const struct server *server, const struct swarm_plan *plan);

/* Sends what each socket takes; returns how many took all. */
unsigned swarm_say(struct swarm *swarm, const void *data, size_t length);

/* Reads what has come, at most so many bytes each, and sees who has ended. Returns how many have not. */
unsigned swarm_hear(struct swarm *swarm, size_t most);

/* swarm_hear() until no more than so many are left. Fails the test where that doesn't come. */
void swarm_await_left(struct swarm *swarm, unsigned left);

/* swarm_hear() until so many have had a response of that status. Likewise. */
void swarm_await_status(struct swarm *swarm, unsigned status, unsigned count);
unsigned swarm_with_status(const struct swarm *swarm, unsigned status);

/* Ends all of them, by a reset if that is wanted. */
void swarm_end(struct swarm *swarm, bool by_reset);
void swarm_half_close(struct swarm *swarm);

void swarm_close_all(void);

#endif
