/*
 * How long answers take under a modest, steady load.
 *     latency PORT PATH CONNECTIONS REQUESTS_A_SECOND SECONDS
 *
 * Requests are due at even times whatever the server does, and an answer's time counts from when its request
 * was due: a server that pauses pays for all that would have been asked meanwhile. Prints "done REQUESTS P50
 * P90 P99 MAX", in microseconds.
 */
#include "net.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum { CONNECTIONS_MAX = 1000, RATE_MAX = 1000000, SECONDS_MAX = 600, RECEIVE_SIZE = 64 * 1024 };

struct line {
    int fd;
    size_t missing;    /* of its reply; 0: it is free */
    uint64_t due_nsec; /* of its request */
};

struct load {
    struct net_request request;
    size_t reply_length;
    int epoll_fd;
    unsigned count, used; /* lines in all; those on `free` no more */
    struct line lines[CONNECTIONS_MAX];
    struct line *free[CONNECTIONS_MAX];
    size_t answers;
    uint32_t *taken_usec; /* by answer */
};

static void connect_lines(struct load *load, uint16_t port)
{
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < load->count; i++) {
        struct line *line = load->free[i] = &load->lines[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
        line->fd = net_connect(port);
        load->reply_length = net_exchange(line->fd, &load->request);
        if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, line->fd, &event) < 0)
            err(1, "epoll_ctl");
    }
}

static void ask(struct load *load, uint64_t due_nsec)
{
    struct line *line = load->free[load->used++];
    line->due_nsec = due_nsec;
    line->missing = load->reply_length;
    net_send(line->fd, load->request.bytes, load->request.length);
}

static void hear(struct load *load, struct line *line)
{
    char buffer[RECEIVE_SIZE];
    ssize_t n = recv(line->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0 || (size_t)n > line->missing)
        errx(1, "a connection was closed, or heard more than was asked");
    line->missing -= (size_t)n;
    if (line->missing > 0)
        return;
    load->taken_usec[load->answers++] = (uint32_t)((net_now_nsec() - line->due_nsec) / 1000);
    load->free[--load->used] = line;
}

/* Hears until `until_nsec`, or until something was heard. */
static void hear_until(struct load *load, uint64_t until_nsec)
{
    struct epoll_event events[64];
    uint64_t now_nsec = net_now_nsec();
    uint64_t left = until_nsec > now_nsec ? until_nsec - now_nsec : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
    int n = epoll_pwait2(load->epoll_fd, events, 64, &timeout, NULL);
    if (n < 0 && errno != EINTR)
        err(1, "epoll_pwait2");
    for (int i = 0; i < n; i++)
        hear(load, events[i].data.ptr);
}

static void run(struct load *load, unsigned rate, size_t requests)
{
    uint64_t start_nsec = net_now_nsec();
    size_t asked = 0;
    while (load->answers < requests) {
        uint64_t due_nsec = asked < requests ? start_nsec + asked * 1000000000 / rate : UINT64_MAX / 2;
        if (due_nsec <= net_now_nsec() && load->used < load->count) {
            ask(load, due_nsec);
            asked++;
        } else {
            hear_until(load, load->used < load->count ? due_nsec : UINT64_MAX / 2);
        }
    }
}

static int compare(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static unsigned percentile(const struct load *load, unsigned percent)
{
    return load->taken_usec[(load->answers - 1) * percent / 100];
}

int main(int argc, char **argv)
{
    static struct load load;
    if (argc != 6)
        errx(2, "usage: latency PORT PATH CONNECTIONS REQUESTS_A_SECOND SECONDS");
    uint16_t port = (uint16_t)net_number(argv[1], 1, UINT16_MAX);
    unsigned rate = net_number(argv[4], 1, RATE_MAX);
    size_t requests = (size_t)rate * net_number(argv[5], 1, SECONDS_MAX);
    load.request = net_get(port, argv[2]);
    load.count = net_number(argv[3], 1, CONNECTIONS_MAX);
    load.taken_usec = calloc(requests, sizeof *load.taken_usec);
    if (!load.taken_usec)
        err(1, "calloc");
    /* Wake up when a request is due, not up to 50 microseconds later. */
    prctl(PR_SET_TIMERSLACK, 1);
    connect_lines(&load, port);
    run(&load, rate, requests);
    qsort(load.taken_usec, load.answers, sizeof *load.taken_usec, compare);
    printf("done %zu %u %u %u %u\n", load.answers, percentile(&load, 50), percentile(&load, 90),
           percentile(&load, 99), percentile(&load, 100));
}
