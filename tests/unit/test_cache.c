/* The cache: what it keeps, for how long, how much of it, and for whom. */
#include "cache.h"

#include "../support/harness.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIB = 1 << 20, THREADS = 4, ROUNDS = 20000, NAMES = 50 };

#define TRUST INT64_C(1000000)

static struct cache *cache_of(size_t bytes)
{
    struct cache *cache;
    assert_int_equal(cache_new(&cache, bytes), 0);
    assert_non_null(cache);
    return cache;
}

static struct cache_key key_of(const char *path)
{
    return (struct cache_key){.path = str_of(path), .wishes = 7};
}

/* A file of that content; `version` tells it from others of the same name. */
static struct cached item_of(const char *bytes, uint32_t version)
{
    static const struct str fields[] = {STR("A: b"), STR("C: d")};
    return (struct cached){
        .representation = {.fd = -1,
                           .bytes = bytes,
                           .version = {.inode = 1, .size = strlen(bytes), .nanoseconds = version},
                           .media_type = STR("text/plain")},
        .file = "file",
        .coding = CODING_IDENTITY,
        .fields = fields,
        .field_count = 2,
        .head = STR("Content-Length: 1\r\n"),
    };
}

static void put(struct cache *cache, const char *path, const char *bytes, uint32_t version, int64_t now)
{
    const struct cache_key key = key_of(path);
    const struct cached item = item_of(bytes, version);
    const struct cached *held = cache_put(cache, &key, &item, now);
    assert_non_null(held);
    cache_release(held);
}

/* What is kept, to be freed; NULL: nothing. */
static char *get(struct cache *cache, const char *path, int64_t now)
{
    const struct cache_key key = key_of(path);
    int64_t until;
    const struct cached *held = cache_get(cache, &key, now, &until);
    char *text = held ? strndup(held->representation.bytes, held->representation.version.size) : NULL;
    cache_release(held);
    return text;
}

static void assert_kept(struct cache *cache, const char *path, const char *bytes, int64_t now)
{
    char *text = get(cache, path, now);
    assert_non_null(text);
    assert_string_equal(text, bytes);
    free(text);
}

static void it_keeps_all_of_an_item(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    const struct cache_key key = key_of("/a");
    char bytes[] = "some bytes";
    struct cached item = item_of(bytes, 1);
    cache_release(cache_put(cache, &key, &item, 0));
    memset(bytes, 'x', sizeof bytes - 1);
    int64_t until;
    const struct cached *held = cache_get(cache, &key, 1, &until);
    assert_non_null(held);
    assert_int_equal(until, TRUST);
    assert_memory_equal(held->representation.bytes, "some bytes", 10);
    assert_int_equal(held->representation.fd, -1);
    assert_string_equal(held->file, "file");
    assert_int_equal(held->field_count, 2);
    assert_memory_equal(held->fields[1].data, "C: d", 4);
    assert_true(str_equal(held->head, STR("Content-Length: 1\r\n")));
    assert_true(str_equal(held->representation.media_type, STR("text/plain")));
    cache_release(held);
    cache_free(cache);
}

static void other_paths_and_wishes_are_others(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    put(cache, "/a", "a", 1, 0);
    assert_null(get(cache, "/b", 0));
    assert_null(get(cache, "/", 0));
    const struct cache_key other = {.path = STR("/a"), .wishes = 8};
    int64_t until;
    assert_null(cache_get(cache, &other, 0, &until));
    cache_free(cache);
}

static void it_is_trusted_for_a_second(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    put(cache, "/a", "a", 1, 1000);
    assert_kept(cache, "/a", "a", 1000 + TRUST - 1);
    assert_null(get(cache, "/a", 1000 + TRUST));
    cache_free(cache);
}

static void the_same_file_is_confirmed(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    const struct cache_key key = key_of("/a");
    const struct cached same = item_of("a", 1);
    put(cache, "/a", "a", 1, 0);
    const struct cached *held =
        cache_confirm(cache, &key, &same.representation, (struct str){NULL, 0}, 2 * TRUST);
    assert_non_null(held);
    cache_release(held);
    assert_kept(cache, "/a", "a", 3 * TRUST - 1);
    assert_null(get(cache, "/a", 3 * TRUST));
    cache_free(cache);
}

