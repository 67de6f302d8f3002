/* lookup: the file system by way of the cache, while files change. */
#include "lookup.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE = REPRESENTATION_LITTLE + 1, READERS = 3, CHANGES = 300 };

#define SECOND INT64_C(1000000)

static struct fixture {
    struct tree *tree;
    struct document_root root;
    struct rules rules;
    struct cache *cache;
    struct moment now;
    struct recent recent;
    struct siblings siblings;
    struct lookup lookup;
} f;

static int set_up(void **state)
{
    (void)state;
    static const char *const index[] = {"index.html", NULL};
    f = (struct fixture){.tree = tree_make(), .rules = {.precompressed = true}};
    tree_text(f.tree, "a.txt", "a");
    tree_text(f.tree, "index.html", "index");
    tree_noise(f.tree, "large", LARGE, 1);
    assert_int_equal(document_root_open(tree_root(f.tree), index, "/nonexistent", &f.root), 0);
    assert_int_equal(cache_new(&f.cache, 1 << 20), 0);
    /* Everything happened some seconds ago. */
    f.now = (struct moment){.usec = SECOND, .second = time(NULL) + 5};
    f.lookup = (struct lookup){&f.root, &f.rules, f.cache, &f.now, &f.recent, &f.siblings};
    return 0;
}

static int tear_down(void **state)
{
    recent_forget(&f.recent);
    cache_free(f.cache);
    document_root_close(&f.root);
    return harness_teardown(state);
}

static struct target target_of(const char *path)
{
    return (struct target){.path = str_of(path), .folder = !*path};
}

static void look(const char *path, struct found *ret)
{
    const struct target target = target_of(path);
    lookup_target(&f.lookup, &target, &(struct wishes){0}, ret);
}

/* The content, or "STATUS" where there is none; to be freed. */
static char *content_of(const struct found *found)
{
    const struct representation *representation = &found->resolution.representation;
    if (found->resolution.status != 200)
        return harness_text("%u", found->resolution.status);
    char *text = calloc(1, representation->version.size + 1);
    assert_non_null(text);
    if (representation->bytes)
        memcpy(text, representation->bytes, representation->version.size);
    else if (representation_read(representation, 0, representation->version.size, text) < 0)
        strcpy(text, "short");
    return text;
}

static void assert_found(const char *path, enum cache_use use, const char *content)
{
    struct found found;
    look(path, &found);
    char *text = content_of(&found);
    assert_string_equal(text, content);
    assert_int_equal(found.use, use);
    free(text);
    lookup_end(&f.lookup, &found);
}

static void the_second_look_is_spared(void **state)
{
    (void)state;
    assert_found("a.txt", CACHE_MISS, "a");
    assert_found("a.txt", CACHE_HIT, "a");
    assert_found("", CACHE_MISS, "index");
    assert_found("", CACHE_HIT, "index");
}

static void the_cache_hears_of_every_look(void **state)
{
    (void)state;
    struct cache_popular popular;
    assert_found("a.txt", CACHE_MISS, "a");
    for (int i = 0; i < 5; i++)
        assert_found("a.txt", CACHE_HIT, "a"); /* at hand */
    f.now.usec += SECOND;
    assert_found("a.txt", CACHE_MISS, "a"); /* confirmed */
    assert_found("", CACHE_MISS, "index");
    assert_found("a.txt", CACHE_HIT, "a"); /* not at hand */
    assert_int_equal(cache_busiest(f.cache, &popular, 1), 1);
    assert_true(str_equal(popular.path, STR("/a.txt")));
    assert_int_equal(popular.requests, 8);
    cache_release(popular.held);
}

