/* Copies of memory files; see memory_files.h. */
#include "memory_files.h"

#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void copy_file(int fd, const char *name)
{
    char bytes[4096];
    off_t at = 0, more;
    int copy = memfd_create(name, MFD_CLOEXEC);
    assert_true(copy >= 0 && ftruncate(copy, lseek(fd, 0, SEEK_END)) == 0);
    while ((more = lseek(fd, at, SEEK_DATA)) >= 0) {
        ssize_t n = pread(fd, bytes, sizeof bytes, more);
        assert_true(n > 0);
        assert_int_equal(pwrite(copy, bytes, (size_t)n, more), n);
        at = more + n;
    }
    assert_int_equal(dup2(copy, fd), fd);
    close(copy);
}

void memory_files_part(const char *name)
{
    char path[32], target[64], wanted[64];
    snprintf(wanted, sizeof wanted, "/memfd:%s (deleted)", name);
    for (int fd = 0; fd < 256; fd++) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n < 0)
            continue;
        target[n] = '\0';
        if (strcmp(target, wanted) == 0)
            copy_file(fd, name);
    }
}
