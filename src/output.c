/* Bytes and a stretch of a file, on their way out; see output.h. */
#include "output.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

/* One connection's share of a worker before others get theirs. */
enum { FILE_SHARE = 4 << 20 };

void output_reset(struct output *output)
{
    output->used = output->sent = 0;
    output->file_fd = -1;
    output->file_offset = output->file_end = output->moved = 0;
}

size_t output_room(const struct output *output)
{
    return output->file_fd >= 0 ? 0 : sizeof output->buffer - output->used;
}

bool output_is_empty(const struct output *output)
{
    return output->used == output->sent && output->file_fd < 0;
}

char *output_end(struct output *output)
{
    return output->buffer + output->used;
}

void output_advance(struct output *output, size_t length)
{
    assert(length <= output_room(output));
    output->used += length;
}

void output_append(struct output *output, struct str bytes)
{
    assert(bytes.length <= output_room(output));
    memcpy(output_end(output), bytes.data, bytes.length);
    output->used += bytes.length;
}

void output_append_file(struct output *output, int fd, uint64_t offset, uint64_t length)
{
    assert(output->file_fd < 0);
    output->file_fd = fd;
    output->file_offset = offset;
    output->file_end = offset + length;
}

static int send_bytes(struct output *output, int socket_fd)
{
    int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (output->file_fd >= 0 ? MSG_MORE : 0);
    while (output->sent < output->used) {
        ssize_t n = send(socket_fd, output->buffer + output->sent, output->used - output->sent, flags);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        output->sent += (size_t)n;
        output->moved += (size_t)n;
    }
    output->used = output->sent = 0;
    return 0;
}

static int send_file(struct output *output, int socket_fd)
{
    uint64_t share = FILE_SHARE;
    while (output->file_offset < output->file_end) {
        uint64_t left = output->file_end - output->file_offset;
        if (share == 0)
            return -EAGAIN;
        off_t offset = (off_t)output->file_offset;
        ssize_t n = sendfile(socket_fd, output->file_fd, &offset, left < share ? left : share);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -ENODATA;
        output->file_offset += (uint64_t)n;
        output->moved += (uint64_t)n;
        share -= (uint64_t)n;
    }
    close(output->file_fd);
    output->file_fd = -1;
    return 0;
}

int output_send(struct output *output, int socket_fd)
{
    int r = send_bytes(output, socket_fd);
    if (r == 0 && output->file_fd >= 0)
        r = send_file(output, socket_fd);
    return r;
}

void output_drop(struct output *output)
{
    if (output->file_fd >= 0)
        close(output->file_fd);
    output_reset(output);
}
