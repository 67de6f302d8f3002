/* Both ways of opening beneath a folder, by one table, and the walk held against the kernel's own answer on
 * random trees. */
#include "beneath.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tree *tree;
static struct beneath root;

static struct beneath open_folder(const char *path)
{
    return (struct beneath){.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

static int tear_down(void **state)
{
    (void)state;
    close(root.fd);
    tree_remove_all();
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    tree = tree_make();
    tree_text(tree, "in/file", "f");
    tree_text(tree, "in/a/b/deep", "d");
    tree_text(tree, "out", "o");
    tree_link(tree, "in/to-file", "file");
    tree_link(tree, "in/to-deep", "a/b/deep");
    tree_link(tree, "in/to-b", "a/b");
    tree_link(tree, "in/to-b-slash", "a/b/");
    tree_link(tree, "in/a/up-file", "../file");
    tree_link(tree, "in/a/b/up-up", "../../file");
    tree_link(tree, "in/a/out", "../../out");
    tree_link(tree, "in/out", "../out");
    tree_link(tree, "in/back", "../in/file");
    tree_link(tree, "in/abs", "/etc/passwd");
    tree_link(tree, "in/dot", ".");
    tree_link(tree, "in/dotdot", "..");
    tree_link(tree, "in/loop", "loop");
    tree_link(tree, "in/ping", "pong");
    tree_link(tree, "in/pong", "ping");
    tree_link(tree, "in/none", "nowhere");
    tree_link(tree, "in/through", "to-b/../../file"); /* to-b is a/b: up from there is a, then the root */
    char *path = tree_path(tree, "in");
    root = open_folder(path);
    free(path);
    return root.fd >= 0 ? 0 : -1;
}

static const struct {
    const char *path;
    const char *names; /* what is found, from the tree's top; NULL: the error */
    int error;
} rows[] = {
    {"file", "in/file", 0},
    {"a/b/deep", "in/a/b/deep", 0},
    {"a//b///deep", "in/a/b/deep", 0},
    {"./a/./b/deep", "in/a/b/deep", 0},
    {"a/b/..", "in/a", 0},
    {"a/../file", "in/file", 0},
    {"a/b/../../file", "in/file", 0},
    {".", "in", 0},
    {"a/..", "in", 0},
    {"a", "in/a", 0},
    {"a/", "in/a", 0},
    {"to-file", "in/file", 0},
    {"to-deep", "in/a/b/deep", 0},
    {"to-b/deep", "in/a/b/deep", 0},
    {"to-b-slash/deep", "in/a/b/deep", 0},
    {"to-b/", "in/a/b", 0},
    {"a/up-file", "in/file", 0},
    {"a/b/up-up", "in/file", 0},
    {"dot/dot/dot/file", "in/file", 0},
    {"through", "in/file", 0},
    {"", NULL, ENOENT},
    {"nowhere", NULL, ENOENT},
    {"nowhere/file", NULL, ENOENT},
    {"none", NULL, ENOENT},
    {"file/", NULL, ENOTDIR},
    {"file/x", NULL, ENOTDIR},
    {"to-file/", NULL, ENOTDIR},
    {"to-file/x", NULL, ENOTDIR},
    {"file/..", NULL, ENOTDIR},
    {"..", NULL, EXDEV},
    {"../out", NULL, EXDEV},
    {"a/../..", NULL, EXDEV},
    {"a/../../in/file", NULL, EXDEV},
    {"out", NULL, EXDEV},
    {"a/out", NULL, EXDEV},
    {"back", NULL, EXDEV}, /* out and in again is out */
    {"dotdot", NULL, EXDEV},
    {"dotdot/out", NULL, EXDEV},
    {"abs", NULL, EXDEV},
    {"/etc/passwd", NULL, EXDEV},
    {"loop", NULL, ELOOP},
    {"ping", NULL, ELOOP},
    {"ping/x", NULL, ELOOP},
};

static bool same_file(int fd, const char *name)
{
    struct stat a, b;
    char *path = tree_path(tree, name);
    bool same = fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
    free(path);
    return same;
}

static void check_table(int (*function)(const struct beneath *folder, const char *path))
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int fd = function(&root, rows[i].path);
        if (rows[i].names ? fd < 0 || !same_file(fd, rows[i].names) : fd != -rows[i].error)
            fail_msg("\"%s\": %d (%s), not %s", rows[i].path, fd, fd < 0 ? strerror(-fd) : "another file",
                     rows[i].names ? rows[i].names : strerror(rows[i].error));
        if (fd >= 0)
            close(fd);
    }
}

static void the_kernel_keeps_to_the_table(void **state)
{
    (void)state;
    check_table(beneath_open);
}

static void the_walk_keeps_to_the_table(void **state)
{
    (void)state;
    check_table(beneath_walk);
}

