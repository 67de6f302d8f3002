/*
 * All at once, for long: honest clients, hostile ones, files that change, reloads. No honest client is
 * answered wrongly, and at the end the server has what it had at the start. SOAK_MINUTES=n for a longer run
 * than a few rounds.
 */
#include "support/client.h"
#include "support/harness.h"
#include "support/load.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/scraper.h"
#include "support/server.h"
#include "support/swarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PAGE = 3000,
    FILE_SIZE = 200 << 10,
    VERSION_UNIT = 5000, /* version n has n + 1 times as many bytes, all of one letter */
    VERSIONS = 26,
    CUT_FILE = 8 << 20, /* more than fits between server and client */
    HOSTILE = 40,       /* of each kind in each round */
    ROUND_USEC = 200000,
    CYCLE = 5,   /* rounds from one reload to the next */
    METRICS = 1, /* the socket's index */
    GROWTH_KB = 8 << 10,
};

#define GET(target) "GET " target " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static char page[PAGE], file[FILE_SIZE];

static void write_version(struct server *server, unsigned version)
{
    static char letters[VERSIONS * VERSION_UNIT];
    size_t size = (size_t)(version + 1) * VERSION_UNIT;
    char *from = tree_path(server->root, "new"), *to = tree_path(server->root, "versions");
    memset(letters, 'a' + (int)version, size);
    tree_file(server->root, "new", letters, size);
    assert_int_equal(rename(from, to), 0);
    free(from), free(to);
}

/* What comes is a version, whole; which one is the cache's affair. */
static void expect_a_version(struct client *client)
{
    const struct reply *reply = client_fetch(client, "/versions", 200);
    assert_true(reply->body_length > 0);
    unsigned version = (unsigned)(reply->body[0] - 'a');
    assert_in_range(version, 0, VERSIONS - 1);
    assert_int_equal(reply->body_length, (version + 1) * VERSION_UNIT);
    for (size_t i = 1; i < reply->body_length; i++)
        if (reply->body[i] != reply->body[0])
            fail_msg("'%c' behind '%c' in one answer", reply->body[i], reply->body[0]);
}

