/* Whatever a connection is about, a reload carries it on from where it stands. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TCP, UNIX };
enum { LARGE = 40 << 20, MIDDLING = 3 << 20, PAGE = 12 << 10, PIPELINED = 600 };

static struct server *run(const char *settings)
{
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_listen(server, SERVER_UNIX, "local");
    server_set(server, settings);
    server_start(server);
    return server;
}

static void reload(struct server *server)
{
    server_expect_reload(server);
    server_messages(server);
}

static char *make_noise(struct server *server, const char *name, size_t size)
{
    char *noise = malloc(size);
    assert_non_null(noise);
    tree_bytes(noise, size, 4);
    tree_file(server->root, name, noise, size);
    return noise;
}

static void assert_body(const struct reply *reply, const char *body, size_t size)
{
    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->body_length, size);
    assert_memory_equal(reply->body, body, size);
}

static void a_head_may_be_cut_anywhere(void **state)
{
    (void)state;
    static const char text[] = "GET /hello.html HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n";
    static const size_t cuts[] = {0, 1, 3, 4, 16, 24, 25, 26, 33, 50, sizeof text - 3, sizeof text - 2};
    struct server *server = run("");
    for (unsigned family = TCP; family <= UNIX; family++) {
        struct client *clients[sizeof cuts / sizeof cuts[0]], *second[sizeof cuts / sizeof cuts[0]];
        for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
            clients[i] = client_connect(server, family), second[i] = client_connect(server, family);
            client_fetch(second[i], "/", 200);
            client_send(clients[i], text, cuts[i]);
            client_send(second[i], text, cuts[i]);
            client_await_read(clients[i]);
            client_await_read(second[i]);
        }
        reload(server);
        for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
            client_say(clients[i], text + cuts[i]);
            client_say(second[i], text + cuts[i]);
            assert_int_equal(client_receive(clients[i], false)->status, 200);
            assert_int_equal(client_receive(second[i], false)->status, 200);
            client_expect_open(clients[i]);
        }
        client_close_all();
    }
    server_stop(server);
}

static void a_head_may_come_in_the_course_of_many_reloads(void **state)
{
    (void)state;
    struct server *server = run("");
    struct client *client = client_connect(server, UNIX);
    const char *const parts[] = {"G", "ET /hel", "lo.html HTTP/1", ".1\r", "\nHost", ": localhost\r\n", "\r"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        client_say(client, parts[i]);
        client_await_read(client);
        reload(server);
        assert_null(client_try_receive(client, false));
    }
    client_say(client, "\n");
    assert_int_equal(client_receive(client, false)->status, 200);
    server_stop(server);
}

static void a_download_goes_on_at_its_byte(void **state)
{
    (void)state;
    struct server *server = run("");
    char *large = make_noise(server, "large.bin", LARGE);
    struct client *clients[] = {client_connect(server, TCP), client_connect(server, UNIX)};
    for (unsigned i = 0; i < 2; i++) {
        client_get(clients[i], "/large.bin");
        assert_true(patience_poll(clients[i]->fd, POLLIN, patience_deadline()));
    }
    /* The file that is being sent is the one that was opened, whatever its name stands for by now. */
    char *path = tree_path(server->root, "large.bin");
    assert_int_equal(unlink(path), 0);
    free(path);
    const struct reply *replies[2] = {NULL, NULL};
    for (unsigned turns = 0; !replies[0] || !replies[1]; turns++) {
        if (turns < 8)
            reload(server);
        for (unsigned i = 0; i < 2; i++) {
            if (replies[i])
                continue;
            assert_true(patience_poll(clients[i]->fd, POLLIN, patience_deadline()));
            replies[i] = client_try_receive(clients[i], false);
            assert_false(clients[i]->ended);
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_body(replies[i], large, LARGE);
        client_expect_open(clients[i]);
        client_fetch(clients[i], "/large.bin", 404);
    }
    free(large);
    server_stop(server);
}

static void ranges_go_on_within_and_between_them(void **state)
{
    (void)state;
    static const size_t ranges[][2] = {{100, 9999999}, {20000000, 20000999}, {30000000, LARGE - 1}};
    struct server *server = run("");
    char *large = make_noise(server, "large.bin", LARGE);
    struct client *client = client_connect(server, UNIX);
    client_say(client, "GET /large.bin HTTP/1.1\r\nHost: x\r\n"
                       "Range: bytes=100-9999999,20000000-20000999,30000000-\r\n\r\n");
    const struct reply *reply = NULL;
    for (unsigned turns = 0; !reply; turns++) {
        assert_true(patience_poll(client->fd, POLLIN, patience_deadline()));
        if (turns < 20)
            reload(server);
        reply = client_try_receive(client, false);
        assert_true(reply || !client->ended);
    }
    assert_int_equal(reply->status, 206);
    const char *at = reply->body, *end = at + reply->body_length;
    for (unsigned i = 0; i < 3; i++) {
        size_t size = ranges[i][1] - ranges[i][0] + 1;
        const char *head_end = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
        assert_non_null(head_end);
        assert_true(head_end - at < 400 && (size_t)(end - head_end) > 4 + size);
        assert_memory_equal(head_end + 4, large + ranges[i][0], size);
        at = head_end + 4 + size;
    }
    assert_true(end - at < 100);
    client_expect_open(client);
    free(large);
    server_stop(server);
}

