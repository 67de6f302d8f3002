/*
 * A listing is read whole, sorted, written, and put into a memory file, so that it has a length and is sent
 * as any file is. Large ones are counted while they live: a client that takes one slowly holds it in memory.
 *
 * Nobody tells when a listing was sent and closed. So the count remembers each large one by its fd and inode,
 * and looks, before another is made, which are still there.
 */
#include "folder.h"

#include "cleanup.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* So many names, those left out among them, are looked at. Folders that have many take a while, so few of
 * them are read at once: there must be workers for the others. */
enum { LOOKS_MAX = 4 * FOLDER_NAMES_MAX, MANY = 2000, MANY_AT_ONCE = 2 };

static _Atomic unsigned reading_many;

struct entry {
    struct listing_entry entry;
    size_t name; /* where it starts in the names */
};

struct folder {
    const struct document_root *root;
    const char *path;
    DIR *dir;
    struct entry *entries;
    size_t count, room;
    char *names; /* one behind the other, each with its NUL */
    size_t names_length, names_room;
    bool complete;
    bool many; /* counted in reading_many */
};

struct large_page {
    int fd;
    ino_t inode; /* 0: the place is free */
    dev_t device;
};

static struct {
    pthread_mutex_t lock;
    struct large_page pages[FOLDER_PAGES_MAX];
} large = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Whoever sends the page may close it meanwhile, and another file may get its number: what fstat(2) finds
 * then is nothing, or another inode. tests/tsan.supp knows this function by its name. */
static bool still_lives(const struct large_page *page)
{
    struct stat st;
    return page->inode != 0 && fstat(page->fd, &st) == 0 && st.st_ino == page->inode &&
           st.st_dev == page->device;
}

/* Remembers a large page that is about to be sent; false where there are too many already. */
static bool count_large(int fd)
{
    struct stat st;
    bool counted = false;
    if (fstat(fd, &st) < 0)
        return false;
    int r = pthread_mutex_lock(&large.lock);
    assert(r == 0);
    for (size_t i = 0; i < FOLDER_PAGES_MAX && !counted; i++) {
        if (still_lives(&large.pages[i]))
            continue;
        large.pages[i] = (struct large_page){.fd = fd, .inode = st.st_ino, .device = st.st_dev};
        counted = true;
    }
    r = pthread_mutex_unlock(&large.lock);
    assert(r == 0);
    return counted;
}

static bool may_read_many(struct folder *folder)
{
    folder->many = true;
    return atomic_fetch_add(&reading_many, 1) < MANY_AT_ONCE;
}

static void close_folder(struct folder *folder)
{
    if (folder->many)
        atomic_fetch_sub(&reading_many, 1);
    if (folder->dir)
        closedir(folder->dir);
    free(folder->entries);
    free(folder->names);
}

/* The array with room for `more` elements behind the `used` ones, or NULL where memory is short. */
static void *grow(void *array, size_t used, size_t more, size_t *room, size_t size)
{
    if (used + more <= *room)
        return array;
    size_t wanted = (used + more) * 2 + 64;
    void *grown = reallocarray(array, wanted, size);
    if (grown)
        *room = wanted;
    return grown;
}

static int add(struct folder *folder, const char *name, const struct stat *st)
{
    size_t length = strlen(name);
    void *entries = grow(folder->entries, folder->count, 1, &folder->room, sizeof *folder->entries);
    folder->entries = entries ? entries : folder->entries;
    void *names = grow(folder->names, folder->names_length, length + 1, &folder->names_room, 1);
    folder->names = names ? names : folder->names;
    if (!entries || !names)
        return -ENOMEM;
    memcpy(folder->names + folder->names_length, name, length + 1);
    folder->entries[folder->count++] = (struct entry){
        .entry =
            {
                .name = {NULL, length},
                .folder = S_ISDIR(st->st_mode),
                .size = (uint64_t)st->st_size,
                .modified = st->st_mtim.tv_sec,
            },
        .name = folder->names_length,
    };
    folder->names_length += length + 1;
    return 0;
}

/* Of a link: what it stands for within the root. */
static int follow(const struct folder *folder, const char *name, struct stat *ret)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s%s%s", folder->path, *folder->path ? "/" : "", name);
    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    return beneath_stat(&folder->root->folder, path, ret);
}

/*
 * 1: what the name stands for is served; 0: it isn't, and that includes what can't be looked at. A negative
 * errno where it is we who are short of something: a list that lacks names for that would be a wrong one.
 */
