/* Raw sockets in an array; see swarm.h. */
#include "swarm.h"

#include "harness.h"
#include "patience.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct swarm *swarms;

static int open_member(const struct server *server, const struct swarm_plan *plan, unsigned index)
{
    const struct server_socket *to = &server->sockets[0];
    int fd = socket(to->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        fail_msg("socket: %s", strerror(errno));
    if (plan->first != 0) {
        unsigned addresses = plan->addresses > 0 ? plan->addresses : 1;
        struct sockaddr_in own = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(plan->first + index % addresses)};
        assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    }
    if (to->address.ss_family == AF_INET)
        assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    if (plan->receive_buffer > 0)
        assert_int_equal(
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &plan->receive_buffer, sizeof plan->receive_buffer), 0);
    if (connect(fd, (const struct sockaddr *)&to->address, to->address_length) < 0)
        fail_msg("connection %u: %s", index, strerror(errno));
    return fd;
}

struct swarm *swarm_open(const struct server *server, const struct swarm_plan *plan)
{
    struct swarm *swarm = calloc(1, sizeof *swarm);
    assert_non_null(swarm);
    swarm->members = calloc(plan->count, sizeof *swarm->members);
    assert_non_null(swarm->members);
    swarm->next = swarms;
    swarms = swarm;
    server_raise_fd_limit();
    for (; swarm->count < plan->count; swarm->count++)
        swarm->members[swarm->count].fd = open_member(server, plan, swarm->count);
    return swarm;
}

static void end_member(struct swarm_member *member)
{
    close(member->fd);
    member->fd = -1;
}

unsigned swarm_say(struct swarm *swarm, const void *data, size_t length)
{
    unsigned took = 0;
    for (unsigned i = 0; i < swarm->count; i++) {
        struct swarm_member *member = &swarm->members[i];
        if (member->fd >= 0)
            took += send(member->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
    }
    return took;
}

static void note_status(struct swarm_member *member, const char *bytes, ssize_t length)
{
    if (member->heard == 0 && length >= 12 && memcmp(bytes, "HTTP/1.1 ", 9) == 0)
        member->status = (unsigned)strtoul(bytes + 9, NULL, 10);
}

static void hear_one(struct swarm_member *member, size_t most)
{
    char bytes[16384];
    while (most > 0) {
        ssize_t n = recv(member->fd, bytes, most < sizeof bytes ? most : sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            member->was_reset = n < 0;
            end_member(member);
            return;
        }
        note_status(member, bytes, n);
        member->heard += (uint64_t)n;
        most -= (size_t)n;
    }
}

unsigned swarm_hear(struct swarm *swarm, size_t most)
{
    unsigned left = 0;
    for (unsigned i = 0; i < swarm->count; i++) {
        if (swarm->members[i].fd >= 0)
            hear_one(&swarm->members[i], most);
        left += swarm->members[i].fd >= 0;
    }
    return left;
}

static void rest(void)
{
    (void)patience_poll(-1, 0, patience_now() + 10000);
}

void swarm_await_left(struct swarm *swarm, unsigned left)
{
    int64_t deadline = patience_deadline();
    for (unsigned now; (now = swarm_hear(swarm, SIZE_MAX)) > left; rest())
        if (patience_now() > deadline)
            fail_msg("%u of %u connections are still open, not %u", now, swarm->count, left);
}

unsigned swarm_with_status(const struct swarm *swarm, unsigned status)
{
    unsigned count = 0;
    for (unsigned i = 0; i < swarm->count; i++)
        count += swarm->members[i].status == status;
    return count;
}

void swarm_await_status(struct swarm *swarm, unsigned status, unsigned count)
{
    int64_t deadline = patience_deadline();
    for (; swarm_with_status(swarm, status) < count; rest()) {
        swarm_hear(swarm, SIZE_MAX);
        if (patience_now() > deadline)
            fail_msg("%u of %u connections had %u, not %u", swarm_with_status(swarm, status), swarm->count,
                     status, count);
    }
}

void swarm_end(struct swarm *swarm, bool by_reset)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    for (unsigned i = 0; i < swarm->count; i++) {
        struct swarm_member *member = &swarm->members[i];
        if (member->fd < 0)
            continue;
        if (by_reset)
            setsockopt(member->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        end_member(member);
    }
}

void swarm_half_close(struct swarm *swarm)
{
    for (unsigned i = 0; i < swarm->count; i++)
        if (swarm->members[i].fd >= 0)
            shutdown(swarm->members[i].fd, SHUT_WR);
}

void swarm_close_all(void)
{
    while (swarms) {
        struct swarm *swarm = swarms;
        swarms = swarm->next;
        swarm_end(swarm, false);
        free(swarm->members);
        free(swarm);
    }
}
