/* access_file: whole lines, come what may: a full disk, a file that can't be opened, one that is renamed. */
#include "access_file.h"

#include "event.h"
#include "log.h"
#include "log_file.h"
#include "log_limit.h"

#include "../support/fault.h"
#include "../support/harness.h"
#include "../support/logged.h"
#include "../support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE(target) "local - - [01/Jan/1970:00:00:00 +0000] \"GET " target "\" 200 0 \"-\" \"-\"\n"

static int64_t clock_shift;
static struct tree *tree;
static char *path;
static struct access_file *file;
static struct access_outcome outcome;

static int set_up(void **state)
{
    (void)state;
    fault_shift_clock(clock_shift += INT64_C(1000) * LOG_LIMIT_INTERVAL_SECONDS * 1000000);
    tree = tree_make();
    path = tree_path(tree, "access.log");
    outcome = (struct access_outcome){0};
    logged_start();
    mode_t mask = umask(0);
    int r = access_file_new(&file, path, ACCESS_COMBINED);
    umask(mask);
    return r;
}

static int tear_down(void **state)
{
    fault_clear();
    access_file_free(file);
    log_limit_tell_all();
    logged_end();
    free(path);
    return harness_teardown(state);
}

static void put(const char *target)
{
    const struct access_entry entry = {.status = 200, .cache = "none"};
    struct excerpt excerpt;
    char *head = harness_text("GET %s", target);
    excerpt_read(str_of(head), &excerpt);
    access_file_put(file, &entry, &excerpt, &outcome);
    free(head);
}

static void put_and_flush(const char *target)
{
    put(target);
    access_file_flush(file, &outcome);
}

static void assert_outcome(uint64_t written, uint64_t dropped)
{
    assert_int_equal(outcome.written, written);
    assert_int_equal(outcome.dropped, dropped);
}

static void assert_holds(const char *name, const char *text)
{
    char *where = tree_path(tree, name), *held = harness_read_file(where, NULL);
    assert_non_null(held);
    assert_string_equal(held, text);
    free(where), free(held);
}

static unsigned said(const char *text)
{
    const char *log = logged();
    unsigned times = 0;
    for (; (log = strstr(log, text)); log++)
        times++;
    return times;
}

