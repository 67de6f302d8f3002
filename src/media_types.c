/* /etc/mime.types in memory: one pass counts the pairs, a second fills the table, which is then sorted for
 * bsearch. */
#include "media_types.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 4 << 20 };

/* The whole of a file that nobody is expected to be writing; a shorter read is what it then holds. */
static int read_whole(const char *path, char **ret, size_t *ret_length)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    if (st.st_size > FILE_SIZE_MAX)
        return -EFBIG;
    CLEANUP(free_memory) char *text = malloc((size_t)st.st_size + 1);
    if (!text)
        return -ENOMEM;
    size_t length = 0;
    while (length < (size_t)st.st_size) {
        ssize_t n = read(fd, text + length, (size_t)st.st_size - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    *ret = text;
    *ret_length = length;
    text = NULL; /* handed over */
    return 0;
}

static size_t walk(struct str text, struct media_type *table)
{
    struct media_type_cursor cursor = {.rest = text};
    struct media_type pair;
    size_t count = 0;
    for (; media_type_next(&cursor, &pair); count++)
        if (table)
            table[count] = pair;
    return count;
}

int media_types_load(const char *path, struct media_types *ret)
{
    *ret = (struct media_types){0};
    size_t length = 0;
    char *text = NULL;
    int r = read_whole(path, &text, &length);
    if (r < 0)
        return r;
    size_t count = walk((struct str){text, length}, NULL);
    struct media_type *table = calloc(count + 1, sizeof *table);
    if (!table) {
        free(text);
        return -ENOMEM;
    }
    walk((struct str){text, length}, table);
    qsort(table, count, sizeof *table, media_type_compare);
    *ret = (struct media_types){.table = table, .count = count, .text = text};
    return 0;
}

void media_types_free(struct media_types *types)
{
    free(types->table);
    free(types->text);
    *types = (struct media_types){0};
}

struct str media_types_lookup(const struct media_types *types, struct str path)
{
    return media_type_lookup(types->table, types->count, path);
}
