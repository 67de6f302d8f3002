/* A connection to the server, read without blocking. */
#include "client.h"

#include "harness.h"
#include "patience.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static struct client *clients;

/* `own`: the IPv4 address to come from, in host order; 0: whatever the kernel takes. */
static struct client *connect_from(uint32_t own, const struct sockaddr_storage *address, socklen_t length)
{
    struct client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    client->fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(client->fd >= 0);
    client->next = clients;
    clients = client;
    const struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(own)};
    if (own != 0)
        assert_int_equal(bind(client->fd, (const struct sockaddr *)&from, sizeof from), 0);
    if (connect(client->fd, (const struct sockaddr *)address, length) != 0)
        fail_msg("connect: %s", strerror(errno));
    /* Pieces of a request go out as they are sent, not gathered. */
    int on = 1;
    if (address->ss_family != AF_UNIX)
        assert_int_equal(setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    return client;
}

struct client *client_connect(struct server *server, unsigned index)
{
    assert_true(index < server->socket_count);
    return connect_from(0, &server->sockets[index].address, server->sockets[index].address_length);
}

struct client *client_connect_from(struct server *server, uint32_t own)
{
    return connect_from(own, &server->sockets[0].address, server->sockets[0].address_length);
}

struct client *client_connect_port(unsigned port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_storage storage = {0};
    memcpy(&storage, &address, sizeof address);
    return connect_from(0, &storage, sizeof address);
}

void client_close(struct client *client)
{
    struct client **link = &clients;
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    close(client->fd);
    reply_free(&client->reply);
    free(client->buffer);
    free(client);
}

void client_close_all(void)
{
    while (clients)
        client_close(clients);
}

/* Reads what is there. */
static void take_in(struct client *client)
{
    while (!client->ended) {
        if (client->size - client->length < 16384) {
            client->size = client->size ? client->size * 2 : 32768;
            client->buffer = realloc(client->buffer, client->size);
            assert_non_null(client->buffer);
        }
        size_t room = client->size - client->length;
        ssize_t n = recv(client->fd, client->buffer + client->length, room, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        client->ended = n <= 0;
        client->was_reset = n < 0;
        if (n > 0)
            client->length += (size_t)n;
    }
}

bool client_send(struct client *client, const void *data, size_t length)
{
    int64_t deadline = patience_deadline();
    for (const char *p = data, *end = p + length; p < end;) {
        ssize_t n = send(client->fd, p, (size_t)(end - p), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            p += n;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return false;
        take_in(client);
        if (!patience_poll(client->fd, client->ended ? POLLOUT : POLLIN | POLLOUT, deadline))
            fail_msg("the server takes nothing");
    }
    return true;
}

void client_say(struct client *client, const char *text)
{
    if (!client_send(client, text, strlen(text)))
        fail_msg("the server had closed before it got: %s", text);
}

void client_get(struct client *client, const char *target)
{
    char *text = harness_text("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
    client_say(client, text);
    free(text);
}

void client_await_read(struct client *client)
{
    int64_t deadline = patience_deadline();
    int family, left;
    socklen_t size = sizeof family;
    assert_int_equal(getsockopt(client->fd, SOL_SOCKET, SO_DOMAIN, &family, &size), 0);
    if (family != AF_UNIX)
        return;
    /* No event tells of it: unix(7) only has SIOCOUTQ, the bytes that the peer has not taken. */
    for (;;) {
        assert_int_equal(ioctl(client->fd, SIOCOUTQ, &left), 0);
        if (left == 0)
            return;
        take_in(client);
        if (client->was_reset)
            return;
        if (patience_now() > deadline)
            fail_msg("the server does not read");
        sched_yield();
    }
}

void client_half_close(struct client *client)
{
    shutdown(client->fd, SHUT_WR);
}

/* What was handed out makes room. */
static void drop_taken(struct client *client)
{
    if (client->taken == 0)
        return;
    client->length -= client->taken;
    memmove(client->buffer, client->buffer + client->taken, client->length);
    client->taken = 0;
    client->head_read = false;
    reply_free(&client->reply);
}

const struct reply *client_try_receive(struct client *client, bool head_only)
{
    drop_taken(client);
    take_in(client);
    struct reply *reply = &client->reply;
    if (!client->head_read)
        client->head_read = reply_read_head(client->buffer, client->length, head_only, reply);
    if (!client->head_read)
        return NULL;
    if (reply->until_close && client->ended)
        reply->body_length = client->length - reply->head_length;
    else if (reply->until_close || client->length < reply->head_length + reply->body_length)
        return NULL;
    reply->body = client->buffer + reply->head_length;
    client->taken = reply->head_length + reply->body_length;
    return reply;
}

const struct reply *client_receive(struct client *client, bool head_only)
{
    int64_t deadline = patience_deadline();
    const struct reply *reply;
    while (!(reply = client_try_receive(client, head_only))) {
        if (client->ended)
            fail_msg("the connection %s before the response was whole; there were %zu bytes of it",
                     client->was_reset ? "was reset" : "ended", client->length);
        if (!patience_poll(client->fd, POLLIN, deadline))
            fail_msg("no response, or not the whole of it: %zu bytes", client->length);
    }
    return reply;
}

const struct reply *client_fetch(struct client *client, const char *target, unsigned status)
{
    client_get(client, target);
    const struct reply *reply = client_receive(client, false);
    if (reply->status != status)
        fail_msg("GET %s: %u, not %u", target, reply->status, status);
    return reply;
}

void client_expect_close(struct client *client)
{
    int64_t deadline = patience_deadline();
    drop_taken(client);
    for (take_in(client); !client->ended; take_in(client))
        if (!patience_poll(client->fd, POLLIN, deadline))
            fail_msg("the server did not close");
    if (client->length > 0)
        fail_msg("%zu bytes nobody asked for: %.*s", client->length,
                 (int)(client->length > 200 ? 200 : client->length), client->buffer);
    if (client->was_reset)
        fail_msg("the connection was reset, not closed");
    /* A client that was told goodbye goes: the server may be waiting for that. */
    shutdown(client->fd, SHUT_RDWR);
}

void client_expect_open(struct client *client)
{
    client_fetch(client, "/hello.html", 200);
}
