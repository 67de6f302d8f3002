/*
 * One job a folder: it looks at every name in it and queues a job for each folder among them. A folder is
 * looked at once, however many links lead to it, so that circles come to an end.
 *
 * Invariants: `pending` counts the folders queued and not yet done, and the walk is over when it is 0; all of
 * the walk that changes is under the lock.
 */
#include "site_walk.h"

#include "beneath.h"
#include "cleanup.h"
#include "exchange.h"
#include "pool.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a request line has besides the path without its slash: "GET / HTTP/1.1". */
enum { REQUEST_LINE_REST = 14 };

struct seen {
    dev_t device;
    ino_t inode;
};

struct site_walk {
    const struct config *config;
    const struct service_view *view;
    struct document_root root;
    struct pool *pool;
    pthread_mutex_t lock;
    pthread_cond_t over;
    unsigned long long pending;
    void *seen; /* tsearch(3) tree of struct seen */
    struct site_counts counts;
    struct site_finding *findings;
    int error;
};

/* A folder to look at, by its path below the root; "" is the root. */
struct folder {
    struct site_walk *walk;
    char path[];
};

/* A name in a folder. */
struct name {
    struct site_walk *walk;
    const char *path; /* below the root */
    const char *last;
    struct stat st; /* of what it leads to */
};

static void lock(struct site_walk *walk)
{
    int r = pthread_mutex_lock(&walk->lock);
    assert(r == 0);
}

static void unlock(struct site_walk *walk)
{
    int r = pthread_mutex_unlock(&walk->lock);
    assert(r == 0);
}

static void fail(struct site_walk *walk, int error)
{
    lock(walk);
    walk->error = walk->error ?: error;
    unlock(walk);
}

static void add_finding(struct site_walk *walk, struct site_finding finding)
{
    lock(walk);
    size_t count = walk->counts.findings;
    struct site_finding *grown = reallocarray(walk->findings, count + 1, sizeof *grown);
    if (grown) {
        walk->findings = grown;
        walk->findings[count] = finding;
        walk->counts.findings++;
    } else {
        walk->error = -ENOMEM;
        free(finding.path);
        free(finding.text);
    }
    unlock(walk);
}

__attribute__((format(printf, 3, 4))) static void find(struct site_walk *walk, const char *path,
                                                       const char *format, ...)
{
    struct site_finding finding = {NULL, NULL};
    const char *root = walk->config->document_root;
    const char *slash = *path && root[strlen(root) - 1] != '/' ? "/" : "";
    va_list arguments;
    va_start(arguments, format);
    if (asprintf(&finding.path, "%s%s%s", root, slash, path) < 0)
        finding.path = NULL;
    else if (vasprintf(&finding.text, format, arguments) < 0)
        finding.text = NULL;
    va_end(arguments);
    if (finding.text) {
        add_finding(walk, finding);
    } else {
        free(finding.path);
        fail(walk, -ENOMEM);
    }
}

static const char *reader(const struct site_walk *walk)
{
    return walk->view->unit[0] ? walk->view->unit : "this user";
}

static int compare_seen(const void *a, const void *b)
{
    const struct seen *left = a, *right = b;
    if (left->device != right->device)
        return left->device < right->device ? -1 : 1;
    return (left->inode > right->inode) - (left->inode < right->inode);
}

/* True the first time. */
static bool is_new(struct site_walk *walk, const struct stat *st)
{
    struct seen *own = malloc(sizeof *own);
    if (!own) {
        fail(walk, -ENOMEM);
        return false;
    }
    *own = (struct seen){st->st_dev, st->st_ino};
    lock(walk);
    struct seen *const *found = tsearch(own, &walk->seen, compare_seen);
    bool first = found && *found == own;
    if (!found)
        walk->error = -ENOMEM;
    unlock(walk);
    if (!first)
        free(own);
    return first;
}

static void visit(void *argument, unsigned worker);

static void leave_folder(struct site_walk *walk)
{
    lock(walk);
    if (--walk->pending == 0)
        pthread_cond_signal(&walk->over);
    unlock(walk);
}

static void queue_folder(struct site_walk *walk, const char *path)
{
    struct folder *folder = malloc(sizeof *folder + strlen(path) + 1);
    if (!folder) {
        fail(walk, -ENOMEM);
        return;
    }
    folder->walk = walk;
    memcpy(folder->path, path, strlen(path) + 1);
    lock(walk);
    walk->pending++;
    walk->counts.folders++;
    unlock(walk);
    int r = pool_execute(walk->pool, visit, folder);
    if (r < 0) {
        free(folder);
        fail(walk, r);
        leave_folder(walk);
    }
}