/* With a name for the folder, links that begin with it lead into it; all else is as it was. */
static void absolute_links_may_lead_inside(void **state)
{
    (void)state;
    static const struct {
        const char *target; /* behind the path of the tree */
        const char *names;
        int error;
    } links[] = {
        {"/in/file", "in/file", 0},
        {"/in//a/./b//deep", "in/a/b/deep", 0},
        {"/in/a/b/", "in/a/b", 0},
        {"/in", "in", 0},
        {"/in/", "in", 0},
        {"/in/to-deep", "in/a/b/deep", 0},
        {"/in/a/../file", "in/file", 0},
        {"/alias/file", "in/file", 0}, /* the second name, of which nothing is there */
        {"/in/nowhere", NULL, ENOENT},
        {"/in/file/x", NULL, ENOTDIR},
        {"/in/abs-here", NULL, ELOOP},
        {"/in/out", NULL, EXDEV},
        {"/in/../out", NULL, EXDEV},
        {"/in/a/../../out", NULL, EXDEV},
        {"/inside/file", NULL, EXDEV},
        {"/i", NULL, EXDEV},
        {"/out", NULL, EXDEV},
        {"", NULL, EXDEV},
    };
    char *name = tree_path(tree, "in"), *alias = tree_path(tree, "alias"),
         *here = tree_path(tree, "in/abs-here");
    tree_text(tree, "inside/file", "elsewhere");
    struct beneath named = {.fd = root.fd, .names = {name, alias}};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        char *target = harness_text("%s%s", tree_root(tree), links[i].target);
        tree_link(tree, "in/abs-here", target);
        for (unsigned deep = 0; deep < 2; deep++) {
            const char *path = deep ? "to-b/../../abs-here" : "abs-here";
            int one = beneath_open(&named, path), two = beneath_walk(&named, path),
                three = beneath_open(&root, path);
            if (links[i].names
                    ? one < 0 || two < 0 || !same_file(one, links[i].names) || !same_file(two, links[i].names)
                    : one != -links[i].error || two != -links[i].error)
                fail_msg("%s: %d and %d", links[i].target, one, two);
            assert_int_equal(three, -EXDEV);
            close(one), close(two);
        }
        assert_int_equal(unlink(here), 0);
        free(target);
    }
    free(name), free(alias), free(here);
}

static void a_root_named_slash_holds_all(void **state)
{
    (void)state;
    struct beneath all = open_folder("/");
    char *path = tree_path(tree, "in/abs-file"), *file = tree_path(tree, "in/file");
    tree_link(tree, "in/abs-file", file);
    assert_int_equal(beneath_open(&all, path + 1), -EXDEV);
    all.names[0] = "";
    int fd = beneath_open(&all, path + 1);
    assert_true(fd >= 0 && same_file(fd, "in/file"));
    close(fd);
    close(all.fd);
    free(path), free(file);
}

