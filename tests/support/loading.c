/* Configurations from texts, for the tests of what is read from them. */
#include "loading.h"

#include "harness.h"

#include <stdlib.h>
#include <string.h>

struct loading loading_file(const char *path)
{
    struct loading loading = {};
    size_t length;
    FILE *errors = open_memstream(&loading.errors, &length);
    assert_non_null(errors);
    loading.r = config_load(path, errors, &loading.config);
    assert_int_equal(fclose(errors), 0);
    return loading;
}

void loading_free(struct loading *loading)
{
    config_free(&loading->config);
    free(loading->errors);
}

void loading_leave_out_root(char *text, const struct tree *tree)
{
    size_t length = strlen(tree_root(tree));
    for (char *at = text; (at = strstr(at, tree_root(tree)));) {
        size_t cut = length + (at[length] == '/');
        memmove(at, at + cut, strlen(at + cut) + 1);
    }
}

struct loading loading_text(struct tree *tree, const char *text, size_t length)
{
    char *path = tree_path(tree, "hello.ini");
    tree_file(tree, "hello.ini", text, length);
    struct loading loading = loading_file(path);
    loading_leave_out_root(loading.errors, tree);
    free(path);
    return loading;
}

struct loading loading_good(struct tree *tree, const char *text)
{
    struct loading loading = loading_text(tree, text, strlen(text));
    assert_string_equal(loading.errors, "");
    assert_int_equal(loading.r, 0);
    return loading;
}
