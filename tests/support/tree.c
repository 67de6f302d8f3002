/* Temporary folders, kept in a list so that a failed test leaves none. */
#include "tree.h"

#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct tree {
    char root[PATH_MAX];
    struct tree *next;
};

static struct tree *trees;
static struct timespec walk_time;

#define must(condition, path)                                                                                \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("%s: %s", path, strerror(errno));                                                       \
    } while (0)

struct tree *tree_make(void)
{
    const char *temporary = getenv("TMPDIR");
    struct tree *tree = calloc(1, sizeof *tree);
    assert_non_null(tree);
    snprintf(tree->root, sizeof tree->root, "%s/hellod-test-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    must(mkdtemp(tree->root), tree->root);
    tree->next = trees;
    trees = tree;
    return tree;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void tree_remove(struct tree *tree)
{
    if (!tree)
        return;
    struct tree **link = &trees;
    while (*link != tree)
        link = &(*link)->next;
    *link = tree->next;
    nftw(tree->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(tree);
}

void tree_remove_all(void)
{
    while (trees)
        tree_remove(trees);
}

const char *tree_root(const struct tree *tree)
{
    return tree->root;
}

char *tree_path(const struct tree *tree, const char *name)
{
    return harness_text("%s/%s", tree->root, name);
}

/* The path of a name whose folders exist from now on. */
static char *path_with_folders(struct tree *tree, const char *name)
{
    char *path = tree_path(tree, name);
    for (char *slash = path + strlen(tree->root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        must(mkdir(path, 0755) == 0 || errno == EEXIST, path);
        *slash = '/';
    }
    return path;
}

void tree_file(struct tree *tree, const char *name, const void *data, size_t length)
{
    char *path = path_with_folders(tree, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    must(fd >= 0, path);
    for (const char *p = data, *end = p + length; p < end;) {
        ssize_t n = write(fd, p, (size_t)(end - p));
        must(n > 0, path);
        p += n;
    }
    must(close(fd) == 0, path);
    free(path);
}

void tree_text(struct tree *tree, const char *name, const char *text)
{
    tree_file(tree, name, text, strlen(text));
}

void tree_bytes(char *buffer, size_t size, uint32_t seed)
{
    uint32_t x = seed * 2654435761u + 1;
    for (size_t i = 0; i < size; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        buffer[i] = (char)(x >> 11);
    }
}

void tree_noise(struct tree *tree, const char *name, size_t size, uint32_t seed)
{
    char *buffer = malloc(size + 1);
    assert_non_null(buffer);
    tree_bytes(buffer, size, seed);
    tree_file(tree, name, buffer, size);
    free(buffer);
}

void tree_copy(struct tree *tree, const char *name, const char *from)
{
    size_t length;
    char *data = harness_read_file(from, &length);
    must(data, from);
    tree_file(tree, name, data, length);
    free(data);
}

void tree_folder(struct tree *tree, const char *name)
{
    char *path = path_with_folders(tree, name);
    must(mkdir(path, 0755) == 0, path);
    free(path);
}

void tree_link(struct tree *tree, const char *name, const char *target)
{
    char *path = path_with_folders(tree, name);
    must(symlink(target, path) == 0, path);
    free(path);
}

void tree_fifo(struct tree *tree, const char *name)
{
    char *path = path_with_folders(tree, name);
    must(mkfifo(path, 0644) == 0, path);
    free(path);
}

static int set_time(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    struct timespec times[2] = {walk_time, walk_time};
    return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

void tree_set_time(struct tree *tree, const char *name, int64_t seconds)
{
    char *path = tree_path(tree, name);
    struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    must(utimensat(AT_FDCWD, path, times, 0) == 0, path);
    free(path);
}

void tree_set_times(struct tree *tree, int64_t seconds)
{
    walk_time = (struct timespec){.tv_sec = seconds};
    must(nftw(tree->root, set_time, 16, FTW_DEPTH | FTW_PHYS) == 0, tree->root);
}

void tree_await_tick(void)
{
    struct timespec now, then;
    clock_gettime(CLOCK_REALTIME_COARSE, &then);
    do
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
    while (now.tv_sec == then.tv_sec && now.tv_nsec == then.tv_nsec);
}
