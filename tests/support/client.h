#ifndef HELLOD_TESTS_CLIENT_H
#define HELLOD_TESTS_CLIENT_H

#include "reply.h"
#include "server.h"

/*
 * A client of one connection. Everything waits with a bound (patience.h) and fails the running test where the
 * wait or the connection ends too early. Clients are closed with the test, or before.
 */

struct client {
    int fd;
    bool ended; /* the server closed its half, or the connection was reset */
    bool was_reset;
    char *buffer; /* received, from the current response's head on */
    size_t length, size;
    struct reply reply; /* the current response; its body points into the buffer */
    bool head_read;
    size_t taken; /* bytes of the buffer that belong to a response already handed out */
    struct client *next;
};

/* Connects to the server's socket of that index. */
struct client *client_connect(struct server *server, unsigned index);

/* Connects to the first socket from an IPv4 address of this host, in host order. */
struct client *client_connect_from(struct server *server, uint32_t own);

/* Connects to 127.0.0.1. */
struct client *client_connect_port(unsigned port);

void client_close(struct client *client);
void client_close_all(void);

/* Sends all of it; reads meanwhile, so that neither side waits for the other. False when the server has
 * closed. */
bool client_send(struct client *client, const void *data, size_t length);

/* As client_send() for text; must succeed. */
void client_say(struct client *client, const char *text);

/* "GET target" in HTTP/1.1 with Host. */
void client_get(struct client *client, const char *target);

/*
 * Waits until the server has read all that was sent. Only on a unix socket, where the kernel tells; on others
 * it returns at once.
 */
void client_await_read(struct client *client);

void client_half_close(struct client *client);

/* The next response, whole; it lives until the next one is asked for. `head_only`: the answer to HEAD. */
const struct reply *client_receive(struct client *client, bool head_only);

/* The same without waiting: NULL when it isn't there as a whole yet. */
const struct reply *client_try_receive(struct client *client, bool head_only);

/* client_get() and client_receive(), and fails unless the status is that. */
const struct reply *client_fetch(struct client *client, const char *target, unsigned status);

/* The server closes in order, and sends nothing more before; then so does the client. */
void client_expect_close(struct client *client);

/* The connection is still good for a request. */
void client_expect_open(struct client *client);

#endif
