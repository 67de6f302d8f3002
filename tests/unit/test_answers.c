/* answers: what the access log is told of a connection's answers, when, and once each. */
#include "answers.h"

#include "connection.h"
#include "linger.h"

#include "support/driven.h"
#include "support/fake_journal.h"
#include "support/patience.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#define HOST DRIVEN_HOST "\r\n"

static int set_up(void **state)
{
    const struct access_options options = {
        .mode = ACCESS_ON, .client_errors = LOG_INFO, .writers = 1, .journal = fake_journal_start()};
    assert_int_equal(access_open(&driven.access, &options), 0);
    assert_int_equal(access_start(driven.access), 0);
    int r = driven_set_up(state);
    driven.connection.id = 7;
    return r;
}

static int tear_down(void **state)
{
    int r = driven_tear_down(state);
    access_end(driven.access);
    driven.access = NULL;
    fake_journal_end();
    return r;
}

#define answers_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static void settle(void)
{
    access_flush(driven.access, PATIENCE_MS * 1000);
}

static void assert_nothing_told(void)
{
    settle();
    assert_false(fake_journal_has_entry());
}

static void expect_number(const char *name, uint64_t number)
{
    char *line = harness_text("%s=%llu", name, (unsigned long long)number);
    fake_journal_expect(line);
    free(line);
}

static void an_answer_is_told_once_it_is_sent(void **state)
{
    (void)state;
    driven_say("GET /?a HTTP/1.1\r\nUser-Agent: u\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    fake_journal_entry();
    fake_journal_expect("HTTP_TARGET=/?a");
    fake_journal_expect("HTTP_STATUS=200");
    fake_journal_expect("HTTP_USER_AGENT=u");
    fake_journal_expect("RESPONSE_BYTES=5");
    fake_journal_expect("CLIENT_ADDR=local");
    fake_journal_expect("CONNECTION_ID=7");
    fake_journal_expect("REQUEST_ON_CONNECTION=1");
    fake_journal_expect("WORKER=0");
    fake_journal_expect("CACHE=miss");
    fake_journal_expect_none("CLOSE_REASON");
    assert_nothing_told();
}

static void what_has_no_content_has_no_bytes(void **state)
{
    (void)state;
    driven_say("HEAD / HTTP/1.1\r\n" HOST "OPTIONS * HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    for (unsigned i = 1; i <= 2; i++) {
        fake_journal_entry();
        fake_journal_expect("RESPONSE_BYTES=0");
        expect_number("REQUEST_ON_CONNECTION", i);
    }
}

static void a_request_says_that_its_connection_ended_with_it(void **state)
{
    (void)state;
    driven_say("GET / HTTP/1.1\r\n" HOST "GET /no HTTP/1.0\r\n\r\n");
    (void)driven_run(1001);
    fake_journal_entry();
    fake_journal_expect_none("CLOSE_REASON");
    fake_journal_entry();
    fake_journal_expect("HTTP_STATUS=404");
    fake_journal_expect("HTTP_PROTOCOL=HTTP/1.0");
    fake_journal_expect("CLOSE_REASON=client");
    assert_nothing_told();
}

static void what_is_no_request_is_told_as_it_came(void **state)
{
    (void)state;
    driven_say("GET /\x01\"\r\n\r\n");
    (void)driven_run(1001);
    fake_journal_entry();
    fake_journal_expect("HTTP_TARGET=/\\x01\\x22");
    fake_journal_expect("HTTP_STATUS=400");
    fake_journal_expect("CLOSE_REASON=refused");
    fake_journal_expect_none("HTTP_PROTOCOL");
}

static void a_body_belongs_to_its_request(void **state)
{
    (void)state;
    driven_say("POST /form HTTP/1.1\r\nContent-Length: 8\r\n" HOST "GET ");
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_nothing_told();
    driven_carry();
    driven_say("/ HT");
    assert_int_equal(driven_run(1002), WANT_READ);
    fake_journal_entry();
    fake_journal_expect("HTTP_METHOD=POST");
    fake_journal_expect("HTTP_TARGET=/form");
    fake_journal_expect("HTTP_STATUS=405");
}

static void half_a_request_is_told_when_its_time_is_over(void **state)
{
    (void)state;
    driven_say("GET /late HTTP/1.1\r\nHost: y\r\n");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven.workspace.now.usec = 2000;
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_READ);
    fake_journal_entry();
    fake_journal_expect("HTTP_TARGET=/late");
    fake_journal_expect("HTTP_STATUS=408");
    fake_journal_expect("CLOSE_REASON=head_timeout");
    assert_nothing_told();
}