/* Bodies that nobody wants are read all the same, since the connection is good for more. */
static void a_body_may_be_cut_anywhere(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "POST /hello.html HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\nabcdefghijklmnopqrstuvwxyz",
        "POST /hello.html HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1A;a=\"b\"\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nA: b\r\n\r\n",
    };
    struct server *server = run("");
    for (unsigned i = 0; i < 2; i++) {
        const char *body = strstr(texts[i], "\r\n\r\n") + 4;
        struct client *clients[100];
        unsigned count = 0;
        for (const char *cut = body; *cut; cut++, count++) {
            clients[count] = client_connect(server, UNIX);
            assert_true(client_send(clients[count], texts[i], (size_t)(cut - texts[i])));
            client_await_read(clients[count]);
        }
        reload(server);
        for (unsigned n = 0; n < count; n++) {
            client_say(clients[n], body + n);
            assert_int_equal(client_receive(clients[n], false)->status, 405);
            client_expect_open(clients[n]);
        }
        client_close_all();
    }
    server_stop(server);
}

/* More answers than the socket takes; then requests that wait unread behind them. */
static void pipelined_requests_are_answered_in_their_order(void **state)
{
    (void)state;
    struct server *server = run("");
    char *page = make_noise(server, "page", PAGE), *large = make_noise(server, "large.bin", MIDDLING);
    struct client *client = client_connect(server, UNIX);
    char *text = calloc(PIPELINED, 64);
    assert_non_null(text);
    char *end = text;
    for (unsigned i = 0; i < PIPELINED; i++)
        end += sprintf(end, "%s /%s HTTP/1.1\r\nHost: x\r\n\r\n", i % 7 == 3 ? "HEAD" : "GET",
                       i % 50 == 20 ? "large.bin"
                       : i % 5 == 2 ? "none"
                                    : "page");
    /* Nothing is read yet, so the server soon has to wait. */
    size_t sent = 0, length = (size_t)(end - text);
    while (sent < length) {
        ssize_t n = send(client->fd, text + sent, length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            break;
        sent += (size_t)n;
    }
    for (unsigned i = 0; i < PIPELINED; i++) {
        if (i % 100 == 0)
            reload(server);
        const struct reply *reply = client_receive(client, i % 7 == 3);
        if (i % 50 != 20 && i % 5 == 2)
            assert_int_equal(reply->status, 404);
        else if (i % 7 != 3)
            assert_body(reply, i % 50 == 20 ? large : page, i % 50 == 20 ? MIDDLING : PAGE);
        if (i == 20)
            client_send(client, text + sent, length - sent);
    }
    client_expect_open(client);
    free(text), free(page), free(large);
    server_stop(server);
}

static void sleepers_wake_when_they_would_have(void **state)
{
    (void)state;
    struct server *server = run("sleep = 700ms\n");
    struct client *clients[20];
    int64_t start = patience_now();
    for (unsigned i = 0; i < 20; i++) {
        clients[i] = client_connect(server, i % 2);
        if (i % 4 < 2)
            client_fetch(clients[i], "/", 200);
        client_say(clients[i], "GET /sleep HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\n");
        client_await_read(clients[i]);
    }
    client_half_close(clients[19]);
    client_close(clients[18]);
    /* One is woken while nobody is there to serve it, more likely than not. */
    while (patience_now() - start < 800000)
        reload(server);
    for (unsigned i = 0; i < 20; i++) {
        if (i == 18)
            continue;
        assert_int_equal(client_receive(clients[i], false)->status, 200);
        assert_int_equal(client_receive(clients[i], false)->status, 404);
    }
    assert_true(patience_now() - start >= 700000);
    client_expect_close(clients[19]);
    client_expect_open(clients[0]);
    server_stop(server);
}

/* What a request asked for before it slept, holds for its answer. */
static void a_sleeper_keeps_what_its_request_said(void **state)
{
    (void)state;
    struct server *server = run("sleep = 500ms\n");
    struct client *head = client_connect(server, UNIX), *last = client_connect(server, UNIX);
    struct client *old = client_connect(server, UNIX);
    client_say(head, "HEAD /sleep HTTP/1.1\r\nHost: x\r\n\r\n");
    client_say(last, "GET /sleep HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    client_say(old, "GET /sleep HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    client_await_read(head), client_await_read(last), client_await_read(old);
    reload(server);
    assert_int_equal(client_receive(head, true)->status, 200);
    client_expect_open(head);
    assert_string_equal(reply_field(client_receive(last, false), "Connection"), "close");
    client_expect_close(last);
    assert_string_equal(reply_field(client_receive(old, false), "Connection"), "keep-alive");
    client_expect_open(old);
    server_stop(server);
}

/* After a refusal the rest of what the client sends is read and dropped, lest a reset eats the response. */
static void lingering_goes_on(void **state)
{
    (void)state;
    struct server *server = run("[log]\nlevel = debug\n");
    static char rest[300 << 10];
    struct client *client = client_connect(server, UNIX), *silent = client_connect(server, UNIX);
    client_say(client, "GET / HTTP/1.1\r\nHost: x\r\nBad Field: x\r\n\r\n");
    client_say(silent, "GET / HTTP/1.1\r\nHost: x\r\nBad Field: x\r\n\r\n");
    assert_int_equal(client_receive(client, false)->status, 400);
    assert_int_equal(client_receive(silent, false)->status, 400);
    reload(server);
    memset(rest, 'x', sizeof rest);
    assert_true(client_send(client, rest, sizeof rest));
    client_await_read(client);
    reload(server);
    assert_true(client_send(client, rest, sizeof rest));
    client_expect_close(client);
    client_close(client);
    /* Of that the log tells why it ended; the silent one's time runs out, after two reloads as after none. */
    server_await_log(server, "ended after 1 requests: closed after a refused request");
    server_await_log(server, "ended after 1 requests: did not close in time");
    server_stop(server);
}

static void idle_ones_and_silent_ones_stay_and_go_in_their_time(void **state)
{
    (void)state;
    struct server *server = run("[timeouts]\nidle = 1s\nhead = 1s\n");
    struct client *idle = client_connect(server, TCP), *fresh = client_connect(server, TCP);
    struct client *half = client_connect(server, TCP), *late = client_connect(server, TCP);
    int64_t start = patience_now();
    client_say(half, "GET / HTTP");
    client_fetch(idle, "/", 200);
    reload(server);
    client_fetch(late, "/", 200);
    reload(server);
    client_expect_close(idle);
    client_expect_close(fresh);
    assert_int_equal(client_receive(half, false)->status, 408);
    assert_true(patience_now() - start >= 900000);
    assert_true(patience_now() - start < 6000000);
    server_stop(server);
}

static void who_takes_nothing_is_ended_in_his_time(void **state)
{
    (void)state;
    struct server *server = run("[timeouts]\nsend = 1s\n");
    tree_noise(server->root, "large.bin", LARGE, 4);
    struct client *client = client_connect(server, TCP);
    int64_t start = patience_now();
    client_get(client, "/large.bin");
    assert_true(patience_poll(client->fd, POLLIN, patience_deadline()));
    unsigned before = server_fds(server);
    reload(server);
    reload(server);
    server_await_fds(server, before - 2); /* socket and file */
    assert_true(patience_now() - start >= 900000);
    server_stop(server);
}

static void who_has_closed_meanwhile_is_noticed(void **state)
{
    (void)state;
    struct server *server = run("");
    unsigned before = server_fds(server);
    for (unsigned i = 0; i < 20; i++) {
        struct client *client = client_connect(server, i % 2);
        client_fetch(client, "/", 200);
        pid_t asker = server_ask_reload(server);
        client_close(client);
        assert_int_equal(server_await_answer(asker), 0);
        server_messages(server);
    }
    server_await_fds(server, before);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(a_head_may_be_cut_anywhere),
        harness_test(a_head_may_come_in_the_course_of_many_reloads),
        harness_test(a_download_goes_on_at_its_byte),
        harness_test(ranges_go_on_within_and_between_them),
        harness_test(a_body_may_be_cut_anywhere),
        harness_test(pipelined_requests_are_answered_in_their_order),
        harness_test(sleepers_wake_when_they_would_have),
        harness_test(a_sleeper_keeps_what_its_request_said),
        harness_test(lingering_goes_on),
        harness_test(idle_ones_and_silent_ones_stay_and_go_in_their_time),
        harness_test(who_takes_nothing_is_ended_in_his_time),
        harness_test(who_has_closed_meanwhile_is_noticed),
    };
    return cmocka_run_group_tests_name("reload states", tests, NULL, NULL);
}