static void lines_are_gathered_and_written_together(void **state)
{
    (void)state;
    struct stat st;
    put("/a");
    put("/b");
    assert_holds("access.log", "");
    access_file_flush(file, &outcome);
    assert_outcome(2, 0);
    assert_holds("access.log", LINE("/a") LINE("/b"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
}

static void what_has_no_room_makes_room(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    for (unsigned i = 0; i < MANY; i++)
        put("/a");
    assert_in_range(outcome.written, 1, MANY - 1);
    access_file_flush(file, &outcome);
    assert_outcome(MANY, 0);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, MANY * (sizeof LINE("/a") - 1));
}

static void a_renamed_file_is_left_at_a_reopening(void **state)
{
    (void)state;
    char *away = tree_path(tree, "access.log.1");
    put_and_flush("/a");
    assert_int_equal(rename(path, away), 0);
    put_and_flush("/b");
    put("/c");
    access_file_reopen(file, &outcome);
    put_and_flush("/d");
    assert_outcome(4, 0);
    assert_holds("access.log.1", LINE("/a") LINE("/b") LINE("/c"));
    assert_holds("access.log", LINE("/d"));
    free(away);
}

static void whoever_ended_within_a_line_gets_its_end(void **state)
{
    (void)state;
    tree_text(tree, "access.log", "half a li");
    access_file_reopen(file, &outcome);
    put_and_flush("/a");
    assert_holds("access.log", "half a li\n" LINE("/a"));
    access_file_reopen(file, &outcome);
    put_and_flush("/b");
    assert_holds("access.log", "half a li\n" LINE("/a") LINE("/b"));
}

static void what_a_write_fails_with_is_told_once_with_a_count(void **state)
{
    (void)state;
    static const int errors[] = {ENOSPC, EIO};
    uint64_t before = log_dropped();
    put_and_flush("/a");
    for (unsigned i = 0; i < 2; i++) {
        fault_set(FAULT_WRITE, 1, 3, errors[i]);
        for (unsigned flushes = 0; flushes < 3; flushes++) {
            put("/lost");
            put_and_flush("/lost");
        }
        assert_true(fault_has_struck());
        fault_clear();
        put_and_flush("/b");
    }
    assert_outcome(3, 12);
    assert_int_equal(log_dropped() - before, 12);
    assert_holds("access.log", LINE("/a") LINE("/b") LINE("/b"));
    char *line = harness_text("could not be written to %s: No space left on device (2 times)\n", path);
    assert_int_equal(said(line), 1);
    free(line);
    fault_shift_clock(clock_shift += INT64_C(1000000) * LOG_LIMIT_INTERVAL_SECONDS);
    log_limit_tell();
    assert_int_equal(said("(10 times in 1"), 1);
}

static void an_interrupted_write_is_begun_again(void **state)
{
    (void)state;
    put_and_flush("/a");
    fault_set(FAULT_WRITE, 1, 2, EINTR);
    put_and_flush("/b");
    assert_outcome(2, 0);
}

static void what_cannot_be_opened_is_tried_again(void **state)
{
    (void)state;
    access_file_reopen(file, &outcome);
    fault_set(FAULT_OPEN, 1, 2, EMFILE);
    put_and_flush("/lost");
    put_and_flush("/lost");
    put_and_flush("/a");
    assert_outcome(1, 2);
    assert_holds("access.log", LINE("/a"));
    assert_int_equal(said("Too many open files"), 1);
}

static void without_memory_there_is_none(void **state)
{
    (void)state;
    struct access_file *none;
    fault_set(FAULT_MALLOC, 1, 1, ENOMEM);
    assert_int_equal(access_file_new(&none, path, ACCESS_JSON), -ENOMEM);
}

static void limit_file_size(size_t size)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* As a disk does that becomes full: some of a line still fits. */
static void a_line_that_was_begun_is_finished(void **state)
{
    (void)state;
    enum { LENGTH = sizeof LINE("/a") - 1 };
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    limit_file_size(LENGTH + 20);
    put("/a");
    put("/b");
    put_and_flush("/c");
    assert_outcome(1, 1);
    put_and_flush("/d");
    assert_outcome(1, 2);
    limit_file_size(LENGTH + 30);
    put_and_flush("/e");
    assert_outcome(1, 3);
    limit_file_size(RLIM_INFINITY);
    put_and_flush("/f");
    signal(SIGXFSZ, before);
    assert_outcome(3, 3);
    assert_holds("access.log", LINE("/a") LINE("/b") LINE("/f"));
}

static void the_rest_of_a_line_does_not_go_into_another_file(void **state)
{
    (void)state;
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    limit_file_size(20);
    put_and_flush("/a");
    assert_outcome(0, 0);
    access_file_reopen(file, &outcome);
    assert_outcome(0, 1);
    limit_file_size(RLIM_INFINITY);
    signal(SIGXFSZ, before);
    assert_int_equal(unlink(path), 0);
    put_and_flush("/b");
    assert_outcome(1, 1);
    assert_holds("access.log", LINE("/b"));
}

static void at_the_end_the_rest_of_a_line_is_told_of(void **state)
{
    (void)state;
    uint64_t before_it = log_dropped();
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    limit_file_size(20);
    put_and_flush("/a");
    access_file_free(file);
    file = NULL;
    limit_file_size(RLIM_INFINITY);
    signal(SIGXFSZ, before);
    assert_int_equal(log_dropped() - before_it, 1);
    assert_int_equal(said("could not be written"), 1);
}

/* As while who ships the lines elsewhere starts anew. */
static void a_pipe_that_nobody_reads_is_tried_again(void **state)
{
    (void)state;
    access_file_reopen(file, &outcome);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_true(log_file_may_recover(log_file_open(path)));
    put_and_flush("/lost");
    assert_outcome(0, 1);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    put_and_flush("/a");
    assert_outcome(1, 1);
    close(reader);
}

#define file_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        file_test(lines_are_gathered_and_written_together),
        file_test(what_has_no_room_makes_room),
        file_test(a_renamed_file_is_left_at_a_reopening),
        file_test(whoever_ended_within_a_line_gets_its_end),
        file_test(what_a_write_fails_with_is_told_once_with_a_count),
        file_test(an_interrupted_write_is_begun_again),
        file_test(what_cannot_be_opened_is_tried_again),
        file_test(without_memory_there_is_none),
        file_test(a_line_that_was_begun_is_finished),
        file_test(the_rest_of_a_line_does_not_go_into_another_file),
        file_test(at_the_end_the_rest_of_a_line_is_told_of),
        file_test(a_pipe_that_nobody_reads_is_tried_again),
    };
    return cmocka_run_group_tests_name("access_file", tests, NULL, NULL);
}
