/*
 * Clients that a server must bear: readers that take a large file in small sips, and heads that come a byte
 * at a time and never end. hostile PORT LARGE_FILE READERS DRIBBLERS
 *
 * Every client does its next small thing once a second, all in turn. Whom the server has cut off connects
 * again. Says "ready" when all are connected, then goes on until it is told anything, and then says
 *     "done READERS DRIBBLERS BYTES_READ BYTES_DRIBBLED TIMES_CUT_OFF"
 * with those that were connected at that moment.
 */
#include "net.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SIP = 4096, CLIENTS_MAX = 20000 };

struct hostile {
    uint16_t port;
    struct net_request request;
    unsigned readers, dribblers;
    int *fds; /* the readers first */
    size_t *dribbled;
    unsigned long long bytes_read, bytes_dribbled, cuts;
};

static bool is_reader(const struct hostile *hostile, unsigned i)
{
    return i < hostile->readers;
}

static void join(struct hostile *hostile, unsigned i)
{
    hostile->fds[i] = net_connect(hostile->port);
    hostile->dribbled[i] = 0;
    if (!is_reader(hostile, i))
        return;
    /* So that most of the file stays with the server. */
    if (setsockopt(hostile->fds[i], SOL_SOCKET, SO_RCVBUF, &(int){4 * SIP}, sizeof(int)) < 0)
        err(1, "SO_RCVBUF");
    net_send(hostile->fds[i], hostile->request.bytes, hostile->request.length);
}

static void join_again(struct hostile *hostile, unsigned i)
{
    close(hostile->fds[i]);
    hostile->cuts++;
    join(hostile, i);
}

static void sip(struct hostile *hostile, unsigned i)
{
    char buffer[SIP];
    ssize_t n = recv(hostile->fds[i], buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0)
        hostile->bytes_read += (unsigned long long)n;
    else if (n == 0 || errno != EAGAIN)
        join_again(hostile, i);
}

/* The head of a request whose last field has no end. */
static void dribble(struct hostile *hostile, unsigned i)
{
    char answer[SIP];
    size_t *at = &hostile->dribbled[i];
    size_t begun = hostile->request.length - 2; /* all but the empty line */
    char byte = *at < begun ? hostile->request.bytes[*at] : *at == begun ? 'X' : ':';
    bool cut = recv(hostile->fds[i], answer, sizeof answer, MSG_DONTWAIT) >= 0 || errno != EAGAIN;
    if (cut || send(hostile->fds[i], &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1) {
        join_again(hostile, i);
        return;
    }
    ++*at;
    hostile->bytes_dribbled++;
}

static bool is_told(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) != 0;
}

static void wait_until(const struct timespec *due)
{
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, due, NULL); /* lint: sleeps, because slow is its job */
}

static void pester(struct hostile *hostile)
{
    unsigned count = hostile->readers + hostile->dribblers;
    uint64_t start_nsec = net_now_nsec(), step_nsec = 1000000000 / count;
    for (uint64_t turn = 0; !is_told(); turn++) {
        uint64_t at = start_nsec + turn * step_nsec;
        struct timespec due = {.tv_sec = (time_t)(at / 1000000000), .tv_nsec = (long)(at % 1000000000)};
        wait_until(&due);
        unsigned i = (unsigned)(turn * 7919 % count);
        if (is_reader(hostile, i))
            sip(hostile, i);
        else
            dribble(hostile, i);
    }
}

/* How many from `first` on still have a peer. */
static unsigned connected(const struct hostile *hostile, unsigned first, unsigned count)
{
    unsigned alive = 0;
    for (unsigned i = first; i < first + count; i++) {
        char byte;
        ssize_t n = recv(hostile->fds[i], &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        alive += n > 0 || (n < 0 && errno == EAGAIN);
    }
    return alive;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        errx(2, "usage: hostile PORT LARGE_FILE READERS DRIBBLERS");
    struct hostile hostile = {.port = (uint16_t)net_number(argv[1], 1, UINT16_MAX),
                              .readers = net_number(argv[3], 1, CLIENTS_MAX),
                              .dribblers = net_number(argv[4], 1, CLIENTS_MAX)};
    unsigned count = hostile.readers + hostile.dribblers;
    hostile.request = net_get(hostile.port, argv[2]);
    hostile.fds = calloc(count, sizeof *hostile.fds);
    hostile.dribbled = calloc(count, sizeof *hostile.dribbled);
    if (!hostile.fds || !hostile.dribbled)
        err(1, "calloc");
    net_raise_files();
    for (unsigned i = 0; i < count; i++)
        join(&hostile, i);
    puts("ready");
    fflush(stdout);
    pester(&hostile);
    printf("done %u %u %llu %llu %llu\n", connected(&hostile, 0, hostile.readers),
           connected(&hostile, hostile.readers, hostile.dribblers), hostile.bytes_read,
           hostile.bytes_dribbled, hostile.cuts);
}
