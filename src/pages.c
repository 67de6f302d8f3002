/* mmap(2) and madvise(2), for those who know how much they will use. */
#include "pages.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void *pages_map(size_t size)
{
    void *pages =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void pages_unmap(void *pages, size_t size)
{
    if (pages)
        (void)munmap(pages, size);
}

int pages_touch(void *start, size_t size)
{
    size_t before = (uintptr_t)start % (size_t)sysconf(_SC_PAGESIZE);
    int r = madvise((char *)start - before, size + before, MADV_POPULATE_WRITE);
    return r < 0 && errno != EINVAL ? -errno : 0;
}
