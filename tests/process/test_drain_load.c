/* Stop, restart and death under load: what was begun is finished, and whoever comes is the next one's. */
#include "support/harness.h"
#include "support/load.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/server.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 3000, LARGE = 12 << 20, BEGUN = 100 << 10, CLIENTS = 24 };

#define GET(target) "GET " target " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static char page[PAGE];
static const struct load_request small = {GET("/page"), 200, page, PAGE, false};
static const struct load_request slow = {GET("/sleep"), 200, NULL, 0, false};

static struct server *run(const char *settings)
{
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, settings);
    tree_bytes(page, PAGE, 1);
    tree_file(server->root, "page", page, PAGE);
    server_start(server);
    return server;
}

static struct load_group *add(struct server *server, struct load *load, unsigned connections,
                              const struct load_request *request, bool once)
{
    return load_add(load, &(struct load_plan){.to = &server->sockets[0],
                                              .connections = connections,
                                              .requests = request,
                                              .request_count = 1,
                                              .once = once});
}

/* Until the process has ended. */
static void await_end(struct server *server, struct load *load)
{
    int ended = process_fd(server->pid);
    assert_true(load_turn(load, ended, patience_deadline()));
    close(ended);
}

/* Requests that no worker has looked at yet, some, are in flight too. */
static void a_thousand_connections_are_stopped_without_a_loss(void **state)
{
    (void)state;
    char *large = malloc(LARGE);
    assert_non_null(large);
    tree_bytes(large, LARGE, 2);
    const struct load_request big = {GET("/large"), 200, large, LARGE, false};
    struct server *server = run("sleep = 300ms\npool_size = 1\n");
    tree_file(server->root, "large", large, LARGE);
    struct load *load = load_new();
    struct load_group *idle = add(server, load, 500, &small, false);
    struct load_group *quick = add(server, load, 200, &small, false);
    struct load_group *sleepers = add(server, load, 250, &slow, false);
    struct load_group *takers = add(server, load, 50, &big, false);
    load_ask(idle, 1), load_ask(quick, 1);
    load_ask(takers, 1);
    load_await_begun(takers, BEGUN);
    load_ask(sleepers, 1); /* once through, so that all are accepted */
    load_await_responses(sleepers, 250), load_await_responses(quick, 200), load_await_responses(idle, 500);
    load_ask(sleepers, 1), load_ask(quick, 1);
    server_signal(server, SIGTERM);
    server_await_message(server, "STOPPING=1");
    load_release(takers);
    load_await_end(load);
    server_expect_exit(server, 0);
    struct load_group *const groups[] = {idle, quick, sleepers, takers};
    for (unsigned i = 0; i < 4; i++)
        load_expect_clean(groups[i]);
    assert_int_equal(idle->counts.left, 500);
    assert_int_equal(quick->counts.responses, 400);
    assert_int_equal(sleepers->counts.responses, 500);
    assert_int_equal(takers->counts.responses, 50);
    assert_int_equal(idle->counts.connections + quick->counts.connections + sleepers->counts.connections +
                         takers->counts.connections,
                     1000);
    free(large);
}

static void restarts_cost_newcomers_nothing_but_time(void **state)
{
    (void)state;
    unsigned restarts = harness_is_long() ? 50 : 10;
    struct server *server = run("");
    struct load *load = load_new();
    struct load_group *newcomers = add(server, load, CLIENTS, &small, true);
    struct load_group *regulars = add(server, load, CLIENTS, &small, false);
    load_ask(newcomers, UINT32_MAX), load_ask(regulars, UINT32_MAX);
    for (unsigned i = 0; i < restarts; i++) {
        load_turn(load, -1, patience_now() + 50000);
        server_signal(server, SIGTERM);
        await_end(server, load);
        server_expect_exit(server, 0);
        server_start(server);
    }
    load_ask(newcomers, 0), load_ask(regulars, 0);
    load_finish(load);
    load_expect_clean(newcomers);
    /* A regular's next request may cross the end of his connection on its way; a first one never may. */
    const struct load_counts *c = &regulars->counts;
    assert_int_equal(c->refused + c->wrong + c->cut + c->lost_first, 0);
    harness_say("%u restarts: %llu new connections answered, none refused or reset; of %llu requests on kept "
                "ones, %u crossed an end",
                restarts, (unsigned long long)newcomers->counts.responses,
                (unsigned long long)(c->responses + c->lost_later), c->lost_later);
    load_close(newcomers), load_close(regulars);
    server_stop(server);
}

static void after_a_death_only_what_was_in_flight_is_lost(void **state)
{
    (void)state;
    struct server *server = run("");
    struct load *load = load_new();
    struct load_group *newcomers = add(server, load, CLIENTS, &small, true);
    struct load_group *regulars = add(server, load, CLIENTS, &small, false);
    load_ask(newcomers, UINT32_MAX), load_ask(regulars, UINT32_MAX);
    for (unsigned i = 1; i <= 3; i++) {
        load_turn(load, -1, patience_now() + 100000);
        server_signal(server, SIGKILL);
        await_end(server, load);
        assert_int_equal(server_end(server), 128 + SIGKILL);
        server_start(server);
        load_turn(load, -1, patience_now() + 100000);
        const struct load_counts *n = &newcomers->counts, *r = &regulars->counts;
        assert_int_equal(n->refused + n->wrong + r->refused + r->wrong, 0);
        assert_true(n->lost_first + n->cut <= i * CLIENTS);
        assert_true(r->lost_first + r->lost_later + r->cut <= i * CLIENTS);
        struct load_counts before[] = {*n, *r};
        load_turn(load, -1, patience_now() + 100000);
        assert_true(n->responses > before[0].responses && r->responses > before[1].responses);
        assert_int_equal(n->lost_first + n->cut, before[0].lost_first + before[0].cut);
        assert_int_equal(r->connections, before[1].connections);
    }
    load_ask(newcomers, 0), load_ask(regulars, 0);
    load_finish(load);
    load_close(newcomers), load_close(regulars);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(a_thousand_connections_are_stopped_without_a_loss),
        harness_test(restarts_cost_newcomers_nothing_but_time),
        harness_test(after_a_death_only_what_was_in_flight_is_lost),
    };
    return cmocka_run_group_tests_name("drain load", tests, NULL, NULL);
}