static void what_is_there_is_told_unopened(void **state)
{
    (void)state;
    struct stat st;
    char *path = tree_path(tree, "in/file"), *name = tree_path(tree, "in");
    tree_fifo(tree, "in/fifo");
    tree_link(tree, "in/abs-in", name);
    struct beneath named = {.fd = root.fd, .names = {name}};
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(beneath_stat(&root, "to-file", &st), 0);
    assert_true(S_ISREG(st.st_mode) && st.st_size == 1);
    assert_int_equal(beneath_stat(&root, "fifo", &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(beneath_stat(&named, "abs-in/to-file", &st), 0); /* the walk, to a link */
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(beneath_stat(&named, "abs-in/to-b", &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(beneath_stat(&root, "a", &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    assert_int_equal(beneath_stat(&root, "none", &st), -ENOENT);
    assert_int_equal(beneath_stat(&root, "loop", &st), -ELOOP);
    assert_int_equal(beneath_stat(&root, "out", &st), -EXDEV);
    assert_int_equal(beneath_stat(&named, "abs-in/loop", &st), -ELOOP);
    free(path), free(name);
}

static void forty_links_are_followed_and_no_more(void **state)
{
    (void)state;
    char name[32], target[32];
    for (unsigned i = 0; i < 45; i++) {
        snprintf(name, sizeof name, "in/chain-%u", i);
        snprintf(target, sizeof target, i == 0 ? "file" : "chain-%u", i - 1);
        tree_link(tree, name, target);
    }
    static int (*const ways[])(const struct beneath *, const char *) = {beneath_open, beneath_walk};
    for (unsigned i = 0; i < 2; i++) {
        int fd = ways[i](&root, "chain-39");
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(ways[i](&root, "chain-40"), -ELOOP);
    }
}

static void long_paths_are_refused_or_walked(void **state)
{
    (void)state;
    static char path[PATH_MAX + 10];
    memset(path, '/', sizeof path - 1);
    memcpy(path, "a", 1);
    assert_int_equal(beneath_walk(&root, path), -ENAMETOOLONG);
    memcpy(path + PATH_MAX - 7, "b/deep", 7);
    int fd = beneath_walk(&root, path);
    assert_true(fd >= 0);
    close(fd);
    memset(path, 'n', 300);
    path[300] = '\0';
    assert_int_equal(beneath_walk(&root, path), -ENAMETOOLONG);
}

static unsigned pick(unsigned *seed, unsigned below)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 16) % below;
}

/* A path of up to five names out of few, so that many of them exist. */
static void random_path(unsigned *seed, char *path)
{
    static const char *const names[] = {"a", "b", "c", "d", "..", "..", "."};
    unsigned steps = 1 + pick(seed, 5);
    path[0] = '\0';
    for (unsigned i = 0; i < steps; i++) {
        strcat(path, names[pick(seed, sizeof names / sizeof names[0])]);
        strcat(path, i + 1 < steps || pick(seed, 8) == 0 ? "/" : "");
    }
}

static void plant(unsigned *seed)
{
    char path[64], full[PATH_MAX], target[64];
    for (unsigned i = 0; i < 60; i++) {
        static const char letters[] = "abcd";
        unsigned depth = 1 + pick(seed, 3), n = 0;
        for (unsigned j = 0; j < depth; j++)
            n += (unsigned)snprintf(path + n, sizeof path - n, "%s%c", j ? "/" : "", letters[pick(seed, 4)]);
        snprintf(full, sizeof full, "%s/%s", tree_root(tree), path);
        random_path(seed, target);
        /* Most of them fail, as their folder isn't there or the name is taken: what is left is a random tree.
         */
        unsigned kind = pick(seed, 4);
        int r = kind < 2    ? mkdir(full, 0700)
                : kind == 2 ? symlink(target, full)
                            : mknod(full, S_IFREG | 0600, 0);
        (void)r;
    }
}

static void the_walk_finds_what_the_kernel_finds(void **state)
{
    (void)state;
    unsigned seed = 20, found = 0, refused = 0;
    for (unsigned trees = 0; trees < 40; trees++) {
        tree = tree_make();
        plant(&seed);
        struct beneath folder = open_folder(tree_root(tree));
        for (unsigned i = 0; i < 500; i++) {
            char path[64];
            struct stat a, b;
            random_path(&seed, path);
            int one = beneath_open(&folder, path), two = beneath_walk(&folder, path);
            if ((one >= 0) != (two >= 0) || (one < 0 && one != two) ||
                (one >= 0 && (fstat(one, &a) < 0 || fstat(two, &b) < 0 || a.st_ino != b.st_ino)))
                fail_msg("tree %u, \"%s\": the kernel says %d, the walk %d", trees, path, one, two);
            found += one >= 0;
            refused += one == -EXDEV;
            if (one >= 0)
                close(one);
            if (two >= 0)
                close(two);
        }
        close(folder.fd);
        tree_remove(tree);
    }
    harness_say("%u paths found, %u refused as leading out", found, refused);
    assert_true(found > 500 && refused > 500);
}

static _Atomic bool stop;

/* A folder becomes a link that leads out, and a folder again. */
static void *swap(void *argument)
{
    (void)argument;
    char *folder = tree_path(tree, "in/swap"), *aside = tree_path(tree, "in/aside"),
         *link = tree_path(tree, "in/link");
    while (!atomic_load(&stop)) {
        if (rename(folder, aside) < 0 || rename(link, folder) < 0 || rename(folder, link) < 0 ||
            rename(aside, folder) < 0)
            break;
    }
    free(folder);
    free(aside);
    free(link);
    return NULL;
}

static void a_swapped_link_never_leads_the_walk_out(void **state)
{
    (void)state;
    pthread_t thread;
    unsigned inside = 0;
    tree_text(tree, "in/swap/secret", "in");
    tree_text(tree, "outside/secret", "out");
    tree_link(tree, "in/link", "../outside");
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&thread, NULL, swap, NULL), 0);
    bool leaked = false;
    for (unsigned i = 0; i < 100000 && !leaked; i++) {
        char content[4] = "";
        int fd = beneath_walk(&root, "swap/secret");
        if (fd < 0)
            continue;
        leaked = pread(fd, content, 3, 0) != 2;
        inside++;
        close(fd);
    }
    atomic_store(&stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(leaked);
    assert_true(inside > 0);
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(the_kernel_keeps_to_the_table),
        row(the_walk_keeps_to_the_table),
        row(forty_links_are_followed_and_no_more),
        row(long_paths_are_refused_or_walked),
        row(the_walk_finds_what_the_kernel_finds),
        row(absolute_links_may_lead_inside),
        row(a_root_named_slash_holds_all),
        row(what_is_there_is_told_unopened),
        row(a_swapped_link_never_leads_the_walk_out),
    };
    return cmocka_run_group_tests_name("beneath", tests, NULL, NULL);
}
