/*
 * The walk: one openat(2) a step with O_NOFOLLOW, so that only real folders are passed through. A link met on
 * the way is read and put into the path in its own place, ".." takes away the step before it, and the walk
 * begins anew from the folder with what came out. So a step never goes up, and what the walk stands in was
 * reached from the folder by steps down only. An absolute link is cut down to what it says within the folder
 * before it is put in, so it is walked as any other path: a name of the folder that is no longer true leads
 * to another file of it at worst.
 *
 * Both ways open a device or a FIFO to see that it is none of ours to send. With O_NONBLOCK nothing is waited
 * for or read; to look before opening would cost every request three system calls, for the sake of files that
 * only who owns the folder can put there.
 */
#include "beneath.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FILE_FLAGS = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
    FOLDER_FLAGS = O_PATH | O_CLOEXEC | O_DIRECTORY,
    /* As many links as the kernel follows, path_resolution(7). */
    LINKS_MAX = 40,
    /* A rename elsewhere while ".." is resolved makes openat2 answer EAGAIN; it may go better at once. */
    TRIES_MAX = 8,
    /* The path was rewritten: walk anew. No system call answers with it. */
    ANEW = -ERESTART,
};

/* A path on its way to being free of links and "..". */
struct way {
    const struct beneath *folder;
    int flags; /* to open the last step with */
    char path[PATH_MAX];
    unsigned links;
};

/* One name of the path: where it begins, where it ends, where the next one begins. */
struct step {
    char *start, *end, *next;
};

static bool next_step(char *from, struct step *ret)
{
    ret->start = from + strspn(from, "/");
    ret->end = ret->start + strcspn(ret->start, "/");
    ret->next = ret->end + strspn(ret->end, "/");
    return ret->start < ret->end;
}

static bool step_is(const struct step *step, const char *name)
{
    size_t length = (size_t)(step->end - step->start);
    return length == strlen(name) && memcmp(step->start, name, length) == 0;
}

/* Puts `text` in the place of a step, which keeps its slash: one at the end asks for a folder. */
static int replace(struct way *way, const struct step *step, const char *text)
{
    char path[PATH_MAX];
    const char *slash = *step->end == '/' ? "/" : "";
    int n = snprintf(path, sizeof path, "%.*s%s%s%s", (int)(step->start - way->path), way->path, text, slash,
                     step->next);
    if (n < 0 || (size_t)n >= sizeof path)
        return -ENAMETOOLONG;
    memcpy(way->path, path, (size_t)n + 1);
    return 0;
}

/* "a/.." goes; with nothing before it, it would lead out. `before` is the step before, NULL at the start. */
static int drop_parent(struct way *way, const char *before, const struct step *step)
{
    if (!before)
        return -EXDEV;
    memmove(way->path + (before - way->path), step->next, strlen(step->next) + 1);
    return 0;
}

/* What follows a name of the folder in an absolute path, without slashes in front; NULL: it leads elsewhere.
 */
static const char *within(const struct beneath *folder, const char *absolute)
{
    for (size_t i = 0; i < BENEATH_NAMES_MAX && folder->names[i]; i++) {
        size_t length = strlen(folder->names[i]);
        const char *rest = absolute + length;
        if (strncmp(absolute, folder->names[i], length) == 0 && (*rest == '/' || !*rest))
            return rest + strspn(rest, "/");
    }
    return NULL;
}

/* Puts what an absolute link means within the folder in the place of a step and all before it. */
static int begin_again(struct way *way, struct step *step, const char *text)
{
    const char *inside = within(way->folder, text);
    if (!inside)
        return -EXDEV;
    step->start = way->path;
    return replace(way, step, *inside ? inside : ".");
}

/* A link in the way: 0 with its text in its place; `refusal` where there is none. */
static int follow(struct way *way, int folder, struct step *step, int refusal)
{
    char name[NAME_MAX + 1], text[PATH_MAX];
    int n = snprintf(name, sizeof name, "%.*s", (int)(step->end - step->start), step->start);
    if (n < 0 || (size_t)n >= sizeof name)
        return -ENAMETOOLONG;
    ssize_t length = readlinkat(folder, name, text, sizeof text - 1);
    if (length < 0)
        return errno == EINVAL ? refusal : -errno;
    if (++way->links > LINKS_MAX)
        return -ELOOP;
    text[length] = '\0';
    return text[0] == '/' ? begin_again(way, step, text) : replace(way, step, text);
}

