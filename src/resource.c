/*
 * From a path to a file to send. The errno of beneath_open() and the peer's status meet in one switch,
 * resource_status().
 */
#include "resource.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

unsigned resource_status(int error)
{
    switch (-error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP: /* a circle of links, or a link of /proc */
    case EXDEV: /* leads out of the root */
    case ENAMETOOLONG:
    case ENXIO: /* a socket, or a FIFO nobody reads */
    case ENODEV:
        return 404;
    case EACCES:
    case EPERM:
        return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EAGAIN:
        return 503;
    default:
        return 500;
    }
}

static unsigned fail(struct representation *ret, int error)
{
    ret->error = error;
    return resource_status(error);
}

/*
 * The status of what may not be opened: 403 for a file. A folder may be searched though it can't be read, and
 * what is neither isn't there, whatever its mode says.
 */
static unsigned status_of_closed(const struct document_root *root, const char *path,
                                 struct representation *ret)
{
    struct stat st;
    int r = beneath_stat(&root->folder, path, &st);
    if (r < 0 && resource_status(r) >= 500)
        return fail(ret, r);
    if (r < 0 || S_ISREG(st.st_mode))
        return 403;
    return S_ISDIR(st.st_mode) ? 301 : 404;
}

unsigned resource_open_path(const struct document_root *root, const char *path, struct representation *ret)
{
    *ret = (struct representation){.fd = -1};
    CLEANUP(close_fd) int fd = beneath_open(&root->folder, path);
    if (fd == -EACCES || fd == -EPERM)
        return status_of_closed(root, path, ret);
    if (fd < 0)
        return fail(ret, fd);
    struct stat st;
    if (fstat(fd, &st) < 0)
        return fail(ret, -errno);
    if (S_ISDIR(st.st_mode))
        return 301;
    if (!S_ISREG(st.st_mode))
        return 404;
    *ret = (struct representation){
        .fd = fd,
        .device = st.st_dev,
        .changed = st.st_ctim,
        .version =
            {
                .inode = st.st_ino,
                .size = (uint64_t)st.st_size,
                .seconds = st.st_mtim.tv_sec,
                .nanoseconds = (uint32_t)st.st_mtim.tv_nsec,
            },
        .media_type = media_types_lookup(&root->types, (struct str){path, strlen(path)}),
    };
    fd = -1; /* handed over */
    return 200;
}

/* Appends the index's name to the folder's path, and takes it off again where there is none. */
static unsigned open_index(const struct document_root *root, char path[static PATH_MAX],
                           struct representation *ret)
{
    size_t length = strlen(path), room = PATH_MAX - length;
    const char *slash = length > 0 ? "/" : "";
    for (const char *const *name = root->index; *name; name++) {
        int n = snprintf(path + length, room, "%s%s", slash, *name);
        unsigned status = n >= 0 && (size_t)n < room ? resource_open_path(root, path, ret) : 404;
        if (status != 404 && status != 301)
            return status;
        path[length] = '\0';
    }
    return 404;
}

unsigned resource_open(const struct document_root *root, const struct target *target,
                       char path[static PATH_MAX], struct representation *ret)
{
    *ret = (struct representation){.fd = -1};
    path[0] = '\0';
    if (target->hidden || target->path.length >= PATH_MAX)
        return 404;
    if (target->path.length > 0)
        memcpy(path, target->path.data, target->path.length);
    path[target->path.length] = '\0';
    return target->folder ? open_index(root, path, ret) : resource_open_path(root, path, ret);
}

int representation_read(const struct representation *representation, uint64_t offset, uint64_t length,
                        char *buffer)
{
    for (uint64_t done = 0; done < length;) {
        ssize_t n = pread(representation->fd, buffer + done, length - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -ENODATA;
        done += (uint64_t)n;
    }
    return 0;
}

void representation_close(struct representation *representation)
{
    close_fd(&representation->fd);
    representation->fd = -1;
}

/*
 * What absolute links to files of the root may begin with: its path as it really is, and as it was given.
 * Where one of them can't be told, links that begin with it are not followed.
 */
static void name_folder(const char *path, struct document_root *root)
{
    char *names[] = {realpath(path, NULL), *path == '/' ? strdup(path) : NULL};
    size_t count = 0;
    for (size_t i = 0; i < BENEATH_NAMES_MAX; i++) {
        if (!names[i])
            continue;
        for (size_t n = strlen(names[i]); n > 0 && names[i][n - 1] == '/'; n--)
            names[i][n - 1] = '\0';
        root->folder.names[count] = root->names[count] = names[i];
        count++;
    }
}

int document_root_open(const char *path, const char *const *index, const char *mime_types,
                       struct document_root *ret)
{
    *ret = (struct document_root){.folder = {.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)},
                                  .index = index};
    if (ret->folder.fd < 0)
        return -errno;
    name_folder(path, ret);
    int r = mime_types ? media_types_load(mime_types, &ret->types) : 0;
    if (r == -ENOMEM) {
        document_root_close(ret);
        return r;
    }
    return 0;
}

void document_root_close(struct document_root *root)
{
    close_fd(&root->folder.fd);
    root->folder.fd = -1;
    for (size_t i = 0; i < BENEATH_NAMES_MAX; i++) {
        free(root->names[i]);
        root->folder.names[i] = root->names[i] = NULL;
    }
    media_types_free(&root->types);
}
