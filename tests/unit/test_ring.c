/* ring: records of many threads, each whole and each once, and none where there is no room. */
#include "ring.h"

#include "support/harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { SIZE = 4096, WRITERS = 4, RECORDS = 5000, LONGEST = 200 };

static struct ring *ring;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(ring_new(&ring, SIZE), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ring_free(ring);
    return 0;
}

#define ring_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static bool put_text(const char *first, const char *second)
{
    return ring_put(ring, first, strlen(first), second, strlen(second));
}

static void assert_next(const char *text)
{
    size_t length;
    const char *record = ring_next(ring, &length);
    assert_non_null(record);
    assert_int_equal((uintptr_t)record % 8, 0);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(record, text, length);
    ring_drop(ring);
}

static void records_come_out_as_they_went_in(void **state)
{
    (void)state;
    size_t length;
    assert_true(ring_is_empty(ring));
    assert_null(ring_next(ring, &length));
    assert_true(put_text("one", ""));
    assert_true(put_text("t", "wo"));
    assert_false(ring_is_empty(ring));
    assert_next("one");
    assert_next("two");
    assert_null(ring_next(ring, &length));
    assert_true(ring_is_empty(ring));
}

static void a_full_ring_refuses_until_there_is_room(void **state)
{
    (void)state;
    char text[LONGEST + 1] = {0};
    memset(text, 'x', LONGEST);
    unsigned n = 0;
    while (put_text(text, ""))
        n++;
    assert_true(n >= SIZE / (LONGEST + 32));
    assert_false(put_text(text, ""));
    assert_next(text);
    assert_true(put_text("", text));
    assert_false(put_text(text, ""));
    while (n-- > 0)
        assert_next(text);
    assert_true(ring_is_empty(ring));
}

/* Any length from any place: the end of the ring comes within every one of them. */
static void records_go_round_the_end(void **state)
{
    (void)state;
    char text[LONGEST + 1];
    for (unsigned i = 0; i < 20 * SIZE; i++) {
        size_t length = 1 + i * 7 % LONGEST;
        memset(text, 'a' + (int)(i % 26), length);
        text[length] = '\0';
        assert_true(put_text(text, ""));
        assert_next(text);
    }
}

struct record {
    unsigned writer, number;
};

static _Atomic unsigned refused;

static void *write_many(void *argument)
{
    unsigned writer = (unsigned)(uintptr_t)argument;
    char text[LONGEST];
    for (unsigned i = 0; i < RECORDS; i++) {
        const struct record record = {writer, i};
        size_t length = (i * 31 + writer) % LONGEST;
        memset(text, (int)(writer * 16 + i % 16), length);
        while (!ring_put(ring, &record, sizeof record, text, length)) {
            atomic_fetch_add(&refused, 1);
            sched_yield();
        }
    }
    return NULL;
}

static void check_record(const struct record *record, size_t length, unsigned *expected)
{
    assert_true(record->writer < WRITERS);
    assert_int_equal(record->number, expected[record->writer]++);
    assert_int_equal(length, sizeof *record + (record->number * 31 + record->writer) % LONGEST);
    const unsigned char *text = (const unsigned char *)(record + 1);
    for (size_t i = 0; i < length - sizeof *record; i++)
        assert_int_equal(text[i], record->writer * 16 + record->number % 16);
}

static void many_writers_lose_nothing_and_each_keeps_its_order(void **state)
{
    (void)state;
    pthread_t threads[WRITERS];
    unsigned expected[WRITERS] = {0}, left = WRITERS * RECORDS;
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, (void *)(uintptr_t)i), 0);
    while (left > 0) {
        size_t length;
        const struct record *record = ring_next(ring, &length);
        if (!record) {
            sched_yield();
            continue;
        }
        check_record(record, length, expected);
        ring_drop(ring);
        left--;
    }
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(ring_is_empty(ring));
    harness_say("%u records were refused for want of room, and tried again", atomic_load(&refused));
}

/* Of each writer one record at a time is in the ring: there is always room. */
static void *put_one_by_one(void *argument)
{
    _Atomic unsigned *taken = argument;
    for (unsigned i = 0; i < 10 * RECORDS; i++) {
        while (!ring_put(ring, &taken, sizeof taken, NULL, 0))
            atomic_fetch_add(&refused, 1);
        while (atomic_load(taken) <= i)
            sched_yield();
    }
    return NULL;
}

static void a_writer_that_comes_late_is_not_refused(void **state)
{
    (void)state;
    pthread_t threads[WRITERS];
    _Atomic unsigned taken[WRITERS] = {0};
    atomic_store(&refused, 0);
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, put_one_by_one, &taken[i]), 0);
    for (unsigned left = WRITERS * 10 * RECORDS; left > 0;) {
        size_t length;
        _Atomic unsigned *const *record = ring_next(ring, &length);
        if (!record) {
            sched_yield();
            continue;
        }
        _Atomic unsigned *writer = *record;
        ring_drop(ring);
        atomic_fetch_add(writer, 1);
        left--;
    }
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&refused), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ring_test(records_come_out_as_they_went_in),
        ring_test(a_full_ring_refuses_until_there_is_room),
        ring_test(records_go_round_the_end),
        ring_test(many_writers_lose_nothing_and_each_keeps_its_order),
        ring_test(a_writer_that_comes_late_is_not_refused),
    };
    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