static int open_step(int folder, const struct step *step, int flags)
{
    char name[NAME_MAX + 1];
    int n = snprintf(name, sizeof name, "%.*s", (int)(step->end - step->start), step->start);
    if (n < 0 || (size_t)n >= sizeof name)
        return -ENAMETOOLONG;
    int fd;
    do
        fd = openat(folder, name, flags | O_NOFOLLOW);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return -errno;
    struct stat st;
    /* With O_PATH a link is opened, not refused. */
    if ((flags & O_PATH) && (fstat(fd, &st) < 0 || S_ISLNK(st.st_mode))) {
        close(fd);
        return -ELOOP;
    }
    return fd;
}

static void move_to(int *folder, int next)
{
    close_fd(folder);
    *folder = next;
}

/* The fd; ANEW where the path was rewritten and the walk begins again; another negative errno. */
static int walk_once(struct way *way)
{
    int root = way->folder->fd;
    CLEANUP(close_fd) int folder = -1;
    const char *before = NULL;
    struct step step;
    int fd;
    for (char *from = way->path; next_step(from, &step); from = step.next) {
        int here = folder >= 0 ? folder : root;
        if (step_is(&step, ".")) {
            memmove(step.start, step.next, strlen(step.next) + 1);
            return ANEW;
        }
        if (step_is(&step, "..")) {
            int r = drop_parent(way, before, &step);
            return r < 0 ? r : ANEW;
        }
        bool last = *step.next == '\0', must_be_folder = *step.end == '/';
        fd = open_step(here, &step, last ? way->flags | (must_be_folder ? O_DIRECTORY : 0) : FOLDER_FLAGS);
        /* What O_NOFOLLOW meets a link with, alone and with O_DIRECTORY. */
        if (fd == -ELOOP || fd == -ENOTDIR) {
            int r = follow(way, here, &step, fd);
            return r < 0 ? r : ANEW;
        }
        if (fd < 0 || last)
            return fd;
        move_to(&folder, fd);
        before = step.start;
    }
    /* Nothing is left of the path: it names the folder itself. */
    fd = openat(root, ".", way->flags);
    return fd < 0 ? -errno : fd;
}

static int walk(const struct beneath *folder, const char *path, int flags)
{
    struct way way = {.folder = folder, .flags = flags};
    int n = snprintf(way.path, sizeof way.path, "%s", path);
    if (n < 0 || (size_t)n >= sizeof way.path)
        return -ENAMETOOLONG;
    if (path[0] == '/')
        return -EXDEV;
    if (!path[0])
        return -ENOENT;
    int r;
    do
        r = walk_once(&way);
    while (r == ANEW);
    return r;
}

static int open_by_kernel(int folder, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    for (int tries = 1;; tries++) {
        /* glibc 2.36 has no wrapper. */
        long fd = syscall(SYS_openat2, folder, path, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno == EINTR || (errno == EAGAIN && tries < TRIES_MAX))
            continue;
        return -errno;
    }
}

/*
 * What the walk may do better with. EPERM: a filter may say so instead of ENOSYS. EAGAIN: renames anywhere on
 * the host have spoilt every try; the walk doesn't mind them. EXDEV: an absolute link may lead back into the
 * folder.
 */
static bool may_be_walked(const struct beneath *folder, int error)
{
    return error == -ENOSYS || error == -EPERM || error == -EAGAIN || (error == -EXDEV && folder->names[0]);
}

static int open_either_way(const struct beneath *folder, const char *path, int flags)
{
    static _Atomic bool refused;
    if (atomic_load_explicit(&refused, memory_order_relaxed))
        return walk(folder, path, flags);
    int fd = open_by_kernel(folder->fd, path, flags);
    if (fd == -ENOSYS)
        atomic_store_explicit(&refused, true, memory_order_relaxed);
    return may_be_walked(folder, fd) ? walk(folder, path, flags) : fd;
}

int beneath_open(const struct beneath *folder, const char *path)
{
    return open_either_way(folder, path, FILE_FLAGS);
}

int beneath_walk(const struct beneath *folder, const char *path)
{
    return walk(folder, path, FILE_FLAGS);
}

int beneath_stat(const struct beneath *folder, const char *path, struct stat *ret)
{
    CLEANUP(close_fd) int fd = open_either_way(folder, path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return fd;
    return fstat(fd, ret) < 0 ? -errno : 0;
}