/* A worker that looked long ago must not take trust away that another one has gained since. */
static void an_old_look_takes_no_trust_away(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    const struct cache_key key = key_of("/a");
    const struct cached same = item_of("a", 1);
    put(cache, "/a", "a", 1, 2 * TRUST);
    cache_release(cache_confirm(cache, &key, &same.representation, (struct str){NULL, 0}, TRUST));
    assert_kept(cache, "/a", "a", 3 * TRUST - 1);
    cache_free(cache);
}

static void another_file_is_not_confirmed(void **state)
{
    (void)state;
    struct cached others[6];
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        others[i] = item_of("a", 1);
    others[0].representation.device++;
    others[1].representation.version.inode++;
    others[2].representation.version.size++;
    others[3].representation.version.seconds++;
    others[4].representation.version.nanoseconds++;
    others[5].representation.changed.tv_nsec++;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct cache *cache = cache_of(MIB);
        const struct cache_key key = key_of("/a");
        put(cache, "/a", "a", 1, 0);
        assert_null(cache_confirm(cache, &key, &others[i].representation, (struct str){NULL, 0}, 1));
        assert_null(get(cache, "/a", 1));
        assert_int_equal(cache_bytes(cache), 0);
        cache_free(cache);
    }
}

/* As where a precompressed file has come, of which this client wants to know nothing. */
static void the_same_file_chosen_by_other_wishes_is_not_confirmed(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    const struct cache_key key = key_of("/a");
    const struct cached same = item_of("a", 1);
    put(cache, "/a", "a", 1, 0);
    assert_null(cache_confirm(cache, &key, &same.representation, STR("Accept-Encoding"), 1));
    assert_int_equal(cache_bytes(cache), 0);
    cache_free(cache);
}

static void what_is_held_outlives_its_place(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    const struct cache_key key = key_of("/a");
    put(cache, "/a", "old", 1, 0);
    int64_t until;
    const struct cached *held = cache_get(cache, &key, 0, &until);
    assert_non_null(held);
    put(cache, "/a", "new", 2, 0);
    assert_memory_equal(held->representation.bytes, "old", 3);
    assert_kept(cache, "/a", "new", 0);
    cache_release(held);
    cache_free(cache);
}

static void it_is_bounded(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    char path[32], *bytes = calloc(1, 4001);
    assert_non_null(bytes);
    memset(bytes, 'x', 4000);
    for (int i = 0; i < 10000; i++) {
        snprintf(path, sizeof path, "/%d", i);
        put(cache, path, bytes, 1, 0);
        assert_true(cache_bytes(cache) <= MIB);
    }
    assert_true(cache_bytes(cache) > MIB / 2);
    free(bytes);
    cache_free(cache);
}

/* The one that is asked for again and again stays while thousands pass through. */
static void what_is_asked_for_stays(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    char path[32], *bytes = calloc(1, 4001);
    assert_non_null(bytes);
    memset(bytes, 'x', 4000);
    put(cache, "/hot", bytes, 1, 0);
    for (int i = 0; i < 10000; i++) {
        snprintf(path, sizeof path, "/%d", i);
        put(cache, path, bytes, 1, 0);
        assert_kept(cache, "/hot", bytes, 0);
    }
    free(bytes);
    cache_free(cache);
}

static void what_is_too_large_is_handed_back_and_not_kept(void **state)
{
    (void)state;
    struct cache *cache = cache_of(16 << 10);
    char *bytes = calloc(1, 5001);
    assert_non_null(bytes);
    memset(bytes, 'x', 5000);
    const struct cache_key key = key_of("/a");
    const struct cached item = item_of(bytes, 1);
    const struct cached *held = cache_put(cache, &key, &item, 0);
    assert_non_null(held);
    assert_memory_equal(held->representation.bytes, bytes, 5000);
    assert_null(get(cache, "/a", 0));
    assert_int_equal(cache_bytes(cache), 0);
    cache_release(held);
    free(bytes);
    cache_free(cache);
}

