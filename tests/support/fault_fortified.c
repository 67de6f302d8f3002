/*
 * The names by which fortified code (_FORTIFY_SOURCE) makes calls of the C library, led back to the calls
 * themselves, so that these can fail. Only those that the linker says are needed.
 */
#undef _FORTIFY_SOURCE

#include <assert.h>
#include <fcntl.h>
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
