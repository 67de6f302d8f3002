/* ini_watch: what counts as a change of a file. */
#include "ini_watch.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool changed(const char *path, struct ini_watch *known)
{
    struct ini_watch now;
    char before[INI_WATCH_TEXT_MAX], after[INI_WATCH_TEXT_MAX];
    ini_watch_look(path, &now);
    bool equal = ini_watch_equal(known, &now);
    ini_watch_format(known, before);
    ini_watch_format(&now, after);
    assert_int_equal(strcmp(before, after) == 0, equal);
    *known = now;
    return !equal;
}

static void test_changes(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    char *path = tree_path(tree, "hello.ini"), *other = tree_path(tree, "other");
    struct ini_watch known;
    ini_watch_look(path, &known);
    assert_false(known.there);
    assert_false(changed(path, &known));
    tree_text(tree, "hello.ini", "one");
    assert_true(changed(path, &known));
    assert_false(changed(path, &known));
    tree_text(tree, "hello.ini", "three");
    assert_true(changed(path, &known));
    /* Written again with as many bytes, told by its times alone. */
    tree_set_times(tree, 1000000000);
    assert_true(changed(path, &known));
    tree_text(tree, "other", "three");
    tree_set_times(tree, 1000000000);
    assert_int_equal(rename(other, path), 0);
    assert_true(changed(path, &known));
    assert_int_equal(remove(path), 0);
    assert_true(changed(path, &known));
    assert_false(changed(path, &known));
    free(path), free(other);
}

static void test_settled(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    char *path = tree_path(tree, "hello.ini");
    struct ini_watch settled;
    tree_text(tree, "hello.ini", "one");
    ini_watch_settle(path, &settled);
    assert_true(settled.there);
    assert_false(changed(path, &settled));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {harness_test(test_changes), harness_test(test_settled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
