/* A memory file that begins with a head; the table and the words follow. */
#include "media_types_state.h"

#include "cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
    uint64_t count, length;
};

static int write_whole(int fd, const struct media_types *types)
{
    const struct head head = {types->count, types->length};
    const struct iovec parts[] = {{(void *)(uintptr_t)&head, sizeof head},
                                  {types->table, types->count * sizeof *types->table},
                                  {types->words, types->length}};
    ssize_t whole = (ssize_t)(parts[0].iov_len + parts[1].iov_len + parts[2].iov_len);
    ssize_t n = writev(fd, parts, 3);
    return n == whole ? 0 : n < 0 ? -errno : -ENOSPC;
}

int media_types_lay_down(const char *path)
{
    struct media_types types;
    int r = media_types_load(path, &types);
    if (r < 0)
        return r;
    int fd = memfd_create("hellod-types", 0);
    r = fd < 0 ? -errno : write_whole(fd, &types);
    media_types_free(&types);
    if (r < 0 && fd >= 0)
        close(fd);
    return r < 0 ? r : fd;
}

static bool is_sound(const struct media_types *types)
{
    if (types->length > 0 && types->words[types->length - 1])
        return false;
    for (size_t i = 0; i < types->count; i++)
        if (types->table[i].extension >= types->length || types->table[i].type >= types->length)
            return false;
    return true;
}

/* Finds table and words in what is mapped. */
static bool split(struct media_types *types)
{
    struct head head;
    if (types->mapped_size < sizeof head)
        return false;
    memcpy(&head, types->mapped, sizeof head);
    size_t rest = types->mapped_size - sizeof head;
    if (head.count > rest / sizeof *types->table)
        return false;
    size_t table = head.count * sizeof *types->table;
    if (head.length != rest - table)
        return false;
    types->count = head.count;
    types->length = head.length;
    types->table = (struct media_types_entry *)(void *)((char *)types->mapped + sizeof head);
    types->words = (char *)types->table + table;
    return is_sound(types);
}

int media_types_take(int fd, struct media_types *ret)
{
    CLEANUP(close_fd) int file = fd;
    struct stat st;
    *ret = (struct media_types){0};
    if (fstat(file, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size == 0)
        return -EBADMSG;
    void *mapped = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    if (mapped == MAP_FAILED)
        return -errno;
    ret->mapped = mapped;
    ret->mapped_size = (size_t)st.st_size;
    if (split(ret))
        return 0;
    media_types_free(ret);
    return -EBADMSG;
}
