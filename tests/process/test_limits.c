/* What a client address may take of the server, and that others have the rest. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/prober.h"
#include "support/server.h"
#include "support/swarm.h"

#include <stdlib.h>
#include <string.h>

#define GET "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

static const char get[] = GET, get5[] = GET GET GET GET GET;

static struct swarm *come_from(const struct server *server, unsigned last, unsigned count)
{
    return swarm_open(server, &(struct swarm_plan){.count = count, .first = SWARM_ADDRESS(1, last)});
}

static void assert_logged_once(struct server *server, const char *text)
{
    server_await_log(server, text);
    char *log = server_log(server), *found = strstr(log, text);
    assert_null(strstr(found + 1, text));
    free(log);
}

/* The address is told so, in full, whether it asks or not, and gets in again when it has room. */
static void one_connection_too_many_of_an_address_is_429(void **state)
{
    (void)state;
    struct server *server = server_run("[limits]\nconnections_per_address = 4\n");
    struct swarm *four = come_from(server, 1, 4);
    swarm_say(four, get, strlen(get));
    swarm_await_status(four, 200, 4);
    struct swarm *more = come_from(server, 1, 3);
    swarm_say(more, get, strlen(get));
    swarm_await_status(more, 429, 3);
    swarm_await_left(more, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_false(more->members[i].was_reset);
    struct swarm *others = come_from(server, 2, 4);
    swarm_say(others, get, strlen(get));
    swarm_await_status(others, 200, 4);
    assert_logged_once(server, "Refused a connection of 127.0.1.1, which has 4 already");
    unsigned fds = server_fds(server);
    swarm_end(four, false);
    server_await_fds(server, fds - 4);
    struct swarm *again = come_from(server, 1, 4);
    swarm_say(again, get, strlen(get));
    swarm_await_status(again, 200, 4);
    server_stop(server);
}

static void the_answer_says_when_to_come_back(void **state)
{
    (void)state;
    struct server *server = server_run("[limits]\nconnections_per_address = 1\n");
    struct client *first = client_connect_from(server, SWARM_ADDRESS(1, 1));
    client_fetch(first, "/", 200);
    struct client *second = client_connect_from(server, SWARM_ADDRESS(1, 1));
    client_get(second, "/");
    const struct reply *reply = client_receive(second, false);
    assert_int_equal(reply->status, 429);
    assert_string_equal(reply_field(reply, "Retry-After"), "1");
    assert_string_equal(reply_field(reply, "Connection"), "close");
    client_expect_close(second);
    client_fetch(first, "/", 200);
    server_stop(server);
}

/* With the default, of 512 of 32768: who opens thousands holds a few more than the limit, and others see
 * nothing of it. */
static void a_crowd_of_one_address_leaves_the_slots_of_others_alone(void **state)
{
    (void)state;
    enum { LIMIT = 512, CROWD = 2000, AT_MOST_MORE = 16 };
    struct server *server = server_run("max_connections = 1000\n");
    unsigned before = server_fds(server);
    prober_start(server);
    struct swarm *crowd = come_from(server, 1, CROWD);
    prober_await(PROBER_STRETCH);
    swarm_await_left(crowd, LIMIT);
    unsigned held = server_fds(server) - before;
    assert_true(held <= LIMIT + AT_MOST_MORE + 8);
    harness_say("%u connections of one address: %u held, %u told 429, the others closed", CROWD, held,
                swarm_with_status(crowd, 429));
    assert_true(swarm_with_status(crowd, 429) >= 1);
    prober_finish("a crowd of one address");
    swarm_end(crowd, true);
    server_await_fds(server, before);
    server_stop(server);
}

static void off_is_no_limit_and_unix_sockets_have_none(void **state)
{
    (void)state;
    struct server *server = server_run("[limits]\nconnections_per_address = off\n");
    struct swarm *crowd = come_from(server, 1, 600);
    swarm_say(crowd, get, strlen(get));
    swarm_await_status(crowd, 200, 600);
    server_stop(server);
    server = server_make();
    server_listen(server, SERVER_UNIX, "unix");
    server_set(server, "[limits]\nconnections_per_address = 1\n");
    server_start(server);
    crowd = swarm_open(server, &(struct swarm_plan){.count = 20});
    swarm_say(crowd, get, strlen(get));
    swarm_await_status(crowd, 200, 20);
    server_stop(server);
}

/* 127.0.0.1 and ::1, where a proxy may be. */
static void this_host_itself_has_no_limit(void **state)
{
    (void)state;
    struct server *server = server_run("[limits]\nconnections_per_address = 1\n");
    struct swarm *crowd = swarm_open(server, &(struct swarm_plan){.count = 20});
    swarm_say(crowd, get, strlen(get));
    swarm_await_status(crowd, 200, 20);
    server_stop(server);
    if (!server_can_ipv6()) {
        harness_say_skipped("clients at ::1", "this host has no ::1");
        return;
    }
    server = server_make();
    server_listen(server, SERVER_IPV6, "http");
    server_set(server, "[limits]\nconnections_per_address = 1\n");
    server_start(server);
    crowd = swarm_open(server, &(struct swarm_plan){.count = 20});
    swarm_say(crowd, get, strlen(get));
    swarm_await_status(crowd, 200, 20);
    server_stop(server);
}

/* The successor counts those that it takes up, and those of the new limit are the new ones only. */
static void the_count_lives_through_a_reload(void **state)
{
    (void)state;
    struct server *server = server_run("[limits]\nconnections_per_address = 4\n");
    unsigned fds = server_fds(server);
    struct swarm *four = come_from(server, 1, 4);
    swarm_say(four, get, strlen(get));
    swarm_await_status(four, 200, 4);
    server_change(server, "[limits]\nconnections_per_address = 3\n");
    server_expect_reload(server);
    struct swarm *one = come_from(server, 1, 1);
    swarm_await_status(one, 429, 1);
    assert_int_equal(swarm_hear(four, SIZE_MAX), 4);
    swarm_end(one, false), swarm_end(four, false);
    server_await_fds(server, fds);
    struct swarm *three = come_from(server, 1, 3);
    swarm_say(three, get, strlen(get));
    swarm_await_status(three, 200, 3);
    server_stop(server);
}

static void a_full_server_says_so_once(void **state)
{
    (void)state;
    struct server *server = server_run("max_connections = 3\n");
    struct swarm *five = come_from(server, 1, 5);
    swarm_say(five, get, strlen(get));
    swarm_await_status(five, 200, 3);
    assert_logged_once(server, "All 3 connections are taken ([server] max_connections)");
    server_stop(server);
}

static void assert_may_ask_again(struct server *server, uint32_t address)
{
    unsigned status = 0;
    for (int64_t deadline = patience_deadline(); status != 200 && patience_now() < deadline;) {
        struct client *client = client_connect_from(server, address);
        client_get(client, "/");
        status = client_receive(client, false)->status;
        client_close(client);
    }
    assert_int_equal(status, 200);
}

/* They come together, so however slow the machine is, no time passes between them. */
static void one_request_too_many_of_an_address_is_429(void **state)
{
    (void)state;
    struct server *server = server_run("[limits]\nrequests_per_second = 1\nrequests_burst = 3\n");
    struct client *client = client_connect_from(server, SWARM_ADDRESS(1, 1));
    client_say(client, get5);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(client_receive(client, false)->status, 200);
    const struct reply *reply = client_receive(client, false);
    assert_int_equal(reply->status, 429);
    assert_string_equal(reply_field(reply, "Retry-After"), "1");
    assert_string_equal(reply_field(reply, "Connection"), "close");
    client_expect_close(client);
    assert_logged_once(server, "<5>Refused a request of 127.0.1.1, which makes more than 1 a second");
    client_fetch(client_connect_from(server, SWARM_ADDRESS(1, 2)), "/", 200);
    assert_may_ask_again(server, SWARM_ADDRESS(1, 1));
    server_stop(server);
}

/* Neither those of this host, nor without the limit. */
static void others_may_ask_as_much_as_they_like(void **state)
{
    (void)state;
    static const char *const settings[] = {"[limits]\nrequests_per_second = 1\nrequests_burst = 1\n", ""};
    for (unsigned i = 0; i < 2; i++) {
        struct server *server = server_run(settings[i]);
        struct client *client =
            i == 0 ? client_connect(server, 0) : client_connect_from(server, SWARM_ADDRESS(1, 1));
        client_say(client, get5);
        for (unsigned j = 0; j < 5; j++)
            assert_int_equal(client_receive(client, false)->status, 200);
        server_stop(server);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(one_connection_too_many_of_an_address_is_429),
        harness_test(the_answer_says_when_to_come_back),
        harness_test(a_crowd_of_one_address_leaves_the_slots_of_others_alone),
        harness_test(off_is_no_limit_and_unix_sockets_have_none),
        harness_test(this_host_itself_has_no_limit),
        harness_test(the_count_lives_through_a_reload),
        harness_test(a_full_server_says_so_once),
        harness_test(one_request_too_many_of_an_address_is_429),
        harness_test(others_may_ask_as_much_as_they_like),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
