/* How much time, and how many requests, a connection has; driven by hand over a socket pair. */
#include "linger.h"

#include "../support/driven.h"

#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST DRIVEN_HOST "\r\n"

static enum connection_want expire(int64_t now_usec)
{
    driven.workspace.now.usec = now_usec;
    return connection_expire(&driven.connection, &driven.workspace, &driven.context);
}

static void a_body_has_time_as_long_as_it_comes_and_the_request_allows(void **state)
{
    (void)state;
    driven_say("POST / HT");
    assert_int_equal(driven_run(1004), WANT_READ);
    driven_say("TP/1.1\r\nContent-Length: 100\r\n" HOST);
    assert_int_equal(driven_run(1007), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1037);
    driven_say("x");
    assert_int_equal(driven_run(1008), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1038);
    assert_int_equal(driven_run(1009), WANT_READ); /* an event with nothing behind it */
    driven_assert_phase(PHASE_BODY, 1038);
    driven_say("x");
    assert_int_equal(driven_run(1020), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1039); /* 35 from the first byte of the head */
    assert_int_equal(expire(1039), WANT_READ);
    assert_int_equal(driven.connection.reason, REASON_BODY_TIMEOUT);
    assert_non_null(strstr(driven_receive_text(), "HTTP/1.1 408 "));
}

static void a_head_has_the_time_of_its_request(void **state)
{
    (void)state;
    driven.limits.request_usec = 5;
    driven_say("GET / HT");
    assert_int_equal(driven_run(1002), WANT_READ);
    driven_assert_phase(PHASE_HEAD, 1007);
    driven_say("TP/1.1\r\n");
    assert_int_equal(driven_run(1004), WANT_READ);
    driven_assert_phase(PHASE_HEAD, 1007);
    driven_say(HOST "GET");
    assert_int_equal(driven_run(1006), WANT_READ);
    driven_assert_phase(PHASE_HEAD, 1011); /* the next one's */
    assert_int_equal(expire(1011), WANT_READ);
    assert_int_equal(driven.connection.reason, REASON_HEAD_TIMEOUT);
}

static int untaken(void)
{
    int bytes;
    assert_int_equal(ioctl(driven.connection.fd, SIOCOUTQ, &bytes), 0);
    return bytes;
}

/* A client takes so much that the socket tells of it; how much of it, as the socket counts. */
static unsigned take_some(void)
{
    char some[1024];
    int before = untaken();
    while (untaken() == before)
        assert_int_equal(recv(driven.client, some, sizeof some, MSG_DONTWAIT), sizeof some);
    return (unsigned)(before - untaken());
}