static void what_was_found_last_is_at_hand(void **state)
{
    (void)state;
    assert_found("a.txt", CACHE_MISS, "a");
    f.lookup.cache = NULL;
    f.now.usec += SECOND - 1;
    assert_found("a.txt", CACHE_HIT, "a");
    f.now.usec += 1;
    assert_found("a.txt", CACHE_MISS, "a");
    f.lookup.cache = f.cache;
    assert_found("a.txt", CACHE_MISS, "a");
    assert_found("", CACHE_MISS, "index");
    f.lookup.cache = NULL;
    assert_found("a.txt", CACHE_MISS, "a");
}

/* Two looks at once, as for a page and for an error page meanwhile. */
static void two_looks_do_not_mix(void **state)
{
    (void)state;
    struct found outer;
    assert_found("a.txt", CACHE_MISS, "a");
    look("a.txt", &outer);
    assert_int_equal(outer.use, CACHE_HIT);
    assert_found("", CACHE_MISS, "index");
    assert_found("a.txt", CACHE_HIT, "a");
    char *text = content_of(&outer);
    assert_string_equal(text, "a");
    free(text);
    lookup_end(&f.lookup, &outer);
    assert_found("a.txt", CACHE_HIT, "a");
}

static void what_does_not_exist_is_not_kept(void **state)
{
    (void)state;
    char path[16];
    for (int i = 0; i < 10000; i++) {
        snprintf(path, sizeof path, "none%d", i);
        assert_found(path, CACHE_UNUSED, "404");
    }
    assert_int_equal(cache_bytes(f.cache), 0);
}

static void a_replaced_file_is_seen_a_second_later(void **state)
{
    (void)state;
    assert_found("a.txt", CACHE_MISS, "a");
    tree_text(f.tree, "b.txt", "b");
    char *from = tree_path(f.tree, "b.txt"), *to = tree_path(f.tree, "a.txt");
    assert_int_equal(rename(from, to), 0);
    f.now.usec += SECOND - 1;
    assert_found("a.txt", CACHE_HIT, "a");
    f.now.usec += 1;
    assert_found("a.txt", CACHE_MISS, "b");
    assert_found("a.txt", CACHE_HIT, "b");
    free(from);
    free(to);
}

/* Even one that is given the size and the time of the old content. */
static void a_file_written_over_is_seen(void **state)
{
    (void)state;
    tree_set_time(f.tree, "a.txt", 784111777);
    assert_found("a.txt", CACHE_MISS, "a");
    tree_text(f.tree, "a.txt", "b");
    tree_set_time(f.tree, "a.txt", 784111777);
    f.now.usec += SECOND;
    assert_found("a.txt", CACHE_MISS, "b");
}

static void one_removed_or_closed_is_seen(void **state)
{
    (void)state;
    assert_found("a.txt", CACHE_MISS, "a");
    assert_found("", CACHE_MISS, "index");
    char *path = tree_path(f.tree, "a.txt");
    assert_int_equal(unlink(path), 0);
    free(path);
    f.now.usec += SECOND;
    assert_found("a.txt", CACHE_UNUSED, "404");
    if (geteuid() != 0) {
        path = tree_path(f.tree, "index.html");
        assert_int_equal(chmod(path, 0), 0);
        free(path);
        assert_found("", CACHE_UNUSED, "403");
    } else {
        harness_say_skipped("a file nobody may read", "root reads all");
    }
}

static void an_unchanged_file_is_confirmed(void **state)
{
    (void)state;
    struct found first, second;
    look("a.txt", &first);
    f.now.usec += 10 * SECOND;
    look("a.txt", &second);
    assert_int_equal(second.use, CACHE_MISS);
    assert_ptr_equal(first.kept.held, second.kept.held);
    lookup_end(&f.lookup, &first);
    lookup_end(&f.lookup, &second);
    assert_found("a.txt", CACHE_HIT, "a");
}

