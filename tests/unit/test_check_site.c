/* check_site, site_walk: what is found in a document root, and what is not. */
#include "check_site.h"

#include "../support/harness.h"
#include "../support/loading.h"
#include "../support/tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct service_view stranger = {.unit = "x.service", .user = (uid_t)-1};

/* What is said of the tree "site", with a folder's path left out; to be freed. */
static char *run_as(struct tree *tree, const struct service_view *view, const char *settings, int expected,
                    FILE *progress)
{
    char *said, *ini = harness_text("[server]\ndocument_root = site\n%s", settings);
    size_t length;
    assert_int_equal(chmod(tree_root(tree), 0755), 0);
    struct loading loading = loading_good(tree, ini);
    FILE *out = open_memstream(&said, &length);
    int status = check_site(&loading.config, view, out, progress);
    assert_int_equal(fclose(out), 0);
    loading_leave_out_root(said, tree);
    if (status != expected)
        fail_msg("status %d: %s", status, said);
    loading_free(&loading);
    free(ini);
    return said;
}

static void assert_said(struct tree *tree, const char *settings, const char *expected)
{
    char *said = run_as(tree, &stranger, settings, strstr(expected, "findings: 0") ? 0 : 1, NULL);
    assert_string_equal(said, expected);
    free(said);
}

static struct tree *clean_site(void)
{
    struct tree *tree = tree_make();
    tree_text(tree, "site/hello.html", "page");
    tree_text(tree, "site/a/b/c/deep.txt", "deep");
    tree_text(tree, "site/.well-known/security.txt", "x");
    tree_link(tree, "site/inside.txt", "a/b/c/deep.txt");
    tree_link(tree, "site/a/round", "..");
    tree_link(tree, "site/a/again", "b");
    return tree;
}

static void test_clean(void **state)
{
    (void)state;
    assert_said(clean_site(), "", "files: 4, folders: 5, findings: 0\n");
}

static void chmod_in(struct tree *tree, const char *name, mode_t mode)
{
    char *path = tree_path(tree, name);
    assert_int_equal(chmod(path, mode), 0);
    free(path);
}

