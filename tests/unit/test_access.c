/* access: from the hand of a worker to the journal, which here is a socket of the test's, read or not. */
#include "access.h"

#include "log.h"

#include "support/fake_journal.h"
#include "support/harness.h"
#include "support/logged.h"
#include "support/patience.h"
#include "support/tree.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

enum { WRITERS = 4, MANY = 2000 };
enum { SECOND = 1000000 };

static struct access *access_log;
static struct access_options options;

static int set_up(void **state)
{
    (void)state;
    options = (struct access_options){
        .mode = ACCESS_ON, .client_errors = LOG_INFO, .writers = WRITERS, .journal = fake_journal_start()};
    return 0;
}

static int tear_down(void **state)
{
    access_end(access_log);
    access_log = NULL;
    fake_journal_end();
    logged_end();
    log_set_level(LOG_INFO);
    return harness_teardown(state);
}

#define access_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static void start(void)
{
    assert_int_equal(access_open(&access_log, &options), 0);
    assert_int_equal(access_start(access_log), 0);
}

static struct access_entry entry_of(unsigned status, unsigned worker)
{
    return (struct access_entry){
        .duration_usec = 50,
        .bytes = 5,
        .connection = 1,
        .cache = "none",
        .request = 1,
        .status = (uint16_t)status,
        .worker = (uint16_t)worker,
    };
}

/* As whoever has answered. */
static void hand_over(const struct access_entry *entry, struct str head, int64_t now_nsec)
{
    const struct access_brief brief = {
        .bytes = entry->bytes,
        .duration_usec = entry->duration_usec,
        .status = entry->status,
        .worker = entry->worker,
        .cut = entry->cut,
    };
    if (access_admits(access_log, &brief, head, now_nsec))
        access_submit(access_log, entry, head);
}

