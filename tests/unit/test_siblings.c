/* Folders without precompressed files: what is remembered of them, for how long, and what undoes it. */
#include "siblings.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)

static struct fixture {
    struct tree *tree;
    struct document_root root;
    struct siblings memory;
    int64_t usec, second;
    int64_t since; /* of the last look */
} f;

static int set_up(void **state)
{
    (void)state;
    static const char *const index[] = {"index.html", NULL};
    f = (struct fixture){.tree = tree_make(), .usec = 100 * SECOND, .second = time(NULL) + 10};
    tree_text(f.tree, "a.txt", "a");
    tree_text(f.tree, "folder/b.txt", "b");
    tree_text(f.tree, "packed/c.txt", "c");
    tree_text(f.tree, "packed/d.txt.zst", "d");
    assert_int_equal(document_root_open(tree_root(f.tree), index, "/nonexistent", &f.root), 0);
    return 0;
}

static int tear_down(void **state)
{
    document_root_close(&f.root);
    return harness_teardown(state);
}

static bool absent(const char *file)
{
    struct siblings_look look = {&f.memory, f.usec, f.second, f.usec};
    bool are = siblings_are_absent(&look, &f.root, file);
    f.since = look.since_usec;
    return are;
}

static void it_is_known_from_the_second_time_on(void **state)
{
    (void)state;
    static const char *const files[] = {"a.txt", "folder/b.txt"};
    for (size_t i = 0; i < 2; i++) {
        assert_false(absent(files[i]));
        assert_true(absent(files[i]));
        assert_int_equal(f.since, f.usec);
        assert_true(absent(files[i]));
    }
    assert_true(absent("another.txt"));
    for (unsigned i = 0; i < 3; i++)
        assert_false(absent("packed/c.txt"));
    for (unsigned i = 0; i < 3; i++)
        assert_false(absent("nowhere/c.txt"));
}

static void what_was_seen_is_told_with_its_time(void **state)
{
    (void)state;
    absent("a.txt");
    assert_true(absent("a.txt"));
    int64_t seen = f.usec;
    f.usec += SIBLINGS_TRUST_USEC - 1;
    tree_await_tick();
    tree_text(f.tree, "a.txt.gz", "a");
    assert_true(absent("a.txt"));
    assert_int_equal(f.since, seen);
    f.usec += 1;
    assert_false(absent("a.txt"));
}

static void who_comes_and_goes_is_seen(void **state)
{
    (void)state;
    static const char *const names[] = {"folder/b.txt.br", "folder/x.zst", "folder/b.txt.gz"};
    absent("folder/b.txt");
    for (size_t i = 0; i < 3; i++) {
        f.usec += SIBLINGS_TRUST_USEC;
        assert_true(absent("folder/b.txt"));
        tree_await_tick();
        tree_text(f.tree, names[i], "b");
        f.usec += SIBLINGS_TRUST_USEC;
        assert_false(absent("folder/b.txt"));
        char *path = tree_path(f.tree, names[i]);
        tree_await_tick();
        assert_int_equal(unlink(path), 0);
        free(path);
    }
    f.usec += SIBLINGS_TRUST_USEC;
    tree_await_tick();
    tree_text(f.tree, "folder/gz", "no suffix");
    tree_text(f.tree, "folder/.gz", "nor this: it is the name");
    assert_true(absent("folder/b.txt"));
}

/* Times of change are coarse: two changes within one tick look alike. */
static void a_folder_that_has_just_changed_is_read_anew(void **state)
{
    (void)state;
    f.second = 0; /* before the change */
    absent("a.txt");
    assert_true(absent("a.txt"));
    struct siblings_folder *place = NULL;
    for (unsigned i = 0; i < SIBLINGS_FOLDERS; i++)
        if (f.memory.folders[i].seen_usec != 0)
            place = &f.memory.folders[i];
    assert_non_null(place);
    assert_false(place->settled);
    tree_text(f.tree, "a.txt.gz", "a");
    f.usec += SIBLINGS_TRUST_USEC;
    assert_false(absent("a.txt"));
}

/* As on a file system that makes its times of change up. */
static void names_are_read_anew_whatever_the_time_of_change_says(void **state)
{
    (void)state;
    absent("a.txt");
    assert_true(absent("a.txt"));
    tree_text(f.tree, "a.txt.gz", "a");
    struct stat st;
    char *path = tree_path(f.tree, ".");
    assert_int_equal(stat(path, &st), 0);
    free(path);
    for (unsigned i = 0; i < SIBLINGS_FOLDERS; i++)
        f.memory.folders[i].changed = st.st_ctim;
    f.usec += SIBLINGS_TRUST_USEC;
    assert_true(absent("a.txt"));
    f.usec += SIBLINGS_READ_USEC;
    assert_false(absent("a.txt"));
}

static void of_many_names_nothing_is_known(void **state)
{
    (void)state;
    char name[64];
    for (unsigned i = 0; i <= SIBLINGS_NAMES_MAX; i++) {
        snprintf(name, sizeof name, "folder/%u", i);
        tree_text(f.tree, name, "");
    }
    absent("folder/b.txt");
    assert_false(absent("folder/b.txt"));
}

static void long_paths_and_many_folders_are_not_mixed_up(void **state)
{
    (void)state;
    char path[SIBLINGS_PATH_MAX + 20] = "packed/";
    memset(path + 7, 'x', SIBLINGS_PATH_MAX);
    strcpy(path + 7 + SIBLINGS_PATH_MAX, "/c");
    assert_false(absent(path));
    assert_false(absent(path));
    for (unsigned i = 0; i < 4 * SIBLINGS_FOLDERS; i++) {
        snprintf(path, sizeof path, "none%u/c.txt", i);
        assert_false(absent(path));
    }
    absent("packed/c.txt");
    assert_false(absent("packed/c.txt"));
    absent("folder/b.txt");
    assert_true(absent("folder/b.txt"));
}

/* A hundred folders are few beside the places: they don't push each other out. */
static void a_hundred_folders_are_remembered_together(void **state)
{
    (void)state;
    char path[32];
    for (unsigned i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "%02u/c.txt", i);
        tree_text(f.tree, path, "c");
    }
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < 100; i++) {
            snprintf(path, sizeof path, "%02u/c.txt", i);
            assert_int_equal(absent(path), round > 0);
        }
}

int main(void)
{
#define row(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        row(it_is_known_from_the_second_time_on),
        row(what_was_seen_is_told_with_its_time),
        row(who_comes_and_goes_is_seen),
        row(a_folder_that_has_just_changed_is_read_anew),
        row(of_many_names_nothing_is_known),
        row(long_paths_and_many_folders_are_not_mixed_up),
        row(a_hundred_folders_are_remembered_together),
        row(names_are_read_anew_whatever_the_time_of_change_says),
    };
    return cmocka_run_group_tests_name("siblings", tests, NULL, NULL);
}
