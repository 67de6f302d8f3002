/* Sockets, requests and replies for the programs of the bench; see net.h. */
#include "net.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

unsigned net_number(const char *text, unsigned min, unsigned max)
{
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno || end == text || *end || number < min || number > max)
        errx(2, "%s: not a number from %u to %u", text, min, max);
    return (unsigned)number;
}

void net_raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        err(1, "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        err(1, "setrlimit");
}

static int tcp_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        err(1, "socket");
    /* A listening socket hands it on to those it accepts. */
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) < 0)
        err(1, "TCP_NODELAY");
    return fd;
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
}

int net_listen(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int fd = tcp_socket();
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0)
        err(1, "SO_REUSEADDR");
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, SOMAXCONN) < 0)
        err(1, "port %u", port);
    return fd;
}

int net_connect(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int fd = tcp_socket();
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        err(1, "connect to port %u", port);
    return fd;
}

struct net_request net_get(uint16_t port, const char *path)
{
    struct net_request request;
    int n = snprintf(request.bytes, sizeof request.bytes, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
                     path, port);
    if (n >= (int)sizeof request.bytes)
        errx(2, "%s: too long", path);
    request.length = (size_t)n;
    return request;
}

void net_send(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
        if (n < 0)
            err(1, "send");
        at += n;
        length -= (size_t)n;
    }
}

static size_t receive(int fd, void *buffer, size_t size)
{
    ssize_t n = recv(fd, buffer, size, 0);
    if (n < 0)
        err(1, "recv");
    if (n == 0)
        errx(1, "the server closed the connection");
    return (size_t)n;
}

size_t net_exchange(int fd, const struct net_request *request)
{
    char head[8192];
    size_t got = 0;
    const char *end = NULL;

    net_send(fd, request->bytes, request->length);
    while (!end) {
        if (got == sizeof head - 1)
            errx(1, "the head of the reply does not end");
        got += receive(fd, head + got, sizeof head - 1 - got);
        head[got] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    const char *field = strcasestr(head, "\r\ncontent-length:");
    if (strncmp(head, "HTTP/1.1 200 ", 13) != 0 || !field || field > end)
        errx(1, "not a page of a known length: %.60s", head);
    size_t length = (size_t)(end + 4 - head) + strtoul(field + sizeof "\r\ncontent-length:" - 1, NULL, 10);
    net_skip(fd, length - got);
    return length;
}

void net_skip(int fd, size_t length)
{
    char buffer[65536];
    while (length > 0)
        length -= receive(fd, buffer, length < sizeof buffer ? length : sizeof buffer);
}

uint64_t net_now_nsec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