static void judge_folder(const struct name *name)
{
    if (!service_view_allows(name->walk->view, &name->st, X_OK))
        find(name->walk, name->path, "%s may not enter this folder, mode %04o; chmod o+x it",
             reader(name->walk), (unsigned)name->st.st_mode & 07777);
    else if (is_new(name->walk, &name->st))
        queue_folder(name->walk, name->path);
}

/* A precompressed x.br is sent with the media type of x. */
static bool is_sibling(const struct name *name, int folder)
{
    static const char *const suffixes[] = {".br", ".zst", ".gz"};
    size_t length = strlen(name->last);
    char plain[NAME_MAX + 1];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t suffix = strlen(suffixes[i]);
        if (length <= suffix || strcmp(name->last + length - suffix, suffixes[i]) != 0)
            continue;
        snprintf(plain, sizeof plain, "%.*s", (int)(length - suffix), name->last);
        return faccessat(folder, plain, F_OK, 0) == 0;
    }
    return false;
}

static bool is_index(const struct name *name)
{
    for (char *const *index = name->walk->config->index; *index; index++)
        if (strcmp(*index, name->last) == 0)
            return true;
    return false;
}

/* An index is reached by its folder's path. */
static bool is_redirected(const struct name *name)
{
    char path[PATH_MAX + 1];
    struct str star;
    int n = snprintf(path, sizeof path, "/%s", name->path);
    return !is_index(name) &&
           rules_redirect(&name->walk->config->rules, (struct str){path, (size_t)n}, &star) != NULL;
}

static void judge_file(const struct name *name, int folder)
{
    struct site_walk *walk = name->walk;
    lock(walk);
    walk->counts.files++;
    unlock(walk);
    if (!service_view_allows(walk->view, &name->st, R_OK))
        find(walk, name->path, "%s may not read this file, mode %04o; chmod o+r it", reader(walk),
             (unsigned)name->st.st_mode & 07777);
    if (walk->config->sleep_usec > 0 && strcmp(name->path, "sleep") == 0)
        find(walk, name->path, "/sleep is a page of the server's own; sleep = off in [server] turns it off");
    if (is_redirected(name))
        find(walk, name->path, "a redirect of the configuration answers in its place");
    if (media_types_lookup(&walk->root.types, str_of(name->last)).length == 0 && !is_sibling(name, folder))
        find(walk, name->path, "no media type belongs to this name: it is sent without Content-Type");
}

/* What the server says of the same path. */
static void judge_broken_link(const struct name *name, int error)
{
    const char *why = error == -EXDEV    ? "this link leads out of the document root; it is not followed"
                      : error == -ENOENT ? "this link leads to nothing"
                      : error == -ELOOP  ? "this link leads round in a circle"
                                         : NULL;
    if (why)
        find(name->walk, name->path, "%s", why);
    else
        find(name->walk, name->path, "this link can't be followed: %s", strerrordesc_np(-error));
}

/* A name that no request can hold, whatever it is the name of. */
static bool is_out_of_reach(const struct name *name)
{
    char encoded[EXCHANGE_REQUEST_LINE_MAX];
    size_t room = name->walk->config->request_line_bytes - REQUEST_LINE_REST;
    bool top = name->last == name->path;
    if (name->last[0] == '.' && !(top && strcmp(name->last, ".well-known") == 0)) {
        find(name->walk, name->path, "no URL leads to a name that begins with a dot");
        return true;
    }
    if (strlen(name->path) >= PATH_MAX - 1 || target_encode(str_of(name->path), encoded, room) == 0) {
        find(name->walk, name->path, "its URL is longer than a request may be");
        return true;
    }
    return false;
}

