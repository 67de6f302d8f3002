/* A table by a hash of the path, of few places a hash; see siblings.h. */
#include "siblings.h"

#include "beneath.h"
#include "cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* vfat has stamps of two seconds. */
enum { TICK_MAX_SECONDS = 2 };

static const struct str suffixes[CODING_COUNT] = {
    [CODING_BR] = STR(".br"),
    [CODING_ZSTD] = STR(".zst"),
    [CODING_GZIP] = STR(".gz"),
};

struct str siblings_suffix(enum coding coding)
{
    return suffixes[coding];
}

static bool is_sibling(const char *name)
{
    struct str text = str_of(name);
    for (enum coding coding = 0; coding < CODING_IDENTITY; coding++)
        if (text.length > suffixes[coding].length &&
            memcmp(text.data + text.length - suffixes[coding].length, suffixes[coding].data,
                   suffixes[coding].length) == 0)
            return true;
    return false;
}

/* Reads the folder, whose fd it takes over. What can't be read to its end may hold anything. */
static bool reads_none(int fd)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return false;
    }
    unsigned left = SIBLINGS_NAMES_MAX;
    const struct dirent *entry = NULL;
    errno = 0;
    while (left > 0 && (entry = readdir(dir)) && !is_sibling(entry->d_name))
        left--;
    bool none = left > 0 && !entry && errno == 0;
    closedir(dir);
    return none;
}

static bool is_same(const struct siblings_folder *folder, const struct stat *st, int64_t usec)
{
    return folder->settled && usec - folder->read_usec < SIBLINGS_READ_USEC && folder->device == st->st_dev &&
           folder->inode == st->st_ino && folder->changed.tv_sec == st->st_ctim.tv_sec &&
           folder->changed.tv_nsec == st->st_ctim.tv_nsec;
}

/* Looks at it now; the names are read only if they may have changed. */
static void look_at(struct siblings_folder *folder, const struct siblings_look *look,
                    const struct document_root *root)
{
    char path[SIBLINGS_PATH_MAX + 2] = ".";
    struct stat st;
    if (folder->length > 0)
        memcpy(path, folder->path, folder->length);
    int fd = beneath_open(&root->folder, path);
    folder->seen_usec = look->usec;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode)) {
        folder->settled = folder->has_none = false;
    } else if (!is_same(folder, &st, look->usec)) {
        folder->device = st.st_dev;
        folder->inode = st.st_ino;
        folder->changed = st.st_ctim;
        folder->settled = st.st_ctim.tv_sec + TICK_MAX_SECONDS < look->second;
        folder->read_usec = look->usec;
        folder->has_none = reads_none(fd);
        return;
    }
    if (fd >= 0)
        close(fd);
}

enum { PLACES = 4 };

static bool is_of(const struct siblings_folder *folder, struct str path)
{
    return folder->seen_usec != 0 && str_equal(path, (struct str){folder->path, folder->length});
}

/* The folder's place; else a free one, or that of who was looked at longest ago. */
static struct siblings_folder *place_of(struct siblings *memory, struct str path)
{
    uint32_t hash = 2166136261; /* FNV-1a */
    for (size_t i = 0; i < path.length; i++)
        hash = (hash ^ (unsigned char)path.data[i]) * 16777619;
    struct siblings_folder *places =
        &memory->folders[(hash ^ hash >> 16) % (SIBLINGS_FOLDERS / PLACES) * PLACES];
    struct siblings_folder *oldest = places;
    for (unsigned i = 0; i < PLACES; i++) {
        if (is_of(&places[i], path))
            return &places[i];
        if (places[i].seen_usec < oldest->seen_usec)
            oldest = &places[i];
    }
    return oldest;
}

bool siblings_are_absent(struct siblings_look *look, const struct document_root *root, const char *file)
{
    const char *slash = strrchr(file, '/');
    struct str path = {file, slash ? (size_t)(slash - file) : 0};
    if (path.length > SIBLINGS_PATH_MAX)
        return false;
    struct siblings_folder *folder = place_of(look->memory, path);
    if (!is_of(folder, path)) {
        /* Of a folder that is asked for once the names would be read for nothing. */
        *folder = (struct siblings_folder){.seen_usec = look->usec, .length = (uint8_t)path.length};
        memcpy(folder->path, path.data, path.length);
        return false;
    }
    if (folder->read_usec == 0 || look->usec - folder->seen_usec >= SIBLINGS_TRUST_USEC)
        look_at(folder, look, root);
    if (folder->has_none && folder->seen_usec < look->since_usec)
        look->since_usec = folder->seen_usec;
    return folder->has_none;
}
