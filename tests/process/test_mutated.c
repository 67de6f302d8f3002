/*
 * Bad input: requests with a few octets changed, 300 a second, for a few seconds, or with LONG=1 in the
 * environment for a minute. The server answers or closes, and goes on; afterwards it holds no fd, no memory
 * and no slot more than before. Some clients stay silent behind half a request, and some of those end in a
 * reset.
 *
 * The requests are the same in every run: SEED=number in the environment for others.
 */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RATE = 300, SHORT_SECONDS = 3, LONG_SECONDS = 60, SILENT_MAX = 32, REQUEST_MAX = 4096 };

/* What the memory in use may differ by: buffers of the allocator and of standard error, of each thread. */
enum { MEMORY_SLACK = 4 << 20 };

static const char *const seeds[] = {
    "GET /hello.html HTTP/1.1\r\nHost: hello.example\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: hello.example\r\nConnection: keep-alive, x\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: [::1]:7878\r\n\r\n",
    "GET http://hello.example/a%20b/../hello.html?q=1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "GET /noise HTTP/1.1\r\nHost: a\r\nRange: bytes=0-0,5-9, -3,70000-\r\n\r\n",
    "GET /noise HTTP/1.1\r\nHost: a\r\nRange: bytes=1000-60000\r\nIf-Range: \"1-2-3\"\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: W/\"x\", \"y\"\r\nIf-Match: *\r\n"
    "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "If-Unmodified-Since: Sunday, 06-Nov-94 08:49:37 GMT\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\nhello, world",
    "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;a=\"b\\\"c\"; d\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n",
    "GET /sleep HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /noise HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: "
    "a\r\n\r\n",
    "BREW / HTTP/1.1\r\nHost: a\r\nCookie: b=c\r\nAccept: */*;q=0.1\r\n\r\n",
};

static uint64_t random_state;

static uint64_t next_random(uint64_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % below;
}

/* One change: an octet, a piece taken out, a piece said twice, a piece of another request. */
static size_t change(char *text, size_t length)
{
    static const char octets[] = "\r\n\t :;,=/%\"\\?#@[]*-0159aAfFgxX.\0\x7f\x80\xff";
    size_t place = next_random(length), size = 1 + next_random(8), tail;
    size = size < length - place ? size : length - place;
    tail = length - place - size;
    const char *other = seeds[next_random(sizeof seeds / sizeof *seeds)];
    switch (next_random(5)) {
    case 0:
    case 1:
        text[place] = octets[next_random(sizeof octets - 1)];
        return length;
    case 2:
        memmove(text + place, text + place + size, tail);
        return length - size;
    case 3:
        memmove(text + place + size, text + place, tail + size);
        return length + size;
    default:
        memcpy(text + place, other + next_random(strlen(other)), 1);
        return length;
    }
}

static size_t make_request(char *text)
{
    const char *seed = seeds[next_random(sizeof seeds / sizeof *seeds)];
    size_t length = strlen(seed);
    memcpy(text, seed, length);
    for (uint64_t changes = next_random(6); changes > 0 && length > 1; changes--)
        length = change(text, length);
    return length;
}

/* All that comes until the server closes its half: nothing, or something that starts as an answer does. */
static void expect_answers(struct client *client)
{
    static const char start[] = "HTTP/1.1 ";
    char buffer[64 << 10], first[sizeof start] = "";
    int64_t deadline = patience_deadline();
    size_t total = 0;
    for (;;) {
        if (!patience_poll(client->fd, POLLIN, deadline))
            fail_msg("neither an answer nor the end");
        ssize_t n = recv(client->fd, buffer, sizeof buffer, 0);
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n && total + (size_t)i < strlen(start); i++)
            first[total + (size_t)i] = buffer[i];
        total += (size_t)n;
    }
    assert_memory_equal(first, start, total < strlen(start) ? total : strlen(start));
}

