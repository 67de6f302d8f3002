/* A disk that fails, or a file that shrinks, while a connection is served: what the client gets, and what the
 * log says of it. */
#include "../support/driven.h"
#include "../support/fault.h"
#include "../support/logged.h"
#include "log_limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GET(target) "GET " target " HTTP/1.1\r\n" DRIVEN_HOST "\r\n"

static int64_t clock_shift;

/* No interval of the test before still runs. */
static int set_up(void **state)
{
    int r = driven_set_up(state);
    fault_shift_clock(clock_shift += INT64_C(1000) * LOG_LIMIT_INTERVAL_SECONDS * 1000000);
    logged_start();
    return r;
}

static int tear_down(void **state)
{
    fault_clear();
    log_limit_tell_all();
    logged_end();
    return driven_tear_down(state);
}

/* The connection of the test is closed, and another one in its place. */
static void connect_anew(void)
{
    int pair[2];
    connection_close(&driven.connection);
    close(driven.connection.fd);
    close(driven.client);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    driven.client = pair[0];
    driven.connection = (struct connection){0};
    connection_open(&driven.connection, pair[1], &driven.limits, 1000);
}

static void assert_serves(void)
{
    fault_clear();
    connect_anew();
    driven_say(GET("/"));
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_non_null(strstr(driven_receive_text(), "\r\n\r\nhello"));
}

static void assert_said_once(const char *priority_and_text)
{
    const char *text = logged();
    assert_int_equal(driven_count(text, priority_and_text), 1);
    assert_int_equal(driven_count(text, "\n"), 1);
}

/* The head promised more: the connection ends before it, and the log has the file's name, once. */
static void a_disk_that_fails_halfway_ends_the_response(void **state)
{
    (void)state;
    unsigned fds = fault_open_fds();
    for (int i = 0; i < 20; i++) {
        size_t length = 0, n;
        connect_anew();
        driven_say(GET("/big"));
        fault_set(FAULT_SENDFILE, 4, 1000, EIO);
        enum connection_want want;
        while ((want = driven_run(1001)) == WANT_WRITE)
            while (driven_receive(&n), n > 0)
                length += n;
        assert_int_equal(want, WANT_CLOSE);
        assert_int_equal(driven.connection.reason, REASON_FILE);
        assert_true(length > 0 && length < DRIVEN_BIG);
        assert_true(fault_calls(FAULT_SENDFILE) < 10);
        assert_int_equal(fault_open_fds(), fds);
        if (i == 0)
            assert_said_once("/big: Input/output error");
    }
    assert_string_equal(logged(), "");
    log_limit_tell_all();
    assert_said_once("(19 times in");
    assert_serves();
}

static void a_disk_that_fails_at_once_is_500(void **state)
{
    (void)state;
    driven_say(GET("/"));
    fault_set(FAULT_PREAD, 1, 1, EIO);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_non_null(strstr(driven_receive_text(), "HTTP/1.1 500 "));
    assert_said_once("Answered 500 to a request for /: Input/output error");
    driven_say(GET("/"));
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_non_null(strstr(driven_receive_text(), "\r\n\r\nhello"));
}

static void what_cant_be_opened_is_500_and_told(void **state)
{
    (void)state;
    driven_say(GET("/big?with=\x1b"
                   "query"));
    fault_set(FAULT_SYSCALL, 1, 1, EIO);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_non_null(strstr(driven_receive_text(), "HTTP/1.1 400 "));
    assert_string_equal(logged(), "");
    connect_anew();
    driven_say(GET("/big%1b"));
    fault_set(FAULT_SYSCALL, 1, 1, EIO);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_non_null(strstr(driven_receive_text(), "HTTP/1.1 500 "));
    assert_said_once("Answered 500 to a request for /big%1b: Input/output error");
    assert_serves();
}

/* Once for all that is short, and a client is told when to come again. */
static void a_shortage_is_503_and_told_once(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        driven_say(GET("/"));
        fault_set(FAULT_SYSCALL, 1, 1, EMFILE);
        assert_int_equal(driven_run(1001), WANT_READ);
        char *text = driven_receive_text();
        assert_non_null(strstr(text, "HTTP/1.1 503 "));
        assert_non_null(strstr(text, "Retry-After: "));
        if (i == 0)
            assert_said_once("Answered 503 to a request for /: Too many open files");
    }
    assert_string_equal(logged(), "");
    log_limit_tell_all();
    assert_said_once("(19 times in");
    assert_serves();
}

static void a_file_that_shrinks_is_no_failure_of_the_disk(void **state)
{
    (void)state;
    char *path = tree_path(driven.tree, "big");
    driven_say(GET("/big"));
    assert_int_equal(driven_run(1001), WANT_WRITE);
    assert_int_equal(truncate(path, 10), 0);
    size_t n;
    while (driven_receive(&n), n > 0)
        ;
    assert_int_equal(driven_run(1001), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_FILE);
    assert_said_once("/big was shortened while it was sent");
    free(path);
    assert_serves();
}

static void memory_files_may_find_no_memory(void **state)
{
    (void)state;
    static const int errors[] = {ENOSPC, EIO};
    driven.site.rules.listing = true;
    for (size_t i = 0; i < 2; i++) {
        tree_text(driven.tree, "folder/a", "a");
        driven_say(GET("/folder/"));
        fault_set(FAULT_WRITE, 1, 1, errors[i]);
        assert_int_equal(driven_run(1001), WANT_READ);
        assert_non_null(strstr(driven_receive_text(), i == 0 ? "HTTP/1.1 503 " : "HTTP/1.1 500 "));
        assert_said_once(i == 0 ? "Answered 503 to a request for /folder/: Cannot allocate memory"
                                : "Answered 500 to a request for /folder/: Input/output error");
    }
    assert_serves();
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(a_disk_that_fails_halfway_ends_the_response),   row(a_disk_that_fails_at_once_is_500),
        row(what_cant_be_opened_is_500_and_told),           row(a_shortage_is_503_and_told_once),
        row(a_file_that_shrinks_is_no_failure_of_the_disk), row(memory_files_may_find_no_memory),
    };
    return cmocka_run_group_tests_name("fault: disk", tests, NULL, NULL);
}