static void submit_at(unsigned status, const char *target, int64_t now_nsec)
{
    struct access_entry entry = entry_of(status, 0);
    char *head = harness_text("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
    hand_over(&entry, str_of(head), now_nsec);
    free(head);
}

static void expect_target(const char *target)
{
    char *line = harness_text("HTTP_TARGET=%s", target);
    fake_journal_entry();
    fake_journal_expect(line);
    free(line);
}

/* Reads sums until they come to so many requests; more than one where the second was over in between. */
static void expect_sums(unsigned long long requests)
{
    for (unsigned long long sum = 0, count; sum < requests; sum += count) {
        const char *entry = strstr(fake_journal_entry(), "\nACCESS_REQUESTS=");
        assert_non_null(entry);
        assert_int_equal(sscanf(entry, "\nACCESS_REQUESTS=%llu\n", &count), 1);
        assert_true(count <= requests - sum);
    }
    fake_journal_expect("ACCESS_SLOWEST_USEC=50");
    fake_journal_expect("PRIORITY=6");
    fake_journal_expect_none("HTTP_STATUS");
}

static void assert_totals(uint64_t written, uint64_t summed, uint64_t dropped)
{
    struct access_totals totals = access_totals(access_log);
    assert_int_equal(totals.written, written);
    assert_int_equal(totals.summed, summed);
    assert_int_equal(totals.dropped, dropped);
}

static void an_entry_gets_there_by_itself(void **state)
{
    (void)state;
    start();
    submit_at(200, "/one", 0);
    expect_target("/one");
    fake_journal_expect("PRIORITY=6");
    fake_journal_expect("HTTP_STATUS=200");
    fake_journal_expect("HTTP_HOST=x");
    submit_at(503, "/two", 0);
    expect_target("/two");
    fake_journal_expect("PRIORITY=4");
    access_flush(access_log, PATIENCE_MS * 1000);
    assert_totals(2, 0, 0);
}

static void errors_are_those_and_what_was_cut(void **state)
{
    (void)state;
    options.mode = ACCESS_ERRORS;
    options.client_errors = LOG_NOTICE;
    start();
    submit_at(200, "/fine", 0);
    submit_at(304, "/fine", 0);
    submit_at(404, "/missing", 0);
    expect_target("/missing");
    fake_journal_expect("PRIORITY=5");
    struct access_entry cut = entry_of(200, 0);
    cut.cut = true;
    cut.close_reason = "send_timeout";
    hand_over(&cut, STR("GET /cut HTTP/1.1"), 0);
    expect_target("/cut");
    fake_journal_expect("CLOSE_REASON=send_timeout");
    access_flush(access_log, PATIENCE_MS * 1000);
    assert_false(fake_journal_has_entry());
}

static void what_the_level_leaves_out_is_not_counted_either(void **state)
{
    (void)state;
    log_set_level(LOG_WARNING);
    options.rate = 1;
    start();
    for (unsigned i = 0; i < 10; i++)
        submit_at(200, "/", 0);
    submit_at(500, "/broken", 0);
    access_flush(access_log, PATIENCE_MS * 1000);
    expect_target("/broken");
    fake_journal_expect("PRIORITY=3");
    assert_false(fake_journal_has_entry());
    assert_totals(1, 0, 0);
}

static void above_the_rate_a_sum_stands_for_all(void **state)
{
    (void)state;
    options.rate = 2;
    start();
    for (unsigned i = 0; i < 4 + MANY; i++)
        submit_at(i % 2 ? 404 : 200, "/", SECOND);
    for (unsigned i = 0; i < 4; i++)
        expect_target("/");
    /* Nobody asks for it: it comes when its second is over. */
    expect_sums(MANY);
    access_flush(access_log, PATIENCE_MS * 1000);
    assert_totals(4, MANY, 0);
    assert_false(fake_journal_has_entry());
    submit_at(200, "/later", 100 * (int64_t)SECOND * 1000);
    expect_target("/later");
}

static void a_flush_and_the_end_tell_what_is_counted(void **state)
{
    (void)state;
    options.rate = 1;
    start();
    for (unsigned i = 0; i < 5; i++)
        submit_at(200, "/", 0);
    access_flush(access_log, PATIENCE_MS * 1000);
    assert_totals(2, 3, 0);
    for (unsigned i = 0; i < 7; i++)
        submit_at(200, "/", 0);
    access_end(access_log);
    access_log = NULL;
    expect_target("/");
    expect_target("/");
    expect_sums(3);
    expect_sums(7);
    assert_false(fake_journal_has_entry());
}

/* Where a start has failed, and clients were cut short. */
static void the_end_writes_also_what_no_logger_has_seen(void **state)
{
    (void)state;
    assert_int_equal(access_open(&access_log, &options), 0);
    submit_at(200, "/first", 0);
    submit_at(200, "/second", 0);
    access_end(access_log);
    access_log = NULL;
    expect_target("/first");
    expect_target("/second");
    assert_false(fake_journal_has_entry());
}

/* Reads the next entry for that target, and on the way how many entries are said to be missing. */
static void read_next(const char *target, uint64_t *missing)
{
    unsigned long long count;
    while (sscanf(fake_journal_entry(), "MESSAGE=%llu access entries are missing here", &count) == 1)
        *missing += count;
    char *line = harness_text("HTTP_TARGET=%s", target);
    fake_journal_expect(line);
    free(line);
}

/* Nobody reads: the queue of the socket is full soon, and then the ring. */
static void a_journal_that_stands_still_holds_nobody_up(void **state)
{
    (void)state;
    enum { FLOOD = 50000 };
    uint64_t before = log_dropped(), missing = 0;
    start();
    int64_t began = patience_now();
    for (unsigned i = 0; i < FLOOD; i++)
        submit_at(200, "/flood", 0);
    harness_say("%d entries handed over in %lld ms while nobody read them", FLOOD,
                (long long)(patience_now() - began) / 1000);
    access_flush(access_log, PATIENCE_MS * 1000);
    struct access_totals totals = access_totals(access_log);
    assert_int_equal(totals.written + totals.dropped, FLOOD);
    assert_true(totals.written < FLOOD && totals.dropped > 0);
    assert_int_equal(log_dropped() - before, totals.dropped);
    for (uint64_t i = 0; i < totals.written; i++)
        read_next("/flood", &missing);
    /* It goes on, and says what is missing, at the latest behind the first entry that gets through. */
    submit_at(200, "/after", 0);
    read_next("/after", &missing);
    submit_at(200, "/end", 0);
    read_next("/end", &missing);
    assert_int_equal(missing, totals.dropped);
}

static void without_a_journal_entries_are_dropped_and_counted(void **state)
{
    (void)state;
    fake_journal_end();
    options.journal = "/nonexistent/journal";
    start();
    for (unsigned i = 0; i < 3; i++)
        submit_at(200, "/", 0);
    access_flush(access_log, PATIENCE_MS * 1000);
    assert_totals(0, 0, 3);
}

static void elsewhere_entries_are_lines_of_the_log(void **state)
{
    (void)state;
    logged_start();
    options.journal = NULL;
    options.rate = 1;
    start();
    for (unsigned i = 0; i < 3; i++)
        submit_at(200, "/page", 0);
    access_flush(access_log, PATIENCE_MS * 1000);
    const char *log = logged();
    assert_non_null(strstr(log, "\"GET /page HTTP/1.1\" 200 5 \"-\" \"-\"\n"));
    assert_non_null(strstr(log, "1 more request, not written, in "));
}

static unsigned lines_of(const char *text)
{
    unsigned lines = 0;
    for (; (text = strchr(text, '\n')); text++)
        lines++;
    return lines;
}

/* Neither rate nor level keep an entry from it; what the ring has no room for is counted. */
static void a_file_gets_them_all(void **state)
{
    (void)state;
    enum { FLOOD = 50000 };
    struct tree *tree = tree_make();
    char *path = tree_path(tree, "access.log");
    logged_start();
    log_set_level(LOG_ERR);
    options.mode = ACCESS_FILE;
    options.rate = 1;
    options.file = path;
    options.format = ACCESS_JSON;
    start();
    for (unsigned i = 0; i < FLOOD; i++)
        submit_at(200, "/flood", 0);
    assert_int_equal(access_flush(access_log, PATIENCE_MS * 1000), 0);
    struct access_totals totals = access_totals(access_log);
    assert_int_equal(totals.written + totals.dropped, FLOOD);
    assert_int_equal(totals.summed, 0);
    assert_true(totals.written > FLOOD / 10);
    char *text = harness_read_file(path, NULL);
    assert_int_equal(lines_of(text), totals.written);
    assert_memory_equal(text, "{\"time\": \"1970-01-01T00:00:00Z\", ", 33);
    free(text);
    assert_int_equal(unlink(path), 0);
    access_reopen(access_log);
    submit_at(404, "/after", 0);
    access_end(access_log);
    access_log = NULL;
    text = harness_read_file(path, NULL);
    assert_int_equal(lines_of(text), 1);
    assert_non_null(strstr(text, "\"http_target\": \"/after\""));
    free(text), free(path);
}

static void counts_go_on_from_where_they_were(void **state)
{
    (void)state;
    start();
    access_carry_on(access_log, &(struct access_totals){.written = 10, .summed = 20, .dropped = 30});
    submit_at(200, "/", 0);
    access_flush(access_log, PATIENCE_MS * 1000);
    assert_totals(11, 20, 30);
    access_end(access_log);
    access_log = NULL;
    assert_totals(0, 0, 0);
}

static void *submit_many(void *argument)
{
    unsigned worker = (unsigned)(uintptr_t)argument;
    struct access_entry entry = entry_of(200, worker);
    for (unsigned i = 0; i < MANY; i++)
        hand_over(&entry, STR("GET /many HTTP/1.1\r\n\r\n"), i * (int64_t)SECOND);
    return NULL;
}

/* Some of them above the rate, some not; the sum is right whatever comes between. */
static void workers_hand_over_at_once(void **state)
{
    (void)state;
    logged_start();
    options.journal = NULL;
    options.rate = 100;
    pthread_t threads[WRITERS];
    start();
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, (void *)(uintptr_t)i), 0);
    access_flush(access_log, PATIENCE_MS * 1000);
    for (unsigned i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    access_flush(access_log, PATIENCE_MS * 1000);
    struct access_totals totals = access_totals(access_log);
    assert_int_equal(totals.written + totals.summed + totals.dropped, WRITERS * MANY);
    assert_true(totals.written >= 200 && totals.summed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        access_test(an_entry_gets_there_by_itself),
        access_test(errors_are_those_and_what_was_cut),
        access_test(what_the_level_leaves_out_is_not_counted_either),
        access_test(above_the_rate_a_sum_stands_for_all),
        access_test(a_flush_and_the_end_tell_what_is_counted),
        access_test(the_end_writes_also_what_no_logger_has_seen),
        access_test(a_journal_that_stands_still_holds_nobody_up),
        access_test(without_a_journal_entries_are_dropped_and_counted),
        access_test(elsewhere_entries_are_lines_of_the_log),
        access_test(a_file_gets_them_all),
        access_test(counts_go_on_from_where_they_were),
        access_test(workers_hand_over_at_once),
    };
    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
