/* resolve: what a target comes to, by files, rules and wishes. */
#include "resolve.h"

#include "support/harness.h"
#include "support/tree.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Strings that may be written to, as those of a configuration may. */
#define TEXT(literal) ((char[]){literal})

static struct tree *tree;
static struct document_root root;

static struct path_rule paths[] = {
    {.pattern = TEXT("/listed/*"), .listing = RULE_ON},
    {.pattern = TEXT("/app/*"), .fallback = TEXT("app.html")},
    {.pattern = TEXT("/lost/*"), .fallback = TEXT("nothing.html")},
    {.pattern = TEXT("/plain/*"), .precompressed = RULE_OFF},
    {.pattern = TEXT("*.html"), .cache_control = TEXT("no-cache")},
};

static struct redirect_rule redirects[] = {
    {TEXT("/old/*"), TEXT("/new/*"), 308},
    {TEXT("/here"), TEXT("/there"), 302},
};

static const struct rules rules = {
    .precompressed = true,
    .paths = paths,
    .path_count = sizeof paths / sizeof *paths,
    .redirects = redirects,
    .redirect_count = 2,
};

/* Seconds of difference to the others' time. */
static void set_time(const char *name, long seconds, long nanoseconds)
{
    struct timespec times[2] = {{784111777 + seconds, nanoseconds}, {784111777 + seconds, nanoseconds}};
    char *path = tree_path(tree, name);
    assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
    free(path);
}

static int set_up(void **state)
{
    (void)state;
    static const char *const index[] = {"index.html", NULL};
    tree = tree_make();
    tree_text(tree, "index.html", "index");
    tree_text(tree, "index.html.gz", "index, gzip");
    tree_text(tree, "a.css", "css");
    tree_text(tree, "a.css.br", "css, br");
    tree_text(tree, "a.css.zst", "css, zstd");
    tree_text(tree, "a.css.gz", "css, gzip");
    tree_text(tree, "b.css", "css");
    tree_text(tree, "b.css.br", "too old");
    tree_text(tree, "b.css.gz", "css, gzip");
    tree_text(tree, "c.css", "css");
    tree_text(tree, "c.css.gz", "too old by a nanosecond");
    tree_text(tree, "d.css", "css");
    tree_folder(tree, "d.css.br");
    tree_fifo(tree, "d.css.gz");
    tree_text(tree, "plain/a.css", "css");
    tree_text(tree, "plain/a.css.br", "css, br");
    tree_text(tree, "only.css.gz", "a sibling of nothing");
    tree_text(tree, "listed/x", "x");
    tree_text(tree, "listed/indexed/index.html", "index");
    tree_text(tree, "app.html", "app");
    tree_text(tree, "app.html.br", "app, br");
    tree_text(tree, "app/real", "real");
    tree_folder(tree, "app/folder");
    tree_set_times(tree, 784111777);
    set_time("b.css.br", -1, 999999999);
    set_time("c.css", 0, 1);
    return document_root_open(tree_root(tree), index, "/nonexistent", &root);
}

static int tear_down(void **state)
{
    (void)state;
    document_root_close(&root);
    tree_remove_all();
    return 0;
}

static struct str maybe(const char *text)
{
    return text ? str_of(text) : (struct str){NULL, 0};
}

/* What is found, as text: "STATUS [CODING] [(VARY)] [CONTENT]". */
static char *resolve_text(const char *path, const char *accept, const char *accept_encoding)
{
    struct resolution found;
    char content[4096] = "";
    size_t length = strlen(path);
    bool folder = length == 0 || path[length - 1] == '/';
    const struct target target = {.path = {path, length - (folder && length > 0)}, .folder = folder};
    const struct wishes wishes = {.accept = maybe(accept), .accept_encoding = maybe(accept_encoding)};
    resolve(&root, &rules, &target, &wishes, NULL, &found);
    assert_int_equal(found.status == 200, found.representation.fd >= 0);
    bool coded = found.status == 200 && found.coding != CODING_IDENTITY;
    struct str coding = coded ? negotiation_coding_name(found.coding) : STR("");
    if (found.status == 200) {
        ssize_t n = pread(found.representation.fd, content, sizeof content - 1, 0);
        assert_int_equal(n, found.representation.version.size < sizeof content
                                ? found.representation.version.size
                                : sizeof content - 1);
        content[n] = '\0';
        if (strstr(content, "<!DOCTYPE"))
            strcpy(content, "a page");
    }
    char *text =
        harness_text("%u%s%.*s%s%.*s%s%s%s", found.status, coded ? " " : "", (int)coding.length, coding.data,
                     found.vary.length ? " (" : "", (int)found.vary.length, found.vary.data ?: "",
                     found.vary.length ? ")" : "", *content ? " " : "", content);
    representation_close(&found.representation);
    return text;
}

#define BROWSER "text/html,application/xhtml+xml,*/*;q=0.8"

