/* Bytes and stretches of a file, on their way out; see output.h. */
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
    output->stretch_count = output->stretches_sent = 0;
    output->moved = 0;
}

uint64_t output_place(const struct output *output)
{
    uint64_t place = output->moved + (output->used - output->sent);
    for (unsigned i = output->stretches_sent; i < output->stretch_count; i++)
        place += output->stretches[i].end - output->stretches[i].offset;
    return place;
}

void output_append_file(struct output *output, int fd, uint64_t offset, uint64_t length)
{
    assert(output->file_fd < 0 || output->file_fd == fd);
    assert(output->stretch_count < OUTPUT_STRETCHES_MAX);
    output->file_fd = fd;
    output->stretches[output->stretch_count++] =
        (struct stretch){.behind = output->used, .offset = offset, .end = offset + length};
}

void output_get_stretches(const struct output *output, struct stretch *ret)
{
    for (unsigned i = output->stretches_sent; i < output->stretch_count; i++) {
        *ret = output->stretches[i];
        ret++->behind -= output->sent;
    }
}

void output_set_stretches(struct output *output, int fd, const struct stretch *stretches, unsigned count)
{
    assert(count <= OUTPUT_STRETCHES_MAX && output->file_fd < 0 && output->stretch_count == 0);
    assert((fd >= 0) == (count > 0));
    output->file_fd = fd;
    memcpy(output->stretches, stretches, count * sizeof *stretches);
    output->stretch_count = count;
}

/* The bytes up to `end`. */
static int send_bytes(struct output *output, int socket_fd, size_t end)
{
    int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (output_has_file(output) ? MSG_MORE : 0);
    while (output->sent < end) {
        ssize_t n = send(socket_fd, output->buffer + output->sent, end - output->sent, flags);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        output->sent += (size_t)n;
        output->moved += (size_t)n;
    }
    return 0;
}

/* As much of the stretch as the connection's share allows. */
static int send_stretch(struct output *output, int socket_fd, struct stretch *stretch, uint64_t *share)
{
    while (stretch->offset < stretch->end) {
        uint64_t left = stretch->end - stretch->offset;
        if (*share == 0)
            return -EAGAIN;
        off_t offset = (off_t)stretch->offset;
        ssize_t n = sendfile(socket_fd, output->file_fd, &offset, left < *share ? left : *share);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -ENODATA;
        stretch->offset += (uint64_t)n;
        output->moved += (uint64_t)n;
        *share -= (uint64_t)n;
    }
    return 0;
}

int output_send(struct output *output, int socket_fd)
{
    uint64_t share = FILE_SHARE;
    int r;
    while (output->stretches_sent < output->stretch_count) {
        struct stretch *stretch = &output->stretches[output->stretches_sent];
        r = send_bytes(output, socket_fd, stretch->behind);
        if (r == 0)
            r = send_stretch(output, socket_fd, stretch, &share);
        if (r < 0)
            return r;
        output->stretches_sent++;
    }
    if (output_has_file(output))
        close(output->file_fd);
    output->file_fd = -1;
    r = send_bytes(output, socket_fd, output->used);
    if (r == 0) {
        output->used = output->sent = 0;
        output->stretch_count = output->stretches_sent = 0;
    }
    return r;
}

void output_drop(struct output *output)
{
    if (output_has_file(output))
        close(output->file_fd);
    output_reset(output);
}
