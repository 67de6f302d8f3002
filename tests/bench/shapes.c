/*
 * The shapes a server can have, each with the same constant reply and nothing else to do.
 *     shapes SHAPE PORT THREADS FILE [BLOCK_EVERY BLOCK_MSEC]
 *
 *     single      one thread, one epoll set
 *     connection  a thread a connection
 *     textbook    a thread that waits for all, a queue with a lock and a condition, workers that take from it
 *     sets        an epoll set a thread, connections dealt out in turn
 *     shared      hellod's: one epoll set for all, armed for one event at a time (src/pool.c itself)
 *
 * With BLOCK_EVERY, each so many-th request holds its thread for BLOCK_MSEC, as a cold disk would.
 */
#include "constant.h"
#include "net.h"
#include "pool.h"

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64, THREADS_MAX = 256, QUEUE_SIZE = 65536, RECEIVE_SIZE = 16 * 1024 };

struct shape {
    const char *name;
    void (*serve)(int listen_fd, unsigned threads); /* does not come back */
};

static struct constant reply;
static unsigned block_every, block_msec;
static _Atomic unsigned requests;

static void start_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    int r = pthread_create(&thread, &attributes, run, argument);
    if (r != 0)
        errx(1, "a thread: %s", strerror(r));
    pthread_attr_destroy(&attributes);
}

static int accept_client(int listen_fd)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        err(1, "accept");
    return fd;
}

static int make_set(void)
{
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0)
        err(1, "epoll_create1");
    return epoll_fd;
}

static void arm(int epoll_fd, int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll_fd, operation, fd, &event) < 0)
        err(1, "epoll_ctl");
}

static int await(int epoll_fd, struct epoll_event *events, int max)
{
    int n = epoll_wait(epoll_fd, events, max, -1);
    if (n < 0 && errno != EINTR)
        err(1, "epoll_wait");
    return n;
}

static void block(void)
{
    struct timespec time = {.tv_nsec = (long)block_msec * 1000000};
    nanosleep(&time, NULL); /* lint: sleeps, because it stands for a disk */
}

/* One request, one reply. False when the client has gone; it is hung up then. */
static bool answer(int fd)
{
    char buffer[RECEIVE_SIZE];
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n > 0 && block_every && atomic_fetch_add(&requests, 1) % block_every == block_every - 1)
        block();
    if (n > 0 && send(fd, reply.bytes, reply.length, MSG_NOSIGNAL) > 0)
        return true;
    close(fd);
    return false;
}

static void serve_single(int listen_fd, unsigned threads)
{
    (void)threads;
    struct epoll_event events[EVENTS];
    int epoll_fd = make_set();
    arm(epoll_fd, EPOLL_CTL_ADD, listen_fd, EPOLLIN);
    for (;;) {
        int n = await(epoll_fd, events, EVENTS);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listen_fd)
                arm(epoll_fd, EPOLL_CTL_ADD, accept_client(listen_fd), EPOLLIN);
            else
                answer(events[i].data.fd);
        }
    }
}

static void *own_connection(void *argument)
{
    while (answer((int)(intptr_t)argument))
        ;
    return NULL;
}

static void serve_connection(int listen_fd, unsigned threads)
{
    (void)threads;
    for (;;)
        start_thread(own_connection, (void *)(intptr_t)accept_client(listen_fd));
}

static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int epoll_fd;
    int fds[QUEUE_SIZE]; /* as many as there can be fds: it is never full */
    size_t first, count;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

static void put(int fd)
{
    pthread_mutex_lock(&queue.lock);
    queue.fds[(queue.first + queue.count++) % QUEUE_SIZE] = fd;
    pthread_cond_signal(&queue.filled);
    pthread_mutex_unlock(&queue.lock);
}

static int take(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 0)
        pthread_cond_wait(&queue.filled, &queue.lock);
    int fd = queue.fds[queue.first];
    queue.first = (queue.first + 1) % QUEUE_SIZE;
    queue.count--;
    pthread_mutex_unlock(&queue.lock);
    return fd;
}

static void *take_from_queue(void *argument)
{
    (void)argument;
    for (;;) {
        int fd = take();
        if (answer(fd))
            arm(queue.epoll_fd, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT);
    }
    return NULL;
}

static void serve_textbook(int listen_fd, unsigned threads)
{
    struct epoll_event events[EVENTS];
    queue.epoll_fd = make_set();
    arm(queue.epoll_fd, EPOLL_CTL_ADD, listen_fd, EPOLLIN);
    for (unsigned i = 0; i < threads; i++)
        start_thread(take_from_queue, NULL);
    for (;;) {
        int n = await(queue.epoll_fd, events, EVENTS);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listen_fd)
                arm(queue.epoll_fd, EPOLL_CTL_ADD, accept_client(listen_fd), EPOLLIN | EPOLLONESHOT);
            else
                put(events[i].data.fd);
        }
    }
}

static void *own_set(void *argument)
{
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = await((int)(intptr_t)argument, events, EVENTS);
        for (int i = 0; i < n; i++)
            answer(events[i].data.fd);
    }
    return NULL;
}

static void serve_sets(int listen_fd, unsigned threads)
{
    int epoll_fds[THREADS_MAX];
    for (unsigned i = 0; i < threads; i++) {
        epoll_fds[i] = make_set();
        start_thread(own_set, (void *)(intptr_t)epoll_fds[i]);
    }
    for (unsigned turn = 0;; turn++)
        arm(epoll_fds[turn % threads], EPOLL_CTL_ADD, accept_client(listen_fd), EPOLLIN);
}

static struct pool *pool;

static void answer_and_arm(void *context, unsigned worker, uint64_t key, uint32_t events)
{
    (void)context;
    (void)worker;
    (void)events;
    if (answer((int)key) && pool_arm(pool, (int)key, EPOLLIN, key) < 0)
        errx(1, "pool_arm");
}

static void serve_shared(int listen_fd, unsigned threads)
{
    const struct pool_options options = {.size = threads, .name = "shared", .ready = answer_and_arm};
    if (pool_start(&pool, &options) < 0)
        errx(1, "pool_start");
    for (;;) {
        int fd = accept_client(listen_fd);
        if (pool_watch(pool, fd, EPOLLIN, (uint64_t)fd) < 0)
            errx(1, "pool_watch");
    }
}

static const struct shape shapes[] = {
    {"single", serve_single}, {"connection", serve_connection}, {"textbook", serve_textbook},
    {"sets", serve_sets},     {"shared", serve_shared},
};

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 7)
        errx(2, "usage: shapes SHAPE PORT THREADS FILE [BLOCK_EVERY BLOCK_MSEC]");
    unsigned threads = net_number(argv[3], 1, THREADS_MAX);
    if (argc == 7) {
        block_every = net_number(argv[5], 1, 1000000);
        block_msec = net_number(argv[6], 1, 999);
    }
    net_raise_files();
    constant_load(&reply, argv[4], 64 * 1024, 1);
    int listen_fd = net_listen((uint16_t)net_number(argv[2], 1, UINT16_MAX));
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(argv[1], shapes[i].name) == 0)
            shapes[i].serve(listen_fd, threads);
    errx(2, "%s: no such shape", argv[1]);
}
