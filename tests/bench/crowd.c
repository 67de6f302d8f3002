/*
 * A crowd of keep-alive connections, idle until they are told to be busy.
 *     crowd PORT PATH CONNECTIONS
 *
 * Opens all of them, has each answered once, and says "ready". Then it obeys the lines of standard input:
 *     run SECONDS     every connection asks again as soon as it is answered
 *     count REQUESTS  the same until that many are answered
 * and says "done REQUESTS NANOSECONDS" each time;
 *     end             as the end of the input does
 *
 * Replies are counted by their bytes: each is as long as the first one was.
 */
#include "net.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 64, RECEIVE_SIZE = 64 * 1024, CONNECTIONS_MAX = 100000 };

struct crowd {
    struct net_request request;
    size_t reply_length;
    int epoll_fd;
    unsigned count;
    int *fds;
    size_t *missing; /* of the reply that is on its way, by connection */
};

/* One run. No request is sent once the time is over or enough were sent; all that were sent are awaited. */
struct run {
    uint64_t end_nsec;
    uint64_t requests_max;
    uint64_t sent, answered;
};

static void gather(struct crowd *crowd, uint16_t port)
{
    crowd->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    crowd->fds = calloc(crowd->count, sizeof *crowd->fds);
    crowd->missing = calloc(crowd->count, sizeof *crowd->missing);
    if (crowd->epoll_fd < 0 || !crowd->fds || !crowd->missing)
        err(1, "no memory");
    for (unsigned i = 0; i < crowd->count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        crowd->fds[i] = net_connect(port);
        crowd->reply_length = net_exchange(crowd->fds[i], &crowd->request);
        if (epoll_ctl(crowd->epoll_fd, EPOLL_CTL_ADD, crowd->fds[i], &event) < 0)
            err(1, "epoll_ctl");
    }
}

static void ask(struct crowd *crowd, struct run *run, unsigned i)
{
    if (run->sent == run->requests_max)
        return;
    net_send(crowd->fds[i], crowd->request.bytes, crowd->request.length);
    crowd->missing[i] = crowd->reply_length;
    run->sent++;
}

/* True when its reply is whole. */
static bool hear(struct crowd *crowd, unsigned i)
{
    static char buffer[RECEIVE_SIZE];
    ssize_t n = recv(crowd->fds[i], buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0 || (size_t)n > crowd->missing[i])
        errx(1, "connection %u: %s", i, n < 0 ? strerror(errno) : n == 0 ? "closed" : "more than was asked");
    crowd->missing[i] -= (size_t)n;
    return crowd->missing[i] == 0;
}

static void be_busy(struct crowd *crowd, struct run *run)
{
    struct epoll_event events[EVENTS];
    for (unsigned i = 0; i < crowd->count; i++)
        ask(crowd, run, i);
    while (run->answered < run->sent) {
        int n = epoll_wait(crowd->epoll_fd, events, EVENTS, -1);
        if (n < 0 && errno != EINTR)
            err(1, "epoll_wait");
        bool over = net_now_nsec() >= run->end_nsec;
        for (int i = 0; i < n; i++) {
            if (!hear(crowd, events[i].data.u32))
                continue;
            run->answered++;
            if (!over)
                ask(crowd, run, events[i].data.u32);
        }
    }
}

static void obey(struct crowd *crowd, const char *line)
{
    unsigned long number;
    struct run run = {.requests_max = UINT64_MAX, .end_nsec = UINT64_MAX};
    uint64_t start_nsec = net_now_nsec();
    if (sscanf(line, "run %lu", &number) == 1)
        run.end_nsec = start_nsec + number * 1000000000;
    else if (sscanf(line, "count %lu", &number) == 1)
        run.requests_max = number;
    else
        errx(2, "not understood: %s", line);
    be_busy(crowd, &run);
    printf("done %llu %llu\n", (unsigned long long)run.answered,
           (unsigned long long)(net_now_nsec() - start_nsec));
}

int main(int argc, char **argv)
{
    if (argc != 4)
        errx(2, "usage: crowd PORT PATH CONNECTIONS");
    uint16_t port = (uint16_t)net_number(argv[1], 1, UINT16_MAX);
    struct crowd crowd = {.request = net_get(port, argv[2]),
                          .count = net_number(argv[3], 1, CONNECTIONS_MAX)};
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    net_raise_files();
    gather(&crowd, port);
    puts("ready");
    for (char line[64]; fgets(line, sizeof line, stdin) && strcmp(line, "end\n") != 0;)
        obey(&crowd, line);
}
