/* folder: which names are listed, and the bounds of a listing. */
#include "folder.h"

#include "support/harness.h"
#include "support/tree.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tree *tree;
static struct document_root root;
static char content[FOLDER_PAGE_MAX + 1];

static int set_up(void **state)
{
    (void)state;
    struct tree *outside = tree_make();
    tree_text(outside, "secret", "secret");
    tree = tree_make();
    tree_text(tree, "f/b.txt", "bb");
    tree_text(tree, "f/a.txt", "a");
    tree_text(tree, "f/sub/deep", "");
    tree_text(tree, "f/.hidden", "");
    tree_text(tree, "f/.well-known/x", "");
    tree_text(tree, "f/line\nbreak", "");
    tree_fifo(tree, "f/fifo");
    tree_link(tree, "f/in", "b.txt");
    tree_link(tree, "f/up", "../f/sub");
    tree_link(tree, "f/none", "nothing");
    tree_link(tree, "f/round", "round");
    char *secret = tree_path(outside, "secret"), *deep = tree_path(tree, "f/sub/deep");
    tree_link(tree, "f/out", secret);
    tree_link(tree, "f/absolute", deep);
    free(secret), free(deep);
    tree_folder(tree, "empty");
    tree_set_times(tree, 784111777);
    return document_root_open(tree_root(tree), NULL, "/nonexistent", &root);
}

static int tear_down(void **state)
{
    (void)state;
    document_root_close(&root);
    tree_remove_all();
    return 0;
}

static const char *list(const char *path, enum listing_form form)
{
    struct representation page;
    assert_int_equal(folder_list(&root, path, form, &page), 200);
    assert_true(page.version.size < sizeof content);
    assert_int_equal(page.version.seconds, 0);
    assert_true(str_equal(page.media_type, listing_media_type(form)));
    struct stat st;
    assert_int_equal(fstat(page.fd, &st), 0);
    assert_int_equal(st.st_size, page.version.size);
    assert_int_equal(pread(page.fd, content, sizeof content, 0), page.version.size);
    content[page.version.size] = '\0';
    representation_close(&page);
    return content;
}

static void what_is_served_is_listed(void **state)
{
    (void)state;
    assert_string_equal(list("f", LISTING_TEXT), "sub/\nup/\na.txt\nabsolute\nb.txt\nin\nline%0Abreak\n");
    assert_string_equal(list("", LISTING_TEXT), "empty/\nf/\n");
    assert_string_equal(list("f/up", LISTING_TEXT), "deep\n");
    assert_string_equal(list("empty", LISTING_TEXT), "");
    assert_non_null(strstr(list("f", LISTING_JSON),
                           "{\"name\": \"in\", \"href\": \"./in\", \"type\": \"file\", "
                           "\"size\": 2, \"modified\": \"1994-11-06T08:49:37Z\"}"));
    assert_non_null(strstr(list("f", LISTING_HTML), "<title>/f/</title>"));
}

static void what_is_no_folder_is_not_listed(void **state)
{
    (void)state;
    struct representation page;
    static const char *const paths[] = {"none", "f/a.txt", "f/fifo", "f/out", "..", "f/round"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(folder_list(&root, paths[i], LISTING_HTML, &page), 404);
        assert_int_equal(page.fd, -1);
    }
    char *path = tree_path(tree, "empty");
    uid_t user = geteuid();
    assert_int_equal(chmod(tree_root(tree), 0755), 0);
    assert_int_equal(chmod(path, 0711), 0);
    assert_int_equal(user == 0 ? seteuid(65534) : 0, 0);
    unsigned status = folder_list(&root, "empty", LISTING_HTML, &page);
    assert_int_equal(user == 0 ? seteuid(0) : 0, 0);
    assert_int_equal(status, 403);
    free(path);
}

static void make_many(unsigned count)
{
    char name[LISTING_NAME_MAX + 1];
    char *path = tree_path(tree, "empty");
    int folder = open(path, O_DIRECTORY | O_CLOEXEC);
    assert_true(folder >= 0);
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%0240u", i);
        assert_int_equal(mknodat(folder, name, S_IFREG | 0644, 0), 0);
    }
    close(folder);
    free(path);
}

static unsigned lines_of(const char *text)
{
    unsigned lines = 0;
    for (; (text = strchr(text, '\n')); text++)
        lines++;
    return lines;
}

static void a_listing_has_an_end(void **state)
{
    (void)state;
    make_many(FOLDER_NAMES_MAX + 1);
    const char *text = list("empty", LISTING_TEXT);
    unsigned lines = lines_of(text);
    assert_in_range(lines, 8000, FOLDER_NAMES_MAX); /* the page is full before the names are */
    char *last = harness_text("\n# There is more in this folder than the %u names shown.\n", lines - 1);
    assert_non_null(strstr(text, last));
    free(last);
    assert_non_null(strstr(list("empty", LISTING_JSON), "\"complete\": false}"));
    assert_non_null(strstr(list("empty", LISTING_HTML), "There is more in this folder"));
}

static void large_listings_are_counted_while_they_live(void **state)
{
    (void)state;
    struct representation pages[FOLDER_PAGES_MAX], page;
    make_many(100);
    for (unsigned i = 0; i < FOLDER_PAGES_MAX; i++)
        assert_int_equal(folder_list(&root, "empty", LISTING_TEXT, &pages[i]), 200);
    assert_true(pages[0].version.size > FOLDER_PAGE_SMALL);
    assert_int_equal(folder_list(&root, "empty", LISTING_TEXT, &page), 503);
    assert_int_equal(page.fd, -1);
    assert_int_equal(folder_list(&root, "f", LISTING_TEXT, &page), 200);
    representation_close(&page);
    representation_close(&pages[7]);
    /* Another file may get the number of the one that was closed. */
    int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(folder_list(&root, "empty", LISTING_TEXT, &pages[7]), 200);
    assert_int_equal(folder_list(&root, "empty", LISTING_TEXT, &page), 503);
    close(other);
    for (unsigned i = 0; i < FOLDER_PAGES_MAX; i++)
        representation_close(&pages[i]);
}

static void *list_often(void *refused)
{
    struct representation page;
    for (unsigned i = 0; i < 5; i++) {
        unsigned status = folder_list(&root, "empty", LISTING_TEXT, &page);
        if (status == 503)
            ++*(unsigned *)refused;
        else if (status != 200)
            return refused;
        representation_close(&page);
    }
    return NULL;
}

/* Whoever comes while others read large folders is sent away; and all that is taken is given back. */
static void many_may_ask_at_a_time(void **state)
{
    (void)state;
    pthread_t threads[6];
    unsigned refused[6] = {0}, all = 0;
    struct representation page;
    make_many(3000);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, list_often, &refused[i]), 0);
    for (unsigned i = 0; i < 6; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
        all += refused[i];
    }
    harness_say("%u of 30 listings of 3000 names refused", all);
    assert_true(all < 30);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(folder_list(&root, "empty", LISTING_TEXT, &page), 200);
        representation_close(&page);
    }
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(what_is_served_is_listed), row(what_is_no_folder_is_not_listed),
        row(a_listing_has_an_end),     row(large_listings_are_counted_while_they_live),
        row(many_may_ask_at_a_time),
    };
    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
