/*
 * The limit: what the kernel alone costs for a reply. Nothing is parsed, looked up, timed out or logged.
 *     limit PORT THREADS FILE
 *
 * Each thread has an epoll set of its own; the main thread accepts and deals the connections out in turn.
 * Every request on a connection is taken to be as long as its first one, so requests are counted by their
 * bytes, and those that came together are answered together. A small file is a constant reply in memory,
 * repeated so that one send(2) answers many requests; a large one is a constant head and sendfile(2).
 */
#include "constant.h"
#include "net.h"

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SMALL_MAX = 64 * 1024, /* beyond it, sendfile */
    BATCH = 32,            /* replies in one send at most */
    EVENTS = 64,
    RECEIVE_SIZE = 16 * 1024,
    FDS = 65536,
    THREADS_MAX = 256,
};

struct client {
    uint32_t request_length;
    uint32_t bytes_due;   /* received, not yet a whole request */
    uint32_t replies_due; /* of a large file */
    off_t sent;           /* of a large file's current reply, head not counted; -1: nothing is being sent */
};

static struct constant reply;
static bool small;
static struct client clients[FDS];

static void hang_up(int fd)
{
    clients[fd] = (struct client){0};
    close(fd);
}

/* The requests that arrived whole; -1 when the client has gone. */
static int receive_requests(int fd)
{
    char buffer[RECEIVE_SIZE];
    struct client *client = &clients[fd];
    ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0)
        return -1;
    if (client->request_length == 0) {
        const char *end = memmem(buffer, (size_t)n, "\r\n\r\n", 4);
        if (!end)
            return -1;
        client->request_length = (uint32_t)(end + 4 - buffer);
    }
    client->bytes_due += (uint32_t)n;
    uint32_t count = client->bytes_due / client->request_length;
    client->bytes_due -= count * client->request_length;
    return (int)count;
}

static void answer_small(int fd)
{
    int requests = receive_requests(fd);
    if (requests < 0) {
        hang_up(fd);
        return;
    }
    for (size_t left = (size_t)requests; left > 0;) {
        size_t now = left < reply.count ? left : reply.count;
        if (send(fd, reply.bytes, now * reply.length, MSG_NOSIGNAL) < 0) {
            hang_up(fd);
            return;
        }
        left -= now;
    }
}

/* 1 when the reply is out, 0 when the socket takes no more for now, -1 when the client has gone. */
static int send_large(int fd)
{
    struct client *client = &clients[fd];
    if (client->sent < 0) {
        /* The first bytes on a socket with room always go. */
        if (send(fd, reply.bytes, reply.length, MSG_NOSIGNAL | MSG_MORE) != (ssize_t)reply.length)
            return errno == EAGAIN ? 0 : -1;
        client->sent = 0;
    }
    while (client->sent < reply.file_size) {
        ssize_t n = sendfile(fd, reply.file_fd, &client->sent, (size_t)(reply.file_size - client->sent));
        if (n <= 0)
            return n < 0 && errno == EAGAIN ? 0 : -1;
    }
    client->sent = -1;
    return 1;
}

static void answer_large(int fd)
{
    struct client *client = &clients[fd];
    int requests = receive_requests(fd);
    int r = requests < 0 ? -1 : 1;
    if (requests > 0)
        client->replies_due += (uint32_t)requests;
    while (r > 0 && client->replies_due > 0) {
        r = send_large(fd);
        if (r > 0)
            client->replies_due--;
    }
    if (r < 0)
        hang_up(fd);
}

static void *serve(void *argument)
{
    int epoll_fd = *(const int *)argument;
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(epoll_fd, events, EVENTS, -1);
        if (n < 0 && errno != EINTR)
            err(1, "epoll_wait");
        for (int i = 0; i < n; i++)
            if (small)
                answer_small(events[i].data.fd);
            else
                answer_large(events[i].data.fd);
    }
    return NULL;
}

/* Small replies are few enough for a socket's buffer: those sockets block, and need no second kind of event.
 */
static void deal_out(int listen_fd, const int *epoll_fds, unsigned threads)
{
    for (unsigned turn = 0;; turn++) {
        int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | (small ? 0 : SOCK_NONBLOCK));
        if (fd < 0 || fd >= FDS)
            err(1, "accept");
        clients[fd].sent = -1;
        struct epoll_event event = {.events = small ? EPOLLIN : EPOLLIN | EPOLLOUT | EPOLLET, .data.fd = fd};
        if (epoll_ctl(epoll_fds[turn % threads], EPOLL_CTL_ADD, fd, &event) < 0)
            err(1, "epoll_ctl");
    }
}

int main(int argc, char **argv)
{
    static int epoll_fds[THREADS_MAX];
    if (argc != 4)
        errx(2, "usage: limit PORT THREADS FILE");
    unsigned threads = net_number(argv[2], 1, THREADS_MAX);
    int listen_fd = net_listen((uint16_t)net_number(argv[1], 1, UINT16_MAX));
    net_raise_files();
    signal(SIGPIPE, SIG_IGN); /* sendfile(2) can't be told otherwise */
    constant_load(&reply, argv[3], SMALL_MAX, BATCH);
    small = reply.file_size <= SMALL_MAX;
    for (unsigned i = 0; i < threads; i++) {
        pthread_t thread;
        epoll_fds[i] = epoll_create1(EPOLL_CLOEXEC);
        if (epoll_fds[i] < 0 || pthread_create(&thread, NULL, serve, &epoll_fds[i]) != 0)
            err(1, "a thread");
    }
    deal_out(listen_fd, epoll_fds, threads);
}
