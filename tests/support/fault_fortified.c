/*
 * The names by which fortified code (_FORTIFY_SOURCE) makes calls of the C library, led back to the calls
 * themselves, so that these can fail. Only those that the linker says are needed.
 */
#undef _FORTIFY_SOURCE

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int __openat_2(int fd, const char *path, int flags);
int __openat_2(int fd, const char *path, int flags)
{
    return openat(fd, path, flags);
}

ssize_t __read_chk(int fd, void *data, size_t length, size_t size);
ssize_t __read_chk(int fd, void *data, size_t length, size_t size)
{
    assert(length <= size);
    return read(fd, data, length);
}

ssize_t __pread_chk(int fd, void *data, size_t length, off_t at, size_t size);
ssize_t __pread_chk(int fd, void *data, size_t length, off_t at, size_t size)
{
    assert(length <= size);
    return pread(fd, data, length, at);
}

ssize_t __readlinkat_chk(int fd, const char *path, char *text, size_t length, size_t size);
ssize_t __readlinkat_chk(int fd, const char *path, char *text, size_t length, size_t size)
{
    assert(length <= size);
    return readlinkat(fd, path, text, length);
}

ssize_t __readlink_chk(const char *path, char *text, size_t length, size_t size);
ssize_t __readlink_chk(const char *path, char *text, size_t length, size_t size)
{
    assert(length <= size);
    return readlink(path, text, length);
}

size_t __fread_chk(void *data, size_t room, size_t size, size_t n, FILE *file);
size_t __fread_chk(void *data, size_t room, size_t size, size_t n, FILE *file)
{
    assert(size * n <= room);
    return fread(data, size, n, file);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
    assert(count * sizeof *fds <= size);
    return poll(fds, count, timeout);
}

int __vasprintf_chk(char **ret, int flag, const char *format, va_list arguments);
int __vasprintf_chk(char **ret, int flag, const char *format, va_list arguments)
{
    (void)flag;
    return vasprintf(ret, format, arguments);
}

int __asprintf_chk(char **ret, int flag, const char *format, ...);
int __asprintf_chk(char **ret, int flag, const char *format, ...)
{
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    int r = vasprintf(ret, format, arguments);
    va_end(arguments);
    return r;
}
