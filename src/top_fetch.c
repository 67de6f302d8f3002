/* Connect, ask, read to the end, with one deadline over all of it; see top_fetch.h. */
#include "top_fetch.h"

#include "cleanup.h"
#include "http/request.h"
#include "http/str.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RESPONSE_MAX = 1 << 20, REQUEST_MAX = 128 };

static int64_t now_msec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static int await(int fd, short events, int64_t deadline_msec)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    int64_t left = deadline_msec - now_msec();
    int n = poll(&poll_fd, 1, left > 0 ? (int)left : 0);
    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    return n == 0 ? -ETIMEDOUT : 0;
}

static int connect_to(const struct address *address, int64_t deadline_msec)
{
    CLEANUP(close_fd) int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, &address->any, address->length) < 0) {
        int error = errno;
        socklen_t length = sizeof error;
        if (error != EINPROGRESS)
            return -error;
        int r = await(fd, POLLOUT, deadline_msec);
        if (r < 0)
            return r;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
            error = errno;
        if (error != 0)
            return -error;
    }
    int connected = fd;
    fd = -1; /* handed over */
    return connected;
}

/* A request is far less than what any socket takes at once. */
static int ask(int fd, const char *path)
{
    char request[REQUEST_MAX];
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\n\r\n", path);
    ssize_t n = send(fd, request, (size_t)length, MSG_NOSIGNAL);
    if (n < 0)
        return -errno;
    return n == length ? 0 : -EBADMSG;
}

/* To the end, into room for a MiB and one byte more. */
static int read_all(int fd, int64_t deadline_msec, char *buffer, size_t *ret_length)
{
    *ret_length = 0;
    for (;;) {
        ssize_t n = recv(fd, buffer + *ret_length, RESPONSE_MAX + 1 - *ret_length, 0);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (n > 0)
            *ret_length += (size_t)n;
        if (*ret_length > RESPONSE_MAX)
            return -EBADMSG;
        int r = n < 0 ? await(fd, POLLIN, deadline_msec) : 0;
        if (r < 0)
            return r;
    }
}

/* What stands behind the head, if that is of a 200 and says how long it is to be. */
static bool find_content(struct str response, struct str *ret)
{
    struct str head = {response.data, request_head_length(response)}, line;
    *ret = str_after(response, head.length);
    if (head.length == 0 || !str_starts_with(head, STR("HTTP/1.1 200 ")))
        return false;
    while (str_next(&head, '\n', &line)) {
        static const struct str name = STR("content-length:");
        uint64_t length;
        if (line.length < name.length || !str_equal_ignoring_case((struct str){line.data, name.length}, name))
            continue;
        line = str_after(line, name.length);
        if (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        return str_to_uint64(str_trim(line), &length) == 0 && length == ret->length;
    }
    return false;
}

int top_fetch(const struct address *from, const char *path, int patience_msec, char **ret, size_t *ret_length)
{
    int64_t deadline = now_msec() + patience_msec;
    struct str content;
    size_t length = 0;
    CLEANUP(free_memory) char *buffer = malloc(RESPONSE_MAX + 1);
    if (!buffer)
        return -ENOMEM;
    CLEANUP(close_fd) int fd = connect_to(from, deadline);
    if (fd < 0)
        return fd;
    int r = ask(fd, path);
    if (r == 0)
        r = read_all(fd, deadline, buffer, &length);
    if (r < 0)
        return r;
    if (!find_content((struct str){buffer, length}, &content))
        return -EBADMSG;
    memmove(buffer, content.data, content.length);
    buffer[content.length] = '\0';
    *ret_length = content.length;
    *ret = buffer;
    buffer = NULL; /* handed over */
    return 0;
}