/* A change within the second of the last one may leave no trace. */
static void a_file_of_this_second_is_not_kept(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(stat(tree_root(f.tree), &st), 0);
    char *path = tree_path(f.tree, "a.txt");
    assert_int_equal(stat(path, &st), 0);
    free(path);
    f.now.second = st.st_mtim.tv_sec;
    assert_found("a.txt", CACHE_MISS, "a");
    assert_found("a.txt", CACHE_MISS, "a");
    assert_int_equal(cache_bytes(f.cache), 0);
    f.now.second++;
    assert_found("a.txt", CACHE_MISS, "a");
    assert_found("a.txt", CACHE_HIT, "a");
}

static void of_a_large_file_the_place_is_kept(void **state)
{
    (void)state;
    struct found found;
    for (int i = 0; i < 2; i++) {
        look("large", &found);
        assert_int_equal(found.resolution.status, 200);
        assert_int_equal(found.use, i == 0 ? CACHE_MISS : CACHE_HIT);
        assert_null(found.resolution.representation.bytes);
        assert_true(found.resolution.representation.fd >= 0);
        assert_true(found.head.length > 0);
        lookup_end(&f.lookup, &found);
    }
    assert_true(cache_bytes(f.cache) < 4096);
}

/* What is sent is what was opened, whatever was kept. */
static void a_large_file_is_never_outdated(void **state)
{
    (void)state;
    struct found found;
    look("large", &found);
    lookup_end(&f.lookup, &found);
    tree_noise(f.tree, "large", 2 * LARGE, 2);
    look("large", &found);
    assert_int_equal(found.use, CACHE_MISS);
    assert_int_equal(found.resolution.representation.version.size, 2 * LARGE);
    lookup_end(&f.lookup, &found);
}

static void codings_are_kept_apart(void **state)
{
    (void)state;
    static const struct wishes gzip = {.accept_encoding = STR("gzip")},
                               all = {.accept_encoding = STR("br, gzip")};
    const struct target target = target_of("a.txt");
    struct found found;
    tree_text(f.tree, "a.txt.gz", "zipped");
    for (int i = 0; i < 2; i++) {
        lookup_target(&f.lookup, &target, &gzip, &found);
        assert_int_equal(found.resolution.coding, CODING_GZIP);
        assert_int_equal(found.use, i == 0 ? CACHE_MISS : CACHE_HIT);
        lookup_end(&f.lookup, &found);
        lookup_target(&f.lookup, &target, &all, &found);
        assert_int_equal(found.resolution.coding, CODING_GZIP);
        lookup_end(&f.lookup, &found);
        assert_found("a.txt", i == 0 ? CACHE_MISS : CACHE_HIT, "a");
    }
}

/* What wasn't there may be a second later; of others nothing is known. */
static void what_was_absent_is_so_for_a_second(void **state)
{
    (void)state;
    struct found found;
    assert_found("new.txt", CACHE_UNUSED, "404");
    assert_int_equal(lookup_file(&f.lookup, "new.txt", &found), 404);
    tree_text(f.tree, "new.txt", "new");
    tree_text(f.tree, "other.txt", "other");
    f.now.usec += SECOND - 1;
    assert_found("new.txt", CACHE_UNUSED, "404");
    assert_int_equal(lookup_file(&f.lookup, "new.txt", &found), 404);
    assert_found("other.txt", CACHE_MISS, "other");
    f.now.usec += 1;
    assert_int_equal(lookup_file(&f.lookup, "new.txt", &found), 200);
    lookup_end(&f.lookup, &found);
    assert_found("new.txt", CACHE_MISS, "new");
}

static void without_a_cache_nothing_is_known_to_be_absent(void **state)
{
    (void)state;
    f.lookup.cache = NULL;
    assert_found("new.txt", CACHE_UNUSED, "404");
    tree_text(f.tree, "new.txt", "new");
    assert_found("new.txt", CACHE_MISS, "new");
}

static void a_page_is_no_target(void **state)
{
    (void)state;
    struct found found;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(lookup_file(&f.lookup, "a.txt", &found), 200);
        assert_int_equal(found.use, i == 0 ? CACHE_MISS : CACHE_HIT);
        lookup_end(&f.lookup, &found);
    }
    assert_int_equal(lookup_file(&f.lookup, "none.html", &found), 404);
    assert_found("a.txt", CACHE_MISS, "a");
}