static void reset(struct client *client)
{
    struct linger linger = {.l_onoff = 1};
    assert_int_equal(setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    client_close(client);
}

static void play_one(struct server *server, struct client **silent)
{
    char text[REQUEST_MAX];
    size_t length = make_request(text), split = next_random(length + 1);
    struct client *client = client_connect(server, 0);
    (void)!client_send(client, text, split);
    (void)!client_send(client, text + split, length - split);
    if (next_random(4) > 0) {
        client_half_close(client);
        expect_answers(client);
        client_close(client);
        return;
    }
    struct client **place = &silent[next_random(SILENT_MAX)];
    if (*place && next_random(2) > 0)
        reset(*place);
    else if (*place)
        client_close(*place);
    *place = client;
}

static unsigned count_fds(const struct server *server)
{
    char *path = harness_text("/proc/%d/fd", server->pid);
    DIR *folder = opendir(path);
    unsigned count = 0;
    free(path);
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* As few as there are while nobody is connected: the message that it is ready goes by an fd of its own. */
static unsigned count_fds_at_rest(const struct server *server)
{
    unsigned fewest = count_fds(server);
    for (unsigned looks = 0; looks < 20; looks++) {
        (void)patience_poll(-1, 0, patience_now() + 10000);
        unsigned count = count_fds(server);
        fewest = count < fewest ? count : fewest;
    }
    return fewest;
}

static size_t memory_in_use(const struct server *server)
{
    char *path = harness_text("/proc/%d/statm", server->pid), *text = harness_read_file(path, NULL);
    unsigned long pages;
    assert_non_null(text);
    assert_int_equal(sscanf(text, "%*u %lu", &pages), 1);
    free(path), free(text);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* The server has seen every end when it has closed every fd. */
static void await_fds(const struct server *server, unsigned expected)
{
    int64_t deadline = patience_deadline();
    while (count_fds(server) != expected) {
        if (patience_now() > deadline)
            fail_msg("%u fds, %u at the start", count_fds(server), expected);
        (void)patience_poll(-1, 0, patience_now() + 10000);
    }
}

static void play_seconds(struct server *server, unsigned seconds)
{
    struct client *silent[SILENT_MAX] = {NULL};
    int64_t start = patience_now();
    for (unsigned i = 0; i < seconds * RATE; i++) {
        int64_t due = start + (int64_t)i * 1000000 / RATE;
        if (patience_now() < due)
            (void)patience_poll(-1, 0, due);
        play_one(server, silent);
    }
    client_close_all();
}

static void mutated_requests_leave_nothing_behind(void **state)
{
    (void)state;
    const char *seed = getenv("SEED"), *wanted = getenv("LONG");
    random_state = seed ? strtoull(seed, NULL, 0) : 0x9e3779b97f4a7c15;
    unsigned seconds = wanted && strcmp(wanted, "1") == 0 ? LONG_SECONDS : SHORT_SECONDS;
    struct server *server =
        server_run("sleep = 20ms\n[timeouts]\nhead = 5s\nidle = 5s\nbody = 5s\nsend = 5s\n");
    tree_noise(server->root, "noise", 100000, 1);
    unsigned fds = count_fds_at_rest(server);
    play_seconds(server, 1);
    await_fds(server, fds);
    size_t memory = memory_in_use(server);
    play_seconds(server, seconds);
    await_fds(server, fds);
    /* Sanitizers keep freed memory for a while; they tell of leaks themselves. */
    if (!patience_sanitized() && memory_in_use(server) > memory + MEMORY_SLACK)
        fail_msg("%zu bytes of memory, %zu before", memory_in_use(server), memory);
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/hello.html", 200);
    client_close(client);
    await_fds(server, fds);
    server_stop(server);
    char *log = server_log(server);
    assert_non_null(strstr(log, "stopping, 0 connections to finish"));
    assert_non_null(strstr(log, " 0 connections cut short"));
    free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(mutated_requests_leave_nothing_behind),
    };
    return cmocka_run_group_tests_name("mutated", tests, NULL, NULL);
}