static void without_room_there_is_none(void **state)
{
    (void)state;
    struct cache *cache;
    const struct cache_key key = key_of("/a");
    const struct cached item = item_of("a", 1);
    assert_int_equal(cache_new(&cache, 0), 0);
    assert_null(cache);
    assert_null(cache_put(cache, &key, &item, 0));
    assert_null(cache_confirm(cache, &key, &item.representation, (struct str){NULL, 0}, 0));
    int64_t until;
    assert_null(cache_get(cache, &key, 0, &until));
    assert_int_equal(cache_bytes(cache), 0);
    cache_release(NULL);
    cache_free(cache);
}

struct crowd {
    struct cache *cache;
    _Atomic unsigned wrong;
};

/* Asks, puts and confirms at random; content and version of a name always belong together. */
static void *use(void *argument)
{
    struct crowd *crowd = argument;
    unsigned random = (unsigned)(uintptr_t)&random;
    for (int i = 0; i < ROUNDS; i++) {
        char path[16], bytes[64];
        uint32_t version = (uint32_t)rand_r(&random) % 3;
        snprintf(path, sizeof path, "/%d", rand_r(&random) % NAMES);
        snprintf(bytes, sizeof bytes, "%s, version %u", path, version);
        const struct cache_key key = key_of(path);
        const struct cached item = item_of(bytes, version);
        int64_t until;
        const struct cached *held = cache_get(crowd->cache, &key, 0, &until);
        if (!held)
            held = cache_confirm(crowd->cache, &key, &item.representation, (struct str){NULL, 0}, 0);
        if (!held)
            held = cache_put(crowd->cache, &key, &item, rand_r(&random) % 2 ? 0 : -TRUST);
        snprintf(bytes, sizeof bytes, "%s, version %u", path, held->representation.version.nanoseconds);
        if (memcmp(held->representation.bytes, bytes, strlen(bytes)) != 0)
            atomic_fetch_add(&crowd->wrong, 1);
        cache_release(held);
    }
    return NULL;
}

static void many_may_use_it_at_once(void **state)
{
    (void)state;
    struct crowd crowd = {.cache = cache_of(64 << 10)};
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, &crowd), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(crowd.wrong, 0);
    cache_free(crowd.cache);
}

static void where_there_is_no_room_who_comes_again_is_kept(void **state)
{
    (void)state;
    struct cache *cache = cache_of(MIB);
    char bytes[8001], path[32];
    memset(bytes, 'x', sizeof bytes - 1);
    bytes[sizeof bytes - 1] = '\0';
    unsigned turned_away = 0;
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(path, sizeof path, "/%u", i);
        const struct cache_key key = key_of(path);
        bool admitted = cache_admits(cache, &key, sizeof bytes - 1);
        if (i < 20)
            assert_true(admitted);
        if (admitted) {
            put(cache, path, bytes, 1, 0);
            continue;
        }
        turned_away++;
        assert_true(cache_admits(cache, &key, sizeof bytes - 1));
        assert_false(cache_admits(cache, &key, sizeof bytes - 1)); /* not kept, so a stranger again */
    }
    assert_in_range(turned_away, 800, 980);
    assert_in_range(cache_bytes(cache), MIB / 2, MIB);
    assert_false(cache_admits(cache, &(struct cache_key){.path = STR("/")}, MIB));
    cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_there_is_no_room_who_comes_again_is_kept),
        cmocka_unit_test(it_keeps_all_of_an_item),
        cmocka_unit_test(other_paths_and_wishes_are_others),
        cmocka_unit_test(it_is_trusted_for_a_second),
        cmocka_unit_test(the_same_file_is_confirmed),
        cmocka_unit_test(an_old_look_takes_no_trust_away),
        cmocka_unit_test(another_file_is_not_confirmed),
        cmocka_unit_test(the_same_file_chosen_by_other_wishes_is_not_confirmed),
        cmocka_unit_test(what_is_held_outlives_its_place),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(what_is_asked_for_stays),
        cmocka_unit_test(what_is_too_large_is_handed_back_and_not_kept),
        cmocka_unit_test(without_room_there_is_none),
        cmocka_unit_test(many_may_use_it_at_once),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
