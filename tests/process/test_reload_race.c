/*
 * Reload raced against all that clients do, and against signals, with random delays: no connection is lost,
 * no fd, and no sanitizer has a word to say. LONG=1 makes ten thousand turns of it, TURNS=N that many.
 */
#include "support/client.h"
#include "support/harness.h"
#include "support/load.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { PAGE = 3000, FILE_SIZE = 600 << 10, CLIENTS = 40, SETTLE_EVERY = 50 };

#define GET(target) "GET " target " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static char page[PAGE], file[FILE_SIZE];

static const struct load_request requests[] = {
    {GET("/page"), 200, page, PAGE, false},
    {GET("/page"), 200, page, PAGE, false},
    {GET("/file"), 200, file, FILE_SIZE, false},
    {GET("/sleep"), 200, NULL, 0, false},
    {GET("/none"), 404, NULL, 0, false},
    {"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200, page, PAGE, true},
    {"GET / HTTP/1.1\r\nHost: localhost\r\nBad Field: x\r\n\r\n", 400, NULL, 0, true},
    {"POST /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n"
     "0123456789012345678901234567890123456789",
     405, NULL, 0, false},
    {"GET /file HTTP/1.1\r\nHost: localhost\r\nRange: bytes=1000-300000\r\n\r\n", 206, file + 1000, 299001,
     false},
    {"GET /file HTTP/1.1\r\nHost: localhost\r\nRange: bytes=1-1000,5000-300000,400000-\r\n\r\n", 206, NULL, 0,
     false},
};

static unsigned turns_to_make(void)
{
    const char *turns = getenv("TURNS");
    if (turns)
        return (unsigned)strtoul(turns, NULL, 10);
    return harness_is_long() ? 10000 : patience_sanitized() ? 60 : 300;
}

static struct race {
    struct server *server;
    struct load *load;
    struct load_group *group;
    unsigned fds; /* of a server without clients */
    unsigned reloads, refused, stops;
    uint32_t random;
} r;

static unsigned draw(unsigned below)
{
    r.random ^= r.random << 13;
    r.random ^= r.random >> 17;
    r.random ^= r.random << 5;
    return (r.random >> 8) % below;
}

static void let_clients_run(unsigned usec)
{
    load_turn(r.load, -1, patience_now() + draw(usec));
}

static void set_up(void)
{
    r = (struct race){.server = server_make()};
    /* Each run is another one; what a failure needs to come again is said. */
    const char *seed = getenv("SEED");
    if (seed)
        r.random = (uint32_t)strtoul(seed, NULL, 10);
    else
        assert_int_equal(getrandom(&r.random, sizeof r.random, 0), sizeof r.random);
    r.random |= 1;
    harness_say("SEED=%u", r.random);
    server_listen(r.server, SERVER_IPV4, "http");
    server_set(r.server, "sleep = 3ms\n");
    server_allow(r.server, "the server is stopping");
    server_allow(r.server, SERVER_NO_CORE);
    server_allow(r.server, "access entries are missing here"); /* on a busy machine */
    tree_bytes(page, PAGE, 1);
    tree_bytes(file, FILE_SIZE, 2);
    tree_file(r.server->root, "page", page, PAGE);
    tree_file(r.server->root, "file", file, FILE_SIZE);
    server_start(r.server);
    struct client *client = client_connect(r.server, 0);
    client_fetch(client, "/page", 200);
    r.fds = server_fds(r.server) - 1;
    client_close(client);
    r.load = load_new();
    r.group = load_add(r.load, &(struct load_plan){.to = &r.server->sockets[0],
                                                   .connections = CLIENTS,
                                                   .requests = requests,
                                                   .request_count = sizeof requests / sizeof requests[0],
                                                   .wild = true,
                                                   .seed = r.random});
    load_ask(r.group, UINT32_MAX);
}

/* Between two requests of everybody: a new process, or one that has let go of every fd. */
static void settle(void)
{
    load_ask(r.group, 0);
    load_finish(r.load);
    load_close(r.group);
    server_await_fds(r.server, r.fds);
    load_ask(r.group, UINT32_MAX);
}

static void ask_and_wait(void)
{
    pid_t asker = server_ask_reload(r.server);
    int ended = process_fd(asker);
    assert_true(load_turn(r.load, ended, patience_deadline()));
    close(ended);
    int status = server_await_answer(asker);
    if (status == 0)
        return;
    char *answer = server_answer(r.server);
    if (!strstr(answer, SERVER_NO_CORE)) {
        server_show_log(r.server);
        fail_msg("hellod --reload: %d, %s", status, answer);
    }
    r.refused++;
    free(answer);
}

static void stop_and_start(void)
{
    server_signal(r.server, SIGTERM);
    int ended = process_fd(r.server->pid);
    if (!load_turn(r.load, ended, patience_deadline())) {
        server_show_log(r.server);
        fail_msg("it did not end");
    }
    close(ended);
    server_expect_exit(r.server, 0);
    server_start(r.server);
    r.stops++;
}

static void assert_nothing_is_lost(void)
{
    const struct load_counts *c = &r.group->counts;
    /* What may be: a later request on a kept connection, or one pipelined behind the last response, meets the
     * end of the process on its way. */
    bool lost = c->refused || c->wrong || c->cut || c->lost_first;
    lost |= r.stops == 0 && (c->lost_later || c->dropped || c->left || c->resets);
    if (lost) {
        server_show_log(r.server);
        load_expect_clean(r.group);
        fail_msg("%u connections were closed for no reason", c->left);
    }
}

static void turn(bool with_stops)
{
    unsigned what = draw(10);
    let_clients_run(15000);
    if (what < 7 || !with_stops) {
        server_signal(r.server, SIGHUP);
        r.reloads++;
    }
    /* Seldom: where its signal merges with the last one, it asks again, seconds later. */
    if (draw(50) == 0)
        ask_and_wait();
    if (with_stops && what >= 6) {
        let_clients_run(what == 6 ? 30000 : 3000);
        stop_and_start();
    }
    server_messages(r.server);
    assert_nothing_is_lost();
}

static void race(bool with_stops, unsigned turns)
{
    set_up();
    for (unsigned i = 1; i <= turns; i++) {
        turn(with_stops);
        if (i % SETTLE_EVERY == 0)
            settle();
    }
    settle();
    assert_nothing_is_lost();
    assert_in_range(r.refused, 0, 1 + turns / 500);
    const struct load_counts *c = &r.group->counts;
    harness_say("%u reloads, of which %u seen refused, and %u stops raced with %llu requests on %llu "
                "connections; %u met an end, %u behind a last response",
                r.reloads, r.refused, r.stops, (unsigned long long)c->responses,
                (unsigned long long)c->connections, c->lost_later, c->dropped);
    load_ask(r.group, 0);
    load_close(r.group);
    server_stop(r.server);
}

static void reloads_race_with_clients(void **state)
{
    (void)state;
    race(false, turns_to_make() / 2);
}

static void reloads_and_stops_race_with_clients(void **state)
{
    (void)state;
    race(true, turns_to_make() / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(reloads_race_with_clients),
        harness_test(reloads_and_stops_race_with_clients),
    };
    return cmocka_run_group_tests_name("reload race", tests, NULL, NULL);
}