static int look_at(struct name *name, int folder)
{
    if (fstatat(folder, name->last, &name->st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (!S_ISLNK(name->st.st_mode))
        return 0;
    CLEANUP(close_fd) int fd = beneath_open(&name->walk->root.folder, name->path);
    if (fd < 0)
        return fd;
    return fstat(fd, &name->st) < 0 ? -errno : 0;
}

static void judge(struct name *name, int folder)
{
    if (is_out_of_reach(name))
        return;
    int r = look_at(name, folder);
    if (r == -ENOENT && faccessat(folder, name->last, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return; /* removed since */
    if (r < 0)
        judge_broken_link(name, r);
    else if (S_ISDIR(name->st.st_mode))
        judge_folder(name);
    else if (S_ISREG(name->st.st_mode))
        judge_file(name, folder);
    else
        find(name->walk, name->path, "neither a file nor a folder: it is never sent");
}

static void visit_names(const struct folder *folder, DIR *stream)
{
    char path[PATH_MAX + NAME_MAX + 2];
    const struct dirent *entry;
    size_t length = strlen(folder->path);
    while ((errno = 0, entry = readdir(stream))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s%s%s", folder->path, length > 0 ? "/" : "", entry->d_name);
        struct name name = {.walk = folder->walk, .path = path, .last = path + length + (length > 0)};
        judge(&name, dirfd(stream));
    }
    if (errno != 0)
        find(folder->walk, folder->path, "can't be read to its end: %s", strerrordesc_np(errno));
}

/* A job of the pool. */
static void visit(void *argument, unsigned worker)
{
    CLEANUP(free_memory) struct folder *folder = argument;
    struct site_walk *walk = folder->walk;
    (void)worker;
    int fd = beneath_open(&walk->root.folder, folder->path[0] ? folder->path : ".");
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (stream) {
        visit_names(folder, stream);
        closedir(stream);
    } else {
        find(walk, folder->path, "can't be looked into: %s", strerrordesc_np(fd < 0 ? -fd : errno));
        close_fd(&fd);
    }
    leave_folder(walk);
}

/* Whether "/" is answered though there may be no index: by a list, a fallback or a redirect. */
static bool root_needs_no_index(const struct site_walk *walk)
{
    struct policy policy;
    struct str star;
    rules_find(&walk->config->rules, STR("/"), STR(""), &policy);
    return policy.listing || policy.fallback || rules_redirect(&walk->config->rules, STR("/"), &star);
}

static void judge_root(struct site_walk *walk)
{
    const struct config *config = walk->config;
    CLEANUP(free_memory) char *problem = NULL;
    size_t length;
    FILE *stream = open_memstream(&problem, &length);
    if (!stream) {
        fail(walk, -errno);
        return;
    }
    bool there = root_needs_no_index(walk);
    int r = service_view_check_folder(walk->view, config->document_root, stream);
    if (fclose(stream) != 0)
        fail(walk, -ENOMEM);
    else if (r < 0)
        find(walk, "", "%s", problem);
    for (size_t i = 0; config->index[i]; i++)
        there |= faccessat(walk->root.folder.fd, config->index[i], F_OK, 0) == 0;
    if (!there)
        find(walk, "", "there is no %s%s here: / is answered 404", config->index[0],
             config->index[1] ? " or another index" : "");
}

int site_walk_start(struct site_walk **ret, const struct config *config, const struct service_view *view)
{
    struct stat st;
    struct site_walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return -ENOMEM;
    walk->config = config;
    walk->view = view;
    pthread_mutex_init(&walk->lock, NULL);
    pthread_cond_init(&walk->over, NULL);
    int r = document_root_open(config->document_root, (const char *const *)config->index, MEDIA_TYPES_FILE,
                               &walk->root);
    if (r == 0)
        r = pool_start(&walk->pool, &(struct pool_options){.size = config->pool_size, .name = "check"});
    if (r == 0)
        r = fstat(walk->root.folder.fd, &st) < 0 ? -errno : 0;
    if (r < 0) {
        site_walk_free(walk);
        return r;
    }
    judge_root(walk);
    (void)is_new(walk, &st);
    queue_folder(walk, "");
    *ret = walk;
    return 0;
}

bool site_walk_wait(struct site_walk *walk, unsigned msec)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += msec / 1000;
    until.tv_nsec += msec % 1000 * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    lock(walk);
    int r = 0;
    while (walk->pending > 0 && r == 0)
        r = pthread_cond_clockwait(&walk->over, &walk->lock, CLOCK_MONOTONIC, &until);
    bool over = walk->pending == 0;
    unlock(walk);
    return over;
}

struct site_counts site_walk_counts(struct site_walk *walk)
{
    lock(walk);
    struct site_counts counts = walk->counts;
    unlock(walk);
    return counts;
}

static int compare_findings(const void *a, const void *b)
{
    const struct site_finding *left = a, *right = b;
    int order = strcmp(left->path, right->path);
    return order ? order : strcmp(left->text, right->text);
}

int site_walk_findings(struct site_walk *walk, const struct site_finding **ret, size_t *ret_count)
{
    assert(walk->pending == 0);
    if (walk->counts.findings > 0)
        qsort(walk->findings, walk->counts.findings, sizeof *walk->findings, compare_findings);
    *ret = walk->findings;
    *ret_count = walk->counts.findings;
    return walk->error;
}

void site_walk_free(struct site_walk *walk)
{
    if (!walk)
        return;
    while (walk->pool && !site_walk_wait(walk, 1000))
        continue;
    (void)pool_end(walk->pool);
    document_root_close(&walk->root);
    tdestroy(walk->seen, free);
    for (size_t i = 0; i < walk->counts.findings; i++) {
        free(walk->findings[i].path);
        free(walk->findings[i].text);
    }
    free(walk->findings);
    pthread_cond_destroy(&walk->over);
    pthread_mutex_destroy(&walk->lock);
    free(walk);
}