static void begin_big(void)
{
    driven_say("GET /big HTTP/1.1\r\nReferer: r\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    assert_nothing_told();
}

/* The client takes what there is, again and again. */
static void take_all(void)
{
    size_t length;
    do
        driven_receive(&length);
    while (driven_run(1002) == WANT_WRITE || length > 0);
}

static void half_sent_it_is_carried_over_and_told_at_its_end(void **state)
{
    (void)state;
    begin_big();
    driven_carry();
    driven_carry();
    take_all();
    fake_journal_entry();
    fake_journal_expect("HTTP_METHOD=GET");
    fake_journal_expect("HTTP_TARGET=/big");
    fake_journal_expect("HTTP_HOST=x");
    fake_journal_expect("HTTP_REFERER=r");
    fake_journal_expect("HTTP_STATUS=200");
    fake_journal_expect("CONNECTION_ID=7");
    expect_number("RESPONSE_BYTES", DRIVEN_BIG);
    assert_nothing_told();
}

/* Of what was cut short there is less than all; returns how much. */
static unsigned long long expect_cut(const char *reason)
{
    char *line = harness_text("CLOSE_REASON=%s", reason);
    const char *entry = fake_journal_entry();
    fake_journal_expect(line);
    free(line);
    fake_journal_expect("HTTP_TARGET=/big");
    const char *bytes = strstr(entry, "\nRESPONSE_BYTES=");
    assert_non_null(bytes);
    unsigned long long sent = strtoull(bytes + strlen("\nRESPONSE_BYTES="), NULL, 10);
    assert_true(sent < DRIVEN_BIG);
    assert_nothing_told();
    return sent;
}

static void a_client_that_goes_has_what_it_took(void **state)
{
    (void)state;
    size_t length;
    begin_big();
    driven_receive(&length);
    assert_int_equal(driven_run(1002), WANT_WRITE);
    close(driven.client);
    driven.client = -1;
    assert_int_equal(driven_run(1003), WANT_CLOSE);
    assert_true(expect_cut("broken") >= length - 1000);
}

static void a_client_that_takes_nothing_is_told_of(void **state)
{
    (void)state;
    begin_big();
    linger_note_untaken(&driven.connection);
    driven.workspace.now.usec = 2000;
    assert_int_equal(connection_expire(&driven.connection, &driven.workspace, &driven.context), WANT_CLOSE);
    assert_true(expect_cut("send_timeout") > 0);
}

static void the_end_of_a_drain_tells_what_was_under_way(void **state)
{
    (void)state;
    begin_big();
    driven.connection.reason = REASON_CUT;
    connection_cut(&driven.connection, &driven.workspace, driven.context.peer);
    assert_null(driven.connection.unfinished);
    assert_true(expect_cut("cut") > 0);
}

/* More answers than a desk keeps, to a client that takes none for long. */
static void of_many_each_is_told_once_and_in_order(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    for (unsigned i = 1; i <= MANY; i++) {
        char *request = harness_text("GET /no%u HTTP/1.1\r\n" HOST, i);
        size_t length;
        while (send(driven.client, request, strlen(request), MSG_NOSIGNAL) < 0) {
            (void)driven_run(1001);
            driven_carry();
            driven_receive(&length);
        }
        free(request);
    }
    take_all();
    for (unsigned i = 1; i <= MANY; i++) {
        char *target = harness_text("HTTP_TARGET=/no%u", i);
        fake_journal_entry();
        fake_journal_expect(target);
        expect_number("REQUEST_ON_CONNECTION", i);
        free(target);
    }
    assert_nothing_told();
}

static struct pending pending_at(uint64_t end, uint32_t excerpt_length)
{
    return (struct pending){.end = end, .length = 10, .content = 5, .excerpt_length = excerpt_length};
}

static void what_was_not_laid_down_is_told_apart(void **state)
{
    (void)state;
    struct pending list[2] = {pending_at(10, 3), pending_at(20, 4)};
    assert_true(answers_are_sound(NULL, 0, 0));
    assert_true(answers_are_sound(list, 2, 7));
    assert_false(answers_are_sound(list, 2, 8));
    assert_false(answers_are_sound(list, 2, 6));
    assert_false(answers_are_sound(list, ANSWERS_MAX + 1, 7));
    assert_false(answers_are_sound(NULL, 0, ANSWERS_TEXT_MAX + 1));
    list[1].end = 9;
    assert_false(answers_are_sound(list, 2, 7));
    list[1] = pending_at(20, 4);
    list[1].content = 11;
    assert_false(answers_are_sound(list, 2, 7));
    list[1] = pending_at(20, 4);
    list[0].cache_use = 3;
    assert_false(answers_are_sound(list, 2, 7));
    list[0] = pending_at(10, 3);
    list[0].unused[4] = 1;
    assert_false(answers_are_sound(list, 2, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        answers_test(an_answer_is_told_once_it_is_sent),
        answers_test(what_has_no_content_has_no_bytes),
        answers_test(a_request_says_that_its_connection_ended_with_it),
        answers_test(what_is_no_request_is_told_as_it_came),
        answers_test(a_body_belongs_to_its_request),
        answers_test(half_a_request_is_told_when_its_time_is_over),
        answers_test(half_sent_it_is_carried_over_and_told_at_its_end),
        answers_test(a_client_that_goes_has_what_it_took),
        answers_test(a_client_that_takes_nothing_is_told_of),
        answers_test(the_end_of_a_drain_tells_what_was_under_way),
        answers_test(of_many_each_is_told_once_and_in_order),
        cmocka_unit_test(what_was_not_laid_down_is_told_apart),
    };
    signal(SIGPIPE, SIG_IGN); /* as the server does */
    return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