/* Ten microseconds' worth; and then it is given no more than these. */
static void what_a_client_takes_buys_time_at_the_least_rate(void **state)
{
    (void)state;
    driven_say("GET /big HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    driven_assert_phase(PHASE_SENDING, 1041);
    driven.limits.send_rate = take_some() * UINT64_C(100000);
    assert_int_equal(expire(1041), WANT_WRITE);
    driven_assert_phase(PHASE_SENDING, 1051);
    assert_int_equal(expire(1051), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_SEND_TIMEOUT);
}

static void who_lags_too_far_behind_is_cut_off_though_it_takes_some(void **state)
{
    (void)state;
    driven_say("GET /big HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    driven.limits.send_rate = take_some() * UINT64_C(1000000);
    assert_int_equal(expire(1042), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_SEND_TIMEOUT);
}

static void haste_is_no_merit_for_later(void **state)
{
    (void)state;
    driven_say("GET /big HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    driven.limits.send_rate = 1;
    driven_receive_text();
    assert_int_equal(driven_run(1010), WANT_WRITE);
    driven_assert_phase(PHASE_SENDING, 1050); /* from now on, and no later */
}

static void slow_turns_move_the_deadline_as_far_as_they_are_worth(void **state)
{
    (void)state;
    driven_say("GET /big HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    driven.limits.send_rate = driven.connection.untaken * UINT64_C(1000000) / 10;
    driven_receive_text();
    assert_int_equal(driven_run(1035), WANT_WRITE);
    int64_t deadline = connection_deadline(&driven.connection);
    assert_true(deadline > 1041 && deadline < 1075);
    assert_int_equal(driven_run(1036), WANT_WRITE); /* an event, and nothing taken */
    driven_assert_phase(PHASE_SENDING, deadline);
}

static void the_rate_holds_to_the_end_of_a_connection(void **state)
{
    (void)state;
    driven_say("GET /big HTTP/1.0\r\n\r\n");
    while (driven_run(1001) == WANT_WRITE)
        driven_receive_text();
    driven_assert_phase(PHASE_LINGERING, 1001 + LINGER_USEC);
    driven.limits.send_rate = take_some() * UINT64_C(1000000);
    assert_int_equal(expire(1002 + LINGER_USEC), WANT_CLOSE);
    assert_int_equal(driven.connection.reason, REASON_LINGER_TIMEOUT);
}

static void a_request_too_many_is_the_last(void **state)
{
    (void)state;
    static const struct peer peer = {.family = PEER_IPV4, .address = {192, 0, 2, 1}};
    static const struct address_limits limits = {.requests_per_second = 1, .burst = 2};
    unsigned refused;
    assert_int_equal(address_table_new(&driven.context.addresses, &limits, 1), 0);
    driven.context.peer = &peer;
    assert_int_equal(address_table_enter(driven.context.addresses, &peer, 1000, &refused), ADDRESS_WELCOME);
    driven_say("GET / HTTP/1.1\r\n" HOST "GET / HTTP/1.1\r\n" HOST "HEAD / HTTP/1.1\r\n" HOST
               "GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_int_equal(atomic_load(&driven.connection.phase), PHASE_LINGERING);
    char *text = driven_receive_text(), *third = strstr(text, "HTTP/1.1 429 Too Many Requests\r\n");
    assert_int_equal(driven_count(text, "HTTP/1.1 200 OK\r\n"), 2);
    assert_non_null(third);
    assert_non_null(strstr(third, "Retry-After: 1\r\n"));
    assert_string_equal(strstr(third, "\r\n\r\n"), "\r\n\r\n"); /* to a HEAD, and nothing behind */
    assert_int_equal(driven.connection.requests, 3);
    address_table_leave(driven.context.addresses, &peer);
    address_table_free(driven.context.addresses);
}

/* A body behind it is thrown away with it, and is no request. */
static void a_body_is_part_of_its_request(void **state)
{
    (void)state;
    static const struct peer peer = {.family = PEER_IPV4, .address = {192, 0, 2, 1}};
    static const struct address_limits limits = {.requests_per_second = 1, .burst = 1};
    unsigned refused;
    assert_int_equal(address_table_new(&driven.context.addresses, &limits, 1), 0);
    driven.context.peer = &peer;
    assert_int_equal(address_table_enter(driven.context.addresses, &peer, 1000, &refused), ADDRESS_WELCOME);
    driven_say("GET / HTTP/1.1\r\nContent-Length: 4\r\n" HOST "GE");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_say("T ");
    assert_int_equal(driven_run(1002), WANT_READ);
    assert_int_equal(driven_count(driven_receive_text(), "200 OK"), 1);
    driven_assert_phase(PHASE_IDLE, 1022);
    address_table_leave(driven.context.addresses, &peer);
    address_table_free(driven.context.addresses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        driven_test(a_body_has_time_as_long_as_it_comes_and_the_request_allows),
        driven_test(a_head_has_the_time_of_its_request),
        driven_test(what_a_client_takes_buys_time_at_the_least_rate),
        driven_test(who_lags_too_far_behind_is_cut_off_though_it_takes_some),
        driven_test(haste_is_no_merit_for_later),
        driven_test(slow_turns_move_the_deadline_as_far_as_they_are_worth),
        driven_test(the_rate_holds_to_the_end_of_a_connection),
        driven_test(a_request_too_many_is_the_last),
        driven_test(a_body_is_part_of_its_request),
    };
    int failed = cmocka_run_group_tests_name("connection limits", tests, NULL, NULL);
    driven_carry_on(true);
    return failed + cmocka_run_group_tests_name("connection limits, carried over", tests, NULL, NULL);
}
