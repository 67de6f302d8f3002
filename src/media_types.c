/*
 * /etc/mime.types in memory: one walk counts the pairs and the bytes of their words, a second copies the
 * words, without comments and types of no extension, and fills the table, which is then sorted for bsearch.
 */
#include "media_types.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

struct size {
    size_t pairs, bytes;
};

static struct size measure(struct str text)
{
    struct media_type_cursor cursor = {.rest = text};
    struct media_type pair;
    struct size size = {0};
    const char *type = NULL;
    for (; media_type_next(&cursor, &pair); size.pairs++) {
        size.bytes += pair.extension.length + (pair.type.data == type ? 0 : pair.type.length);
        type = pair.type.data;
    }
    return size;
}

/* The word's copy at *end, which moves behind it. */
static struct str copy_word(struct str word, char **end)
{
    char *start = *end;
    memcpy(start, word.data, word.length);
    *end += word.length;
    return (struct str){start, word.length};
}

static void fill(struct str text, struct media_types *types)
{
    struct media_type_cursor cursor = {.rest = text};
    struct media_type pair;
    struct str type = {0};
    const char *original = NULL;
    char *end = types->text;
    for (struct media_type *entry = types->table; media_type_next(&cursor, &pair); entry++) {
        if (pair.type.data != original)
            type = copy_word(pair.type, &end);
        original = pair.type.data;
        *entry = (struct media_type){copy_word(pair.extension, &end), type};
    }
}

int media_types_load(const char *path, struct media_types *ret)
{
    *ret = (struct media_types){0};
    size_t length = 0;
    CLEANUP(free_memory) char *text = NULL;
    int r = read_whole(path, &text, &length);
    if (r < 0)
        return r;
    struct size size = measure((struct str){text, length});
    struct media_types types = {
        .table = calloc(size.pairs + 1, sizeof *types.table),
        .count = size.pairs,
        .text = malloc(size.bytes + 1),
    };
    if (!types.table || !types.text) {
        media_types_free(&types);
        return -ENOMEM;
    }
    fill((struct str){text, length}, &types);
    qsort(types.table, types.count, sizeof *types.table, media_type_compare);
    *ret = types;
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
