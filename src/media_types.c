/*
 * /etc/mime.types in memory, without comments and types of no extension. What is read is bounded by the
 * file's size, so room for as much is taken at once: what isn't used of it is never touched, and given back.
 */
#include "media_types.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 4 << 20 };

struct reading {
    FILE *file;
    size_t left; /* that may still come */
    struct media_types types;
};

/* What is written to it from now on may be missed. */
static int open_file(const char *path, struct reading *ret)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    if (st.st_size > FILE_SIZE_MAX)
        return -EFBIG;
    ret->file = fdopen(fd, "r");
    if (!ret->file)
        return -errno;
    fd = -1; /* handed over */
    ret->left = (size_t)st.st_size;
    return 0;
}

/* Each word takes its length and one more, as it does in the file; the last one may end there without. A pair
 * has two octets of its own in it at least. */
static int take_room(struct reading *reading)
{
    reading->types.words = malloc(reading->left + 2);
    reading->types.table = malloc((reading->left / 2 + 1) * sizeof *reading->types.table);
    return reading->types.words && reading->types.table ? 0 : -ENOMEM;
}

static void lower(char *word)
{
    for (; *word; word++)
        *word = *word >= 'A' && *word <= 'Z' ? (char)(*word | 0x20) : *word;
}

/* Returns where it starts. */
static uint32_t add_word(struct reading *reading, struct str word)
{
    struct media_types *types = &reading->types;
    size_t start = types->length;
    memcpy(types->words + start, word.data, word.length);
    types->words[start + word.length] = '\0';
    types->length += word.length + 1;
    return (uint32_t)start;
}

static void add_line(struct reading *reading, struct str line)
{
    struct media_type_cursor cursor = {.rest = line};
    struct media_type pair;
    uint32_t type = 0;
    bool has_type = false;
    while (media_type_next(&cursor, &pair)) {
        if (memchr(pair.extension.data, '\0', pair.extension.length))
            continue;
        if (!has_type)
            type = add_word(reading, pair.type);
        has_type = true;
        uint32_t extension = add_word(reading, pair.extension);
        lower(reading->types.words + extension);
        reading->types.table[reading->types.count++] = (struct media_types_entry){extension, type};
    }
}

static int read_lines(struct reading *reading)
{
    CLEANUP(free_memory) char *line = NULL;
    size_t size = 0;
    ssize_t n;
    while ((n = getline(&line, &size, reading->file)) > 0 && (size_t)n <= reading->left) {
        reading->left -= (size_t)n;
        add_line(reading, (struct str){line, (size_t)n});
    }
    return n > 0 || feof(reading->file) ? 0 : -errno;
}

/* Of one extension's entries the first in the file comes first. */
static int compare(const void *a, const void *b, void *words)
{
    const struct media_types_entry *left = a, *right = b;
    int order = strcmp((char *)words + left->extension, (char *)words + right->extension);
    return order != 0 ? order : left->extension < right->extension ? -1 : 1;
}

static void give_back(struct media_types *types)
{
    void *words = realloc(types->words, types->length + 1);
    void *table = realloc(types->table, (types->count + 1) * sizeof *types->table);
    types->words = words ? words : types->words;
    types->table = table ? table : types->table;
}

int media_types_load(const char *path, struct media_types *ret)
{
    struct reading reading = {0};
    *ret = (struct media_types){0};
    int r = open_file(path, &reading);
    if (r < 0)
        return r;
    r = take_room(&reading);
    if (r == 0)
        r = read_lines(&reading);
    fclose(reading.file);
    if (r < 0) {
        media_types_free(&reading.types);
        return r;
    }
    give_back(&reading.types);
    *ret = reading.types;
    qsort_r(ret->table, ret->count, sizeof *ret->table, compare, ret->words);
    return 0;
}

void media_types_free(struct media_types *types)
{
    if (types->mapped) {
        (void)munmap(types->mapped, types->mapped_size);
    } else {
        free(types->table);
        free(types->words);
    }
    *types = (struct media_types){0};
}

/* The first entry for the extension, which bsearch() would not promise. */
static struct str find(const struct media_types *types, struct str extension)
{
    size_t low = 0, high = types->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare_ignoring_case(str_of(types->words + types->table[middle].extension), extension) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == types->count)
        return (struct str){0};
    const struct media_types_entry *found = &types->table[low];
    bool is_it = str_equal_ignoring_case(str_of(types->words + found->extension), extension);
    return is_it ? str_of(types->words + found->type) : (struct str){0};
}

struct str media_types_lookup(const struct media_types *types, struct str path)
{
    struct str extension = media_type_extension(path);
    if (extension.length == 0)
        return (struct str){0};
    struct str type = find(types, extension);
    return type.length > 0 ? type : media_type_built_in(extension);
}