static const struct {
    const char *path, *accept, *accept_encoding, *result;
} rows[] = {
    {"a.css", NULL, NULL, "200 (Accept-Encoding) css"},
    {"a.css", NULL, "gzip, br, zstd", "200 br (Accept-Encoding) css, br"},
    {"a.css", NULL, "gzip, zstd", "200 zstd (Accept-Encoding) css, zstd"},
    {"a.css", NULL, "gzip", "200 gzip (Accept-Encoding) css, gzip"},
    {"a.css", NULL, "br;q=0.1, gzip", "200 gzip (Accept-Encoding) css, gzip"},
    {"a.css", NULL, "deflate", "200 (Accept-Encoding) css"},
    {"b.css", NULL, "br, gzip", "200 gzip (Accept-Encoding) css, gzip"},
    {"b.css", NULL, "br", "200 (Accept-Encoding) css"},
    {"c.css", NULL, "gzip", "200 css"}, /* nothing that may be sent for it */
    {"d.css", NULL, "br, gzip", "200 css"},
    {"a.css.br", NULL, "br", "200 css, br"}, /* asked for by its own name it is a file of its own */
    {"only.css", NULL, "gzip", "404"},
    {"plain/a.css", NULL, "br", "200 css"},
    {"", NULL, "gzip", "200 gzip (Accept-Encoding) index, gzip"},
    {"listed", NULL, NULL, "301"},
    {"listed/", "text/plain", NULL, "200 (Accept) indexed/\nx\n"},
    {"listed/", BROWSER, "br", "200 (Accept) a page"},
    {"listed/indexed/", "text/plain", NULL, "200 index"},
    {"listed/none/", NULL, NULL, "404"},
    {"listed/x/", NULL, NULL, "404"},
    {"plain/", NULL, NULL, "404"},
    {"app/any/where", BROWSER, NULL, "200 (Accept, Accept-Encoding) app"},
    {"app/any/where/", BROWSER, "br", "200 br (Accept, Accept-Encoding) app, br"},
    {"app/folder/", BROWSER, NULL, "200 (Accept, Accept-Encoding) app"},
    {"app/real", BROWSER, NULL, "200 real"},
    {"app/none.js", BROWSER, NULL, "404 (Accept)"},
    {"app/v1.2/where", BROWSER, NULL, "200 (Accept, Accept-Encoding) app"},
    {"app/none", "*/*", NULL, "404 (Accept)"},
    {"app/none", NULL, NULL, "404 (Accept)"},
    {"app/none", "application/json, text/html;q=0", NULL, "404 (Accept)"},
    {"lost/x", BROWSER, NULL, "404 (Accept)"},
    {"none", BROWSER, NULL, "404"},
};

static void the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = resolve_text(rows[i].path, rows[i].accept, rows[i].accept_encoding);
        if (strcmp(text, rows[i].result) != 0)
            fail_msg("/%s for %s, %s: \"%s\", not \"%s\"", rows[i].path, rows[i].accept,
                     rows[i].accept_encoding, text, rows[i].result);
        free(text);
    }
}

static void redirects_come_first(void **state)
{
    (void)state;
    struct resolution found;
    const struct wishes wishes = {.accept = {NULL, 0}};
    const struct target old = {.path = STR("old/a b"), .folder = true}, here = {.path = STR("here")};
    resolve(&root, &rules, &old, &wishes, NULL, &found);
    assert_int_equal(found.status, 308);
    assert_ptr_equal(found.redirect, &redirects[0]);
    assert_true(str_equal(found.star, STR("a b/")));
    resolve(&root, &rules, &here, &wishes, NULL, &found);
    assert_int_equal(found.status, 302);
    assert_string_equal(found.redirect->location, "/there");
    const struct target folder = {.path = STR("listed")};
    resolve(&root, &rules, &folder, &wishes, NULL, &found);
    assert_int_equal(found.status, 301);
    assert_null(found.redirect);
}

static void rules_see_the_file_that_answers(void **state)
{
    (void)state;
    struct resolution found;
    const struct wishes wishes = {.accept = STR("text/html")};
    static const struct {
        struct target target;
        const char *cache_control;
    } targets[] = {
        {{.folder = true}, "no-cache"},       /* index.html */
        {{.path = STR("app/x")}, "no-cache"}, /* app.html */
        {{.path = STR("a.css")}, ""},
        {{.path = STR("none.html")}, "no-cache"},
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        resolve(&root, &rules, &targets[i].target, &wishes, NULL, &found);
        assert_true(str_equal(found.policy.cache_control, str_of(targets[i].cache_control)));
        representation_close(&found.representation);
    }
}

static void what_is_hidden_is_never_listed_or_made_up(void **state)
{
    (void)state;
    const struct rules all = {.listing = true, .fallback = TEXT("app.html")};
    static const struct target targets[] = {
        {.path = STR(".git"), .folder = true, .hidden = true},
        {.path = STR("app/.x"), .hidden = true},
    };
    const struct wishes wishes = {.accept = STR("text/html")};
    tree_text(tree, ".git/config", "secret");
    for (size_t i = 0; i < 2; i++) {
        struct resolution found;
        resolve(&root, &all, &targets[i], &wishes, NULL, &found);
        assert_int_equal(found.status, 404);
        assert_int_equal(found.representation.fd, -1);
    }
}

static void a_path_may_be_longer_than_any(void **state)
{
    (void)state;
    static char path[PATH_MAX + 10];
    struct resolution found;
    const struct wishes wishes = {.accept = STR("text/html")};
    memset(path, 'a', sizeof path);
    for (size_t length = PATH_MAX - 10; length < PATH_MAX + 10; length++) {
        for (unsigned folder = 0; folder < 2; folder++) {
            const struct target target = {.path = {path, length}, .folder = folder};
            resolve(&root, &rules, &target, &wishes, NULL, &found);
            assert_int_equal(found.status, 404);
        }
    }
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(the_table_holds),
        row(redirects_come_first),
        row(rules_see_the_file_that_answers),
        row(what_is_hidden_is_never_listed_or_made_up),
        row(a_path_may_be_longer_than_any),
    };
    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