/* What a round's hostile clients say; each is left alone until the round ends. */
static const struct hostility {
    const char *text;
    bool by_reset, half;
} hostilities[] = {
    {"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", true, false},
    {"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", false, true},
    {"\x16\x03\x01\x02\x01\x01\xfc\x03\x03 no request at all\r\n\r\n", false, false},
    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nslow", true, false},
    {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", false, false},
    {"GET /cut HTTP/1.1\r\nHost: x\r\n\r\n", true, false},
    {"GET /cut HTTP/1.1\r\nHost: x\r\nRange: bytes=5-5000000\r\n\r\n", false, false},
    {"GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n", true, false},
    {GET("/versions") GET("/file") GET("/%2e%2e/%2e%2e/etc/passwd") GET("/page"), true, false},
    {"", false, true},
};

enum { HOSTILITIES = sizeof hostilities / sizeof *hostilities };

static void begin_hostilities(struct server *server, struct swarm *swarms[HOSTILITIES])
{
    for (unsigned i = 0; i < HOSTILITIES; i++) {
        const struct swarm_plan plan = {
            .count = HOSTILE, .first = SWARM_ADDRESS(100 + i, 1), .addresses = 200, .receive_buffer = 4096};
        swarms[i] = swarm_open(server, &plan);
        (void)swarm_say(swarms[i], hostilities[i].text, strlen(hostilities[i].text));
        if (hostilities[i].half)
            swarm_half_close(swarms[i]);
    }
}

/* Some take a little of their answer first, and those who are sent /cut see it end early or not at all. */
static void end_hostilities(struct swarm *swarms[HOSTILITIES])
{
    for (unsigned i = 0; i < HOSTILITIES; i++) {
        (void)swarm_hear(swarms[i], 1000);
        swarm_end(swarms[i], hostilities[i].by_reset);
    }
    swarm_close_all();
}

static void play_round(struct server *server, struct load *load, struct client *client, unsigned round)
{
    struct swarm *swarms[HOSTILITIES];
    char *cut = tree_path(server->root, "cut");
    assert_int_equal(truncate(cut, CUT_FILE), 0);
    begin_hostilities(server, swarms);
    load_turn(load, -1, patience_now() + ROUND_USEC / 2);
    write_version(server, round % VERSIONS);
    assert_int_equal(truncate(cut, 10), 0);
    load_turn(load, -1, patience_now() + ROUND_USEC / 2);
    expect_a_version(client);
    end_hostilities(swarms);
    free(cut);
}

/* False: a worker had no core for a second, and the server went on as it was, as it should. */
static bool reload(struct server *server, struct load *load)
{
    pid_t asker = server_ask_reload(server);
    int ended = process_fd(asker);
    assert_true(load_turn(load, ended, patience_deadline()));
    close(ended);
    int status = server_await_answer(asker);
    /* Nobody else takes them, and their sender waits for room. */
    server_messages(server);
    if (status == 0)
        return true;
    char *answer = server_answer(server);
    assert_non_null(strstr(answer, SERVER_NO_CORE));
    free(answer);
    return false;
}

/* In kilobytes. */
static unsigned memory_of(const struct server *server)
{
    return (unsigned)(process_memory(server->pid) >> 10);
}

/* Slots that are taken, of which each has a connection. */
static unsigned slots_of(struct server *server)
{
    static const char series[] = "\nhellod_connections{state=\"";
    char *text = scraper_text(server, METRICS);
    unsigned sum = 0, states = 0;
    for (const char *at = text; (at = strstr(at, series)); states++) {
        at = strchr(at + strlen(series), ' ');
        sum += (unsigned)strtoul(at, NULL, 10);
    }
    assert_true(states > 1);
    free(text);
    return sum;
}

/* What a worker does behind the last client's back is done soon. */
static void await_slots(struct server *server, unsigned count)
{
    int64_t deadline = patience_deadline();
    unsigned now;
    while ((now = slots_of(server)) != count)
        if (patience_now() > deadline)
            fail_msg("%u slots are taken, not %u", now, count);
}

static struct load_group *begin_load(struct server *server, struct load *load, bool wild)
{
    static const struct load_request requests[] = {
        {.text = GET("/page"), .status = 200, .body = page, .body_length = PAGE},
        {.text = GET("/none"), .status = 404},
        {.text = GET("/file"), .status = 200, .body = file, .body_length = FILE_SIZE},
        {.text = GET("/versions"), .status = 200},
    };
    const struct load_plan plan = {.to = &server->sockets[0],
                                   .connections = 40,
                                   .requests = requests,
                                   .request_count = sizeof requests / sizeof *requests,
                                   .wild = wild,
                                   .seed = 1};
    struct load_group *group = load_add(load, &plan);
    load_ask(group, UINT32_MAX);
    return group;
}

static void end_load(struct load *load, struct load_group *groups[2])
{
    for (unsigned i = 0; i < 2; i++)
        load_ask(groups[i], 0);
    load_finish(load);
    for (unsigned i = 0; i < 2; i++) {
        load_expect_clean(groups[i]);
        load_close(groups[i]);
    }
}

static int64_t end_of_soak(void)
{
    const char *minutes = getenv("SOAK_MINUTES");
    return patience_now() + (minutes ? strtol(minutes, NULL, 10) * 60000000 : 0);
}

static struct server *run(void)
{
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_listen(server, SERVER_UNIX, "metrics");
    server_set(server, "pool_size = 4\ncache = 1\n");
    server_allow(server, "was shortened while it was sent");
    server_allow(server, SERVER_NO_CORE);
    tree_bytes(page, PAGE, 1);
    tree_bytes(file, FILE_SIZE, 2);
    tree_file(server->root, "page", page, PAGE);
    tree_file(server->root, "file", file, FILE_SIZE);
    tree_noise(server->root, "cut", CUT_FILE, 3);
    write_version(server, 0);
    server_start(server);
    return server;
}

static void all_at_once(void **state)
{
    (void)state;
    unsigned rounds = 0, reloads = 0, refused = 0, memory = 0, growth = 0;
    struct server *server = run();
    unsigned slots = slots_of(server), fds = server_fds(server);
    struct load *load = load_new();
    struct load_group *groups[] = {begin_load(server, load, false), begin_load(server, load, true)};
    struct client *client = client_connect(server, 0);
    int64_t end = end_of_soak();
    do {
        refused += !reload(server, load);
        reloads++;
        for (unsigned i = 0; i < CYCLE; i++) {
            play_round(server, load, client, ++rounds);
            if (i == 0)
                memory = memory_of(server);
        }
        unsigned now = memory_of(server);
        growth = now > memory + growth ? now - memory : growth;
    } while (reloads < 4 || patience_now() < end);
    end_load(load, groups);
    client_close(client);
    await_slots(server, slots);
    server_await_fds(server, fds);
    harness_say("%u rounds, %u reloads of which %u refused, %llu and %llu answers right, %u hostile clients; "
                "grown by %u KB at most; fds %u, slots %u",
                rounds, reloads, refused, (unsigned long long)groups[0]->counts.responses,
                (unsigned long long)groups[1]->counts.responses, rounds * HOSTILE * HOSTILITIES, growth,
                server_fds(server), slots_of(server));
    if (!patience_sanitized())
        assert_true(growth < GROWTH_KB);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(all_at_once),
    };
    return cmocka_run_group_tests_name("soak", tests, NULL, NULL);
}