static int look_at(const struct folder *folder, const struct dirent *item, struct stat *ret)
{
    if (item->d_type != DT_REG && item->d_type != DT_DIR && item->d_type != DT_LNK &&
        item->d_type != DT_UNKNOWN)
        return 0;
    int r = fstatat(dirfd(folder->dir), item->d_name, ret, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
    if (r == 0 && S_ISLNK(ret->st_mode))
        r = follow(folder, item->d_name, ret);
    if (r < 0)
        return resource_status(r) == 503 ? r : 0;
    return S_ISREG(ret->st_mode) || S_ISDIR(ret->st_mode);
}

/* 0 or a negative errno. */
static int read_folder(struct folder *folder)
{
    for (size_t looks = 0; looks < LOOKS_MAX && folder->count < FOLDER_NAMES_MAX; looks++) {
        struct stat st;
        if (looks == MANY && !may_read_many(folder))
            return -EAGAIN;
        errno = 0;
        const struct dirent *item = readdir(folder->dir);
        if (!item) {
            folder->complete = errno == 0;
            return -errno;
        }
        if (item->d_name[0] == '.')
            continue;
        int r = look_at(folder, item, &st);
        if (r > 0)
            r = add(folder, item->d_name, &st);
        if (r < 0)
            return r;
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return listing_compare(&left->entry, &right->entry);
}

/* The names have stopped moving about. */
static void sort(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        folder->entries[i].entry.name.data = folder->names + folder->entries[i].name;
    if (folder->count > 1)
        qsort(folder->entries, folder->count, sizeof *folder->entries, compare);
}

static void write_page(struct folder *folder, enum listing_form form, struct writer *writer)
{
    size_t shown = 0;
    listing_write_start(writer, form, str_of(folder->path));
    for (; shown < folder->count; shown++) {
        if (writer->size - writer->length < LISTING_ENTRY_MAX + LISTING_END_MAX)
            break;
        listing_write_entry(writer, form, &folder->entries[shown].entry, shown == 0);
    }
    listing_write_end(writer, form, shown, folder->complete && shown == folder->count);
    assert(!writer->full);
}

/* An fd, or a negative errno. */
static int put_into_memory_file(struct str page)
{
    CLEANUP(close_fd) int fd = memfd_create("listing", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    while (page.length > 0) {
        ssize_t n = write(fd, page.data, page.length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == ENOSPC ? -ENOMEM : -errno;
        page = str_after(page, (size_t)n);
    }
    int kept = fd;
    fd = -1; /* handed over */
    return kept;
}

/* Why there is no listing. */
static unsigned fail(struct representation *ret, int error)
{
    ret->error = error;
    return resource_status(error);
}

static unsigned make_page(struct folder *folder, enum listing_form form, struct representation *ret)
{
    CLEANUP(free_memory) char *buffer = malloc(FOLDER_PAGE_MAX);
    if (!buffer)
        return fail(ret, -ENOMEM);
    struct writer writer = {.buffer = buffer, .size = FOLDER_PAGE_MAX};
    write_page(folder, form, &writer);
    CLEANUP(close_fd) int fd = put_into_memory_file((struct str){buffer, writer.length});
    if (fd < 0)
        return fail(ret, fd);
    if (writer.length > FOLDER_PAGE_SMALL && !count_large(fd))
        return fail(ret, -EAGAIN);
    *ret = (struct representation){
        .fd = fd,
        .version = {.size = writer.length},
        .media_type = listing_media_type(form),
    };
    fd = -1; /* handed over */
    return 200;
}

unsigned folder_list(const struct document_root *root, const char *path, enum listing_form form,
                     struct representation *ret)
{
    CLEANUP(close_folder) struct folder folder = {.root = root, .path = path};
    struct stat st;
    *ret = (struct representation){.fd = -1};
    CLEANUP(close_fd) int fd = beneath_open(&root->folder, *path ? path : ".");
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail(ret, fd < 0 ? fd : -errno);
    if (!S_ISDIR(st.st_mode))
        return 404;
    folder.dir = fdopendir(fd);
    if (!folder.dir)
        return fail(ret, -errno);
    fd = -1; /* handed over */
    int r = read_folder(&folder);
    if (r < 0)
        return fail(ret, r);
    sort(&folder);
    return make_page(&folder, form, ret);
}
