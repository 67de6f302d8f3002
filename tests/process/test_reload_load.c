/* Reload under load: nobody notices. The long forms, by LONG=1, are those of the promises' figures. */
#include "support/harness.h"
#include "support/load.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PAGE = 3000, FILE_SIZE = 200 << 10, LARGE = 24 << 20, BEGUN = 100 << 10 };

#define GET(target) "GET " target " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static char page[PAGE], file[FILE_SIZE];

static struct server *run(const char *settings)
{
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, settings);
    tree_bytes(page, PAGE, 1);
    tree_bytes(file, FILE_SIZE, 2);
    tree_file(server->root, "page", page, PAGE);
    tree_file(server->root, "file", file, FILE_SIZE);
    server_start(server);
    return server;
}

/* While the load goes on. */
static void reload(struct server *server, struct load *load)
{
    pid_t asker = server_ask_reload(server);
    int ended = process_fd(asker);
    assert_true(load_turn(load, ended, patience_deadline()));
    close(ended);
    assert_int_equal(server_await_answer(asker), 0);
    /* Nobody else takes them, and their sender waits for room. */
    server_messages(server);
}

/* Milliseconds, as logged, of all reloads. */
static double longest_pause(struct server *server, unsigned *ret_reloads)
{
    static const char words[] = "no worker ran for ";
    char *log = server_log(server);
    double longest = 0;
    *ret_reloads = 0;
    for (const char *p = log; (p = strstr(p, words)); ++*ret_reloads) {
        p += strlen(words);
        double pause = strtod(p, NULL);
        longest = pause > longest ? pause : longest;
    }
    free(log);
    return longest;
}

static void keep_alive_load_never_notices(void **state)
{
    (void)state;
    unsigned reloads = harness_is_long() ? 200 : patience_sanitized() ? 10 : 20, seen;
    int64_t every = harness_is_long() ? 300000 : 200000;
    const struct load_request requests[] = {
        {.text = GET("/page"), .status = 200, .body = page, .body_length = PAGE},
        {.text = GET("/none"), .status = 404},
        {.text = GET("/file"), .status = 200, .body = file, .body_length = FILE_SIZE},
        {.text = GET("/page"), .status = 200, .body = page, .body_length = PAGE},
    };
    struct server *server = run("");
    struct load *load = load_new();
    struct load_group *group = load_add(
        load, &(struct load_plan){
                  .to = &server->sockets[0], .connections = 200, .requests = requests, .request_count = 4});
    load_ask(group, UINT32_MAX);
    int64_t start = patience_now();
    for (unsigned i = 0; i < reloads; i++) {
        load_turn(load, -1, start + i * every);
        reload(server, load);
    }
    double seconds = (double)(patience_now() - start) / 1e6;
    load_ask(group, 0);
    load_finish(load);
    load_expect_clean(group);
    assert_int_equal(group->counts.left, 0);
    assert_int_equal(group->counts.connections, 200);
    double pause = longest_pause(server, &seen);
    assert_int_equal(seen, reloads);
    harness_say("%u reloads in %.1f s, %.0f responses/s on 200 connections, none lost, longest pause %.1f ms",
                reloads, seconds, (double)group->counts.responses / seconds, pause);
    load_close(group);
    server_stop(server);
}

/* What the server can hold: a file or a timer beside each connection, and some to spare. */
static unsigned connections_that_fit(unsigned wanted)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    unsigned fit = (unsigned)(limit.rlim_max - 100) / 2;
    return fit < wanted ? fit : wanted;
}

static void many_idle_ones_and_downloads_are_carried_over(void **state)
{
    (void)state;
    unsigned downloads = harness_is_long() ? 100 : 10, seen;
    unsigned idle = connections_that_fit((harness_is_long() ? 10000 : 2000) + downloads) - downloads;
    char *large = malloc(LARGE);
    assert_non_null(large);
    tree_bytes(large, LARGE, 3);
    const struct load_request small = {GET("/page"), 200, page, PAGE, false};
    const struct load_request big = {GET("/large"), 200, large, LARGE, false};
    char *limit = harness_text("max_connections = %u\n", idle + downloads);
    struct server *server = run(limit);
    free(limit);
    tree_file(server->root, "large", large, LARGE);
    struct load *load = load_new();
    struct load_plan plan = {&server->sockets[0], idle, &small, 1, false, false, 0};
    struct load_group *idlers = load_add(load, &plan);
    load_ask(idlers, 1);
    load_finish(load);
    plan.connections = downloads, plan.requests = &big;
    struct load_group *takers = load_add(load, &plan);
    load_ask(takers, 1);
    load_await_begun(takers, BEGUN);
    for (unsigned i = 0; i < 3; i++)
        reload(server, load);
    load_release(takers);
    load_ask(idlers, 1);
    load_finish(load);
    load_expect_clean(idlers);
    load_expect_clean(takers);
    assert_int_equal(idlers->counts.responses, 2 * idle);
    assert_int_equal(takers->counts.responses, downloads);
    assert_int_equal(idlers->counts.connections + takers->counts.connections, idle + downloads);
    double pause = longest_pause(server, &seen);
    assert_int_equal(seen, 3);
    harness_say("%u idle connections and %u downloads carried over 3 times, longest pause %.1f ms", idle,
                downloads, pause);
    /* A figure for a machine at rest, and without a sanitizer. */
    if (harness_is_long() && !patience_sanitized())
        assert_true(pause <= 10);
    load_close(idlers);
    load_close(takers);
    server_stop(server);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(keep_alive_load_never_notices),
        harness_test(many_idle_ones_and_downloads_are_carried_over),
    };
    return cmocka_run_group_tests_name("reload load", tests, NULL, NULL);
}
