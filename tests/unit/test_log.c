/* The log: one line an entry whatever is in it, with a priority where the journal reads it. */
#include "log.h"

#include "../support/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int stderr_before, reader;
static char text[16384];

static int set_up(void **state)
{
    (void)state;
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    reader = fds[0];
    stderr_before = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    unsetenv("JOURNAL_STREAM");
    log_open();
    log_set_level(LOG_INFO);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    close(reader);
    return 0;
}

static const char *logged(void)
{
    ssize_t n = read(reader, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void name_stream(long delta)
{
    char stream[64];
    struct stat st;
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof stream, "%lu:%lu", (unsigned long)st.st_dev,
             (unsigned long)st.st_ino + (unsigned long)delta);
    assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
    log_open();
}

static void an_entry_is_a_plain_line(void **state)
{
    (void)state;
    errno = EBADF;
    log_warning("%d things", 3);
    assert_int_equal(errno, EBADF);
    assert_string_equal(logged(), "3 things\n");
}

static void the_journal_gets_the_priority(void **state)
{
    (void)state;
    name_stream(0);
    log_error("a");
    log_info("b");
    assert_string_equal(logged(), "<3>a\n<6>b\n");
}

static void another_stream_is_not_the_journal(void **state)
{
    (void)state;
    name_stream(1);
    log_error("a");
    assert_string_equal(logged(), "a\n");
    assert_int_equal(setenv("JOURNAL_STREAM", "nonsense", 1), 0);
    log_open();
    log_error("b");
    assert_string_equal(logged(), "b\n");
}

static void the_level_decides(void **state)
{
    (void)state;
    log_debug("no");
    assert_false(log_enabled(LOG_DEBUG));
    log_set_level(LOG_DEBUG);
    log_debug("yes");
    log_set_level(LOG_ERR);
    log_warning("no");
    assert_string_equal(logged(), "yes\n");
}

static void control_bytes_do_not_make_lines(void **state)
{
    (void)state;
    log_info("a\nb\rc\033[31m\x7f");
    assert_string_equal(logged(), "a b c [31m \n");
}

static void a_long_entry_is_cut(void **state)
{
    (void)state;
    static char line[10000];
    memset(line, 'x', sizeof line - 1);
    log_info("%s", line);
    const char *got = logged();
    assert_int_equal(strlen(got), 4096);
    assert_int_equal(strchr(got, '\n') - got, 4095);
}

static void an_event_is_an_entry_elsewhere(void **state)
{
    (void)state;
    name_stream(0); /* the journal, but no socket of it: as a test, or a pipe in between, has it */
    log_event("0123456789abcdef0123456789abcdef", LOG_NOTICE, "%s\nb", "a");
    log_lines(LOG_ERR, "one\n\ntwo\n", "0123456789abcdef0123456789abcdef", "only in the journal");
    assert_string_equal(logged(), "<5>a b\n<3>one\n<3>two\n");
}

static void a_full_pipe_holds_up_nobody(void **state)
{
    (void)state;
    enum { ENTRIES = 100000 };
    for (unsigned i = 0; i < ENTRIES; i++)
        log_info("%u", i);
    unsigned lines = 0, missing = 0;
    const char *got;
    while (*(got = logged()))
        for (; *got; got++)
            lines += *got == '\n';
    assert_true(lines > 100 && lines < ENTRIES);
    log_info("after");
    got = logged();
    assert_int_equal(sscanf(got, "%u log entries are missing", &missing), 1);
    assert_int_equal(lines + missing, ENTRIES);
    assert_non_null(strstr(got, "\nafter\n"));
}

static void a_full_socket_holds_up_nobody(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    log_open();
    for (unsigned i = 0; i < 100000; i++)
        log_info("%u", i);
    close(fds[0]);
    log_info("to nobody");
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* The other end of a terminal that standard error is. */
static int open_terminal(void)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal >= 0);
    assert_int_equal(grantpt(terminal), 0);
    assert_int_equal(unlockpt(terminal), 0);
    int end = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(end >= 0);
    dup2(end, STDERR_FILENO);
    close(end);
    log_open();
    return terminal;
}

static void assert_shown(int terminal, const char *expected)
{
    size_t length = 0;
    while (length < strlen(expected)) {
        ssize_t n = read(terminal, text + length, sizeof text - 1 - length);
        assert_true(n > 0);
        length += (size_t)n;
    }
    text[length] = '\0';
    assert_string_equal(text, expected);
}

static void on_a_terminal_priorities_are_colours(void **state)
{
    (void)state;
    int terminal = open_terminal();
    log_set_level(LOG_DEBUG);
    log_error("a");
    log_warning("b\033[0m");
    log_notice("c");
    log_info("d");
    log_debug("e");
    log_event("0123", LOG_NOTICE, "f");
    assert_shown(terminal, "\033[1;31ma\033[m\r\n\033[33mb [0m\033[m\r\n\033[1mc\033[m\r\nd\r\n"
                           "\033[2me\033[m\r\n\033[1mf\033[m\r\n");
    close(terminal);
    dup2(stderr_before, STDERR_FILENO);
    log_open();
}

static void an_event_below_the_level_is_none(void **state)
{
    (void)state;
    log_set_level(LOG_ERR);
    log_event("0123", LOG_WARNING, "no");
    log_event("0123", LOG_ERR, "yes");
    assert_string_equal(logged(), "yes\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(on_a_terminal_priorities_are_colours),
        row(an_event_below_the_level_is_none),
        row(an_entry_is_a_plain_line),
        row(the_journal_gets_the_priority),
        row(another_stream_is_not_the_journal),
        row(the_level_decides),
        row(control_bytes_do_not_make_lines),
        row(a_long_entry_is_cut),
        row(an_event_is_an_entry_elsewhere),
        row(a_full_pipe_holds_up_nobody),
        row(a_full_socket_holds_up_nobody),

    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