/* A file whose content tells that it is whole: one letter, and its own length. */
static void write_version(unsigned version)
{
    char text[512];
    size_t length = 1 + version % 500;
    memset(text, 'a' + (int)(version % 26), length);
    text[length] = '\0';
    tree_text(f.tree, "next", text);
    char *from = tree_path(f.tree, "next"), *to = tree_path(f.tree, "busy");
    assert_int_equal(rename(from, to), 0);
    free(from);
    free(to);
}

static _Atomic bool done;
static _Atomic unsigned mixed;

static void *read_always(void *argument)
{
    struct moment now = *(struct moment *)argument;
    struct recent recent = {0};
    struct siblings siblings = {0};
    const struct lookup lookup = {&f.root, &f.rules, f.cache, &now, &recent, &siblings};
    const struct target target = target_of("busy");
    while (!done) {
        struct found found;
        now.usec += SECOND / 10;
        lookup_target(&lookup, &target, &(struct wishes){0}, &found);
        const struct representation *r = &found.resolution.representation;
        if (found.resolution.status != 200 || !r->bytes)
            atomic_fetch_add(&mixed, 1);
        for (size_t i = 1; r->bytes && i < r->version.size; i++)
            if (r->bytes[i] != r->bytes[0])
                atomic_fetch_add(&mixed, 1);
        lookup_end(&lookup, &found);
    }
    recent_forget(&recent);
    return NULL;
}

static void nobody_sees_a_mix_of_two_versions(void **state)
{
    (void)state;
    pthread_t readers[READERS];
    done = false;
    mixed = 0;
    f.now.second += 1000;
    write_version(0);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_always, &f.now), 0);
    for (unsigned i = 1; i < CHANGES; i++)
        write_version(i);
    done = true;
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    assert_int_equal(mixed, 0);
}

/* Where its folder had none, the look for siblings is left out; one that comes shows in time all the same. */
static void a_sibling_that_comes_is_seen_within_a_second(void **state)
{
    (void)state;
    const struct target target = target_of("a.txt");
    const struct wishes wishes = {.accept_encoding = STR("gzip")};
    struct found found;
    f.now.usec = 100 * SECOND;
    for (unsigned i = 0; i < 20; i++) {
        lookup_target(&f.lookup, &target, &wishes, &found);
        assert_int_equal(found.resolution.coding, CODING_IDENTITY);
        lookup_end(&f.lookup, &found);
        f.now.usec += SECOND / 7;
    }
    tree_await_tick();
    tree_text(f.tree, "a.txt.gz", "packed");
    f.now.usec += SECOND;
    lookup_target(&f.lookup, &target, &wishes, &found);
    assert_int_equal(found.resolution.coding, CODING_GZIP);
    lookup_end(&f.lookup, &found);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_second_look_is_spared),
        TEST(a_sibling_that_comes_is_seen_within_a_second),
        TEST(the_cache_hears_of_every_look),
        TEST(what_was_found_last_is_at_hand),
        TEST(two_looks_do_not_mix),
        TEST(what_does_not_exist_is_not_kept),
        TEST(a_replaced_file_is_seen_a_second_later),
        TEST(a_file_written_over_is_seen),
        TEST(one_removed_or_closed_is_seen),
        TEST(an_unchanged_file_is_confirmed),
        TEST(a_file_of_this_second_is_not_kept),
        TEST(of_a_large_file_the_place_is_kept),
        TEST(a_large_file_is_never_outdated),
        TEST(codings_are_kept_apart),
        TEST(what_was_absent_is_so_for_a_second),
        TEST(without_a_cache_nothing_is_known_to_be_absent),
        TEST(a_page_is_no_target),
        TEST(nobody_sees_a_mix_of_two_versions),
    };
    return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
