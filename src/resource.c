/*
 * From a path to a file to send. The errno of beneath_open() and the peer's status meet in one switch,
 * status_of().
 */
#include "resource.h"

#include "beneath.h"
#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned status_of(int error)
{
    switch (error) {
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
    case EAGAIN:
        return 503;
    default:
        return 500;
    }
}

/* 200 for a regular file, 301 for a folder, else the refusal. */
static unsigned open_path(const struct document_root *root, const char *path, struct representation *ret)
{
    CLEANUP(close_fd) int fd = beneath_open(root->fd, path);
    if (fd < 0)
        return status_of(-fd);
    struct stat st;
    if (fstat(fd, &st) < 0)
        return status_of(errno);
    if (S_ISDIR(st.st_mode))
        return 301;
    if (!S_ISREG(st.st_mode))
        return 404;
    *ret = (struct representation){
        .fd = fd,
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

static unsigned open_index(const struct document_root *root, struct str folder, struct representation *ret)
{
    for (const char *const *name = root->index; *name; name++) {
        char path[PATH_MAX];
        const char *slash = folder.length > 0 ? "/" : "";
        int n = snprintf(path, sizeof path, "%.*s%s%s", (int)folder.length, folder.data, slash, *name);
        if (n < 0 || (size_t)n >= sizeof path)
            return 404;
        unsigned status = open_path(root, path, ret);
        if (status != 404 && status != 301)
            return status;
    }
    return 404;
}

unsigned resource_open(const struct document_root *root, const struct target *target,
                       struct representation *ret)
{
    char path[PATH_MAX];
    ret->fd = -1;
    if (target->hidden || target->path.length >= sizeof path)
        return 404;
    if (target->folder)
        return open_index(root, target->path, ret);
    memcpy(path, target->path.data, target->path.length);
    path[target->path.length] = '\0';
    return open_path(root, path, ret);
}

unsigned resource_open_file(const struct document_root *root, const char *name, struct representation *ret)
{
    ret->fd = -1;
    return open_path(root, name, ret) == 200 ? 200 : 404;
}

void representation_close(struct representation *representation)
{
    close_fd(&representation->fd);
    representation->fd = -1;
}

int document_root_open(const char *path, const char *const *index, const char *mime_types,
                       struct document_root *ret)
{
    *ret = (struct document_root){.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), .index = index};
    if (ret->fd < 0)
        return -errno;
    int r = media_types_load(mime_types, &ret->types);
    if (r == -ENOMEM) {
        document_root_close(ret);
        return r;
    }
    return 0;
}

void document_root_close(struct document_root *root)
{
    close_fd(&root->fd);
    root->fd = -1;
    media_types_free(&root->types);
}
