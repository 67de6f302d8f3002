/* A head with the fields that hellod sends, and a file; see constant.h. */
#include "constant.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t write_head(char *head, size_t size, off_t file_size)
{
    int n = snprintf(head, size,
                     "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                     "Content-Type: text/html; charset=utf-8\r\nContent-Length: %lld\r\n"
                     "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nETag: \"0123456789abcdef\"\r\n"
                     "Accept-Ranges: bytes\r\n\r\n",
                     (long long)file_size);
    return (size_t)n;
}

void constant_load(struct constant *ret, const char *path, off_t body_max, size_t count)
{
    char head[512];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        err(1, "%s", path);
    size_t head_length = write_head(head, sizeof head, st.st_size);
    size_t body_length = st.st_size <= body_max ? (size_t)st.st_size : 0;
    *ret = (struct constant){
        .length = head_length + body_length, .count = count, .file_fd = fd, .file_size = st.st_size};
    ret->bytes = malloc(count * ret->length);
    if (!ret->bytes)
        err(1, "malloc");
    memcpy(ret->bytes, head, head_length);
    if (pread(fd, ret->bytes + head_length, body_length, 0) != (ssize_t)body_length)
        err(1, "%s", path);
    for (size_t i = 1; i < count; i++)
        memcpy(ret->bytes + i * ret->length, ret->bytes, ret->length);
}