/* One thing is wrong at a time: two files and one folder besides. */
static void test_findings(void **state)
{
    (void)state;
    static const struct {
        const char *name, *link; /* a file, or a link to that */
        mode_t mode;
        const char *finding;
    } rows[] = {
        {"private.html", NULL, 0640, "x.service may not read this file, mode 0640; chmod o+r it"},
        {".htaccess", NULL, 0644, "no URL leads to a name that begins with a dot"},
        {"a/.well-known", NULL, 0644, "no URL leads to a name that begins with a dot"},
        {"noise.xyzzy", NULL, 0644, "no media type belongs to this name: it is sent without Content-Type"},
        {"README", NULL, 0644, "no media type belongs to this name: it is sent without Content-Type"},
        {"out.html", "../hello.ini", 0, "this link leads out of the document root; it is not followed"},
        {"out.html", "/etc/passwd", 0, "this link leads out of the document root; it is not followed"},
        {"gone.html", "nothing", 0, "this link leads to nothing"},
        {"round.html", "round.html", 0, "this link leads round in a circle"},
        {"bad\nname\x1b.html", "nothing", 0, "this link leads to nothing"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tree *tree = tree_make();
        char *name = harness_text("site/%s", rows[i].name), escaped[100], *p = escaped;
        tree_text(tree, "site/hello.html", "");
        tree_text(tree, "site/a/x.html", "");
        if (rows[i].link)
            tree_link(tree, name, rows[i].link);
        else
            tree_text(tree, name, "");
        if (!rows[i].link)
            chmod_in(tree, name, rows[i].mode);
        for (const char *c = name; *c; c++)
            p += *c == '\n' ? sprintf(p, "\\n") : *c == '\x1b' ? sprintf(p, "\\x1b") : sprintf(p, "%c", *c);
        char *said = run_as(tree, &stranger, "", 1, NULL);
        char *line = harness_text("%s: %s\n", escaped, rows[i].finding);
        if (strncmp(said, line, strlen(line)) != 0 || !strstr(said, ", folders: 2, findings: 1\n"))
            fail_msg("%s%s", line, said);
        free(line), free(said), free(name);
        tree_remove(tree);
    }
}

static void test_folders(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    tree_text(tree, "site/hello.html", "");
    tree_text(tree, "site/closed/.hidden", "");
    tree_text(tree, "site/.git/config", "");
    tree_fifo(tree, "site/fifo.html");
    chmod_in(tree, "site/closed", 0754);
    assert_said(tree, "",
                "site/.git: no URL leads to a name that begins with a dot\n"
                "site/closed: x.service may not enter this folder, mode 0754; chmod o+x it\n"
                "site/fifo.html: neither a file nor a folder: it is never sent\n"
                "files: 1, folders: 1, findings: 3\n");
}

static void test_root(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    tree_text(tree, "site/page.html", "");
    assert_said(tree, "index = a.html b.html\n",
                "site: there is no a.html or another index here: / is answered 404\n"
                "files: 1, folders: 1, findings: 1\n");
    assert_said(tree, "index = page.html\n", "files: 1, folders: 1, findings: 0\n");
    chmod_in(tree, "site", 0700);
    assert_said(
        tree, "index = page.html\n",
        "site: x.service may not enter site, mode 0700; chmod o+x site\nfiles: 1, folders: 1, findings: 1\n");
}

/* What the configuration does to some paths. */
static void test_rules(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    tree_text(tree, "site/page.html", "");
    assert_said(tree, "listing = on\n", "files: 1, folders: 1, findings: 0\n");
    assert_said(tree, "fallback = page.html\n", "files: 1, folders: 1, findings: 0\n");
    assert_said(tree, "[redirect]\n/ = /page.html\n", "files: 1, folders: 1, findings: 0\n");
    tree_text(tree, "site/hello.html", "");
    tree_text(tree, "site/old/page.html", "");
    tree_text(tree, "site/old/hello.html", "");
    assert_said(tree, "[redirect]\n/old/* = /new/*\n",
                "site/old/page.html: a redirect of the configuration answers in its place\n"
                "files: 4, folders: 2, findings: 1\n");
}

static void test_precompressed(void **state)
{
    (void)state;
    struct tree *tree = clean_site();
    tree_text(tree, "site/hello.html.br", "");
    tree_text(tree, "site/hello.html.zst", "");
    assert_said(tree, "", "files: 6, folders: 5, findings: 0\n");
    tree_text(tree, "site/alone.html.br", "");
    char *said = run_as(tree, &stranger, "", 1, NULL);
    assert_non_null(strstr(said, "site/alone.html.br: no media type belongs to this name"));
    free(said);
}

static void test_absolute_link_into_the_root(void **state)
{
    (void)state;
    struct tree *tree = clean_site();
    char *page = tree_path(tree, "site/hello.html");
    tree_link(tree, "site/absolute.html", page);
    assert_said(tree, "", "files: 5, folders: 5, findings: 0\n");
    free(page);
}

static void test_sleep(void **state)
{
    (void)state;
    struct tree *tree = clean_site();
    tree_text(tree, "site/a/sleep", "");
    tree_text(tree, "site/sleep", "");
    char *said = run_as(tree, &stranger, "", 1, NULL);
    assert_non_null(strstr(
        said, "site/sleep: /sleep is a page of the server's own; sleep = off in [server] turns it off\n"));
    assert_null(strstr(said, "site/a/sleep: /sleep"));
    free(said);
    said = run_as(tree, &stranger, "sleep = off\n", 1, NULL);
    assert_null(strstr(said, "server's own"));
    free(said);
}

/* A name of 200 bytes that are 600 in a URL, 20 folders deep. */
static void test_long_urls(void **state)
{
    (void)state;
    enum { DEPTH = 14 };
    char long_name[201], path[DEPTH * 201 + 10] = "site";
    struct tree *tree = tree_make();
    memset(long_name, '%', 200);
    long_name[200] = '\0';
    tree_text(tree, "site/hello.html", "");
    for (int i = 0; i < DEPTH; i++) {
        strcat(path, "/");
        strcat(path, long_name);
    }
    tree_folder(tree, path);
    char *said = run_as(tree, &stranger, "", 1, NULL);
    assert_non_null(
        strstr(said, ": its URL is longer than a request may be\nfiles: 1, folders: 14, findings: 1\n"));
    free(said);
}

/* The owner reads what others can't; root is stopped by nothing. */
static void test_other_eyes(void **state)
{
    (void)state;
    struct tree *tree = clean_site();
    const struct service_view owner = {.user = geteuid()}, root = {.sees_all = true};
    chmod_in(tree, "site/hello.html", 0600);
    free(run_as(tree, &owner, "", 0, NULL));
    free(run_as(tree, &stranger, "", 1, NULL));
    chmod_in(tree, "site/hello.html", 0);
    free(run_as(tree, &owner, "", 1, NULL));
    free(run_as(tree, &root, "", 0, NULL));
}

static void test_many(void **state)
{
    (void)state;
    enum { FOLDERS = 40, FILES = 25 };
    struct tree *tree = tree_make();
    tree_text(tree, "site/hello.html", "");
    for (int i = 0; i < FOLDERS * FILES; i++) {
        char *name = harness_text("site/%d/%d.%s", i % FOLDERS, i, i % 10 == 0 ? "xyzzy" : "html");
        tree_text(tree, name, "");
        free(name);
    }
    char *progress, *said;
    size_t length;
    FILE *stream = open_memstream(&progress, &length);
    said = run_as(tree, &stranger, "pool_size = 8\n", 1, stream);
    assert_int_equal(fclose(stream), 0);
    assert_non_null(strstr(said, "\nfiles: 1001, folders: 41, findings: 100\n"));
    /* In order, whichever worker found it. */
    for (char *line = said, *next; (next = strchr(line, '\n')) && strchr(next + 1, '\n'); line = next + 1)
        if (strchr(next + 1, ':') && strstr(next + 1, "xyzzy"))
            assert_true(strncmp(line, next + 1, (size_t)(next - line)) < 0);
    assert_int_equal(progress[0], '\r');
    assert_string_equal(progress + length - 4, "\r\x1b[K");
    free(said), free(progress);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_clean),         harness_test(test_findings),
        harness_test(test_folders),       harness_test(test_rules),
        harness_test(test_precompressed), harness_test(test_absolute_link_into_the_root),
        harness_test(test_root),          harness_test(test_sleep),
        harness_test(test_long_urls),     harness_test(test_other_eyes),
        harness_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
