/*
 * Files that change while they are served. What leaves is one version of a file, whole, or the connection
 * ends early; and who asks after a change gets the new version within a second.
 */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    VERSIONS = 26,
    SMALL = 700,   /* of such a file a version has as many bytes, and as many times its number more */
    LARGE = 40000, /* so that head and content leave apart */
    ROUNDS = 400,
    WITHIN_MS = 1000,     /* the promise */
    MARGIN_MS = 1000,     /* for a busy machine */
    HUGE_FILE = 32 << 20, /* more than fits between server and client */
};

/* A version is a letter, that many times that its size tells it, too. */
static size_t size_of(unsigned version, size_t unit)
{
    return unit + version * unit;
}

static void write_version(struct server *server, const char *name, unsigned version, size_t unit)
{
    size_t size = size_of(version, unit);
    char *data = malloc(size), *from = tree_path(server->root, "new"), *to = tree_path(server->root, name);
    assert_non_null(data);
    memset(data, 'a' + (int)version, size);
    tree_file(server->root, "new", data, size);
    assert_int_equal(rename(from, to), 0);
    free(data), free(from), free(to);
}

/* The version that an answer is, which must be of one piece. */
static unsigned version_of(const struct reply *reply, size_t unit)
{
    assert_int_equal(reply->status, 200);
    assert_true(reply->body_length > 0);
    unsigned version = (unsigned)(reply->body[0] - 'a');
    if (reply->body_length != size_of(version, unit))
        fail_msg("%zu bytes with the head of one version, '%c' in them of another", reply->body_length,
                 reply->body[0]);
    for (size_t i = 0; i < reply->body_length; i++)
        if (reply->body[i] != reply->body[0])
            fail_msg("'%c' behind '%c' in one answer", reply->body[i], reply->body[0]);
    return version;
}

struct writer {
    struct server *server;
    size_t unit;
    _Atomic bool stop;
    pthread_t thread;
    unsigned written;
};

static void *replace_again_and_again(void *argument)
{
    struct writer *writer = argument;
    while (!atomic_load(&writer->stop))
        write_version(writer->server, "doc.txt", writer->written++ % VERSIONS, writer->unit);
    return NULL;
}

static void start(struct writer *writer, void *(*run)(void *))
{
    assert_int_equal(pthread_create(&writer->thread, NULL, run, writer), 0);
}

static void stop(struct writer *writer)
{
    atomic_store(&writer->stop, true);
    assert_int_equal(pthread_join(writer->thread, NULL), 0);
}

static void replace_while_served(size_t unit)
{
    struct server *server = server_run("");
    struct writer writer = {.server = server, .unit = unit};
    struct client *client = client_connect(server, 0);
    unsigned seen = 0;
    write_version(server, "doc.txt", 0, unit);
    start(&writer, replace_again_and_again);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < 3; i++)
            client_get(client, "/doc.txt");
        for (unsigned i = 0; i < 3; i++)
            seen |= 1u << version_of(client_receive(client, false), unit);
    }
    stop(&writer);
    harness_say("%u versions written, %d of %d told apart", writer.written, __builtin_popcount(seen),
                VERSIONS);
    assert_true(__builtin_popcount(seen) > 1);
    server_stop(server);
}

static void a_small_file_is_replaced(void **state)
{
    (void)state;
    replace_while_served(SMALL);
}

static void a_large_file_is_replaced(void **state)
{
    (void)state;
    replace_while_served(LARGE);
}

/* Asks until the answer is as it should be; that must be so within a second. */
static void await_status(struct client *client, const char *target, unsigned status)
{
    int64_t deadline = patience_now() + (WITHIN_MS + MARGIN_MS) * 1000;
    for (;;) {
        client_get(client, target);
        unsigned got = client_receive(client, false)->status;
        if (got == status)
            return;
        if (patience_now() > deadline)
            fail_msg("%s is still answered by %u, not by %u", target, got, status);
    }
}

static void a_change_is_seen_within_a_second(void **state)
{
    (void)state;
    struct server *server = server_run("");
    struct client *client = client_connect(server, 0);
    char *path = tree_path(server->root, "doc.txt");
    await_status(client, "/doc.txt", 404);
    for (unsigned version = 0; version < 3; version++) {
        int64_t deadline = patience_now() + (WITHIN_MS + MARGIN_MS) * 1000;
        unsigned seen = VERSIONS;
        write_version(server, "doc.txt", version, SMALL);
        while (seen != version && patience_now() < deadline) {
            client_get(client, "/doc.txt");
            const struct reply *reply = client_receive(client, false);
            seen = reply->status == 200 ? version_of(reply, SMALL) : VERSIONS;
        }
        assert_int_equal(seen, version);
    }
    assert_int_equal(unlink(path), 0);
    await_status(client, "/doc.txt", 404);
    assert_int_equal(mkdir(path, 0755), 0);
    await_status(client, "/doc.txt", 301);
    free(path);
    server_stop(server);
}

static void a_mode_is_seen_within_a_second(void **state)
{
    (void)state;
    if (!process_can_bind_mode_bits()) {
        harness_say_skipped("modes", "root reads every file here");
        skip();
    }
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server->mode_bits_bind = true;
    server_start(server);
    struct client *client = client_connect(server, 0);
    char *path = tree_path(server->root, "doc.txt");
    write_version(server, "doc.txt", 0, SMALL);
    await_status(client, "/doc.txt", 200);
    assert_int_equal(chmod(path, 0), 0);
    await_status(client, "/doc.txt", 403);
    assert_int_equal(chmod(path, 0644), 0);
    await_status(client, "/doc.txt", 200);
    free(path);
    server_stop(server);
}

/* Empties the file and writes it anew, in place, as no one should. */
static void *rewrite_again_and_again(void *argument)
{
    struct writer *writer = argument;
    char *path = tree_path(writer->server->root, "doc.txt"), letters[SMALL];
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    memset(letters, 'x', sizeof letters);
    for (; !atomic_load(&writer->stop); writer->written++) {
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, letters, sizeof letters, 0), sizeof letters);
    }
    close(fd);
    free(path);
    return NULL;
}

/* Whatever the file has just then, what the head says is what follows. */
static void a_file_is_rewritten_in_place(void **state)
{
    (void)state;
    struct server *server = server_run("");
    struct writer writer = {.server = server};
    struct client *client = client_connect(server, 0);
    unsigned whole = 0, empty = 0, failed = 0;
    write_version(server, "doc.txt", 0, SMALL);
    start(&writer, rewrite_again_and_again);
    for (unsigned round = 0; round < ROUNDS * 10; round++) {
        client_get(client, "/doc.txt");
        const struct reply *reply = client_receive(client, false);
        assert_true(reply->status == 200 || reply->status == 500);
        whole += reply->status == 200 && reply->body_length == SMALL;
        empty += reply->status == 200 && reply->body_length == 0;
        failed += reply->status == 500;
    }
    stop(&writer);
    harness_say("rewritten %u times: %u answers whole, %u empty, %u failed", writer.written, whole, empty,
                failed);
    assert_int_equal(whole + empty + failed, ROUNDS * 10);
    server_stop(server);
}

static struct client *begin_download(struct server *server)
{
    struct client *client = client_connect(server, 0);
    client_get(client, "/huge.bin");
    assert_true(patience_poll(client->fd, POLLIN, patience_deadline()));
    return client;
}

/* Reads to the end of the connection; how many bytes there were. */
static size_t read_all(struct client *client)
{
    static char buffer[1 << 20];
    int64_t deadline = patience_deadline();
    size_t length = 0;
    for (;;) {
        ssize_t n = recv(client->fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n > 0)
            length += (size_t)n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return length;
        else if (!patience_poll(client->fd, POLLIN, deadline))
            fail_msg("the connection does not end");
    }
}

static void a_file_is_cut_while_it_is_sent(void **state)
{
    (void)state;
    struct server *server = server_run("");
    char *path = tree_path(server->root, "huge.bin");
    tree_noise(server->root, "huge.bin", HUGE_FILE, 1);
    struct client *client = begin_download(server);
    assert_int_equal(truncate(path, 1 << 20), 0);
    size_t length = read_all(client);
    harness_say("%zu of %d bytes came", length, HUGE_FILE);
    assert_true(length < HUGE_FILE);
    client_fetch(client_connect(server, 0), "/hello.html", 200);
    free(path);
    server_stop(server);
}

static void a_file_grows_while_it_is_sent(void **state)
{
    (void)state;
    struct server *server = server_run("");
    char *path = tree_path(server->root, "huge.bin"), *want = malloc(HUGE_FILE);
    assert_non_null(want);
    tree_noise(server->root, "huge.bin", HUGE_FILE, 2);
    tree_bytes(want, HUGE_FILE, 2);
    struct client *client = begin_download(server);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "more of it", 10), 10);
    close(fd);
    const struct reply *reply = client_receive(client, false);
    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->body_length, HUGE_FILE);
    assert_memory_equal(reply->body, want, HUGE_FILE);
    client_expect_open(client);
    client_get(client, "/huge.bin");
    assert_int_equal(client_receive(client, false)->body_length, HUGE_FILE + 10);
    free(path), free(want);
    server_stop(server);
}

/* What was opened is sent to its end, whatever has its name by then. */
static void a_file_is_replaced_and_removed_while_it_is_sent(void **state)
{
    (void)state;
    struct server *server = server_run("");
    char *path = tree_path(server->root, "huge.bin"), *want = malloc(HUGE_FILE);
    assert_non_null(want);
    tree_noise(server->root, "huge.bin", HUGE_FILE, 3);
    tree_bytes(want, HUGE_FILE, 3);
    struct client *client = begin_download(server);
    assert_int_equal(unlink(path), 0);
    tree_text(server->root, "huge.bin", "another");
    const struct reply *reply = client_receive(client, false);
    assert_int_equal(reply->body_length, HUGE_FILE);
    assert_memory_equal(reply->body, want, HUGE_FILE);
    free(path), free(want);
    server_stop(server);
}

/* The file and what it was compressed to are replaced one after the other: each answer is one of them. */
static void *replace_both_again_and_again(void *argument)
{
    struct writer *writer = argument;
    for (; !atomic_load(&writer->stop); writer->written++) {
        write_version(writer->server, "doc.txt", writer->written % VERSIONS, SMALL);
        write_version(writer->server, "doc.txt.gz", writer->written % VERSIONS, SMALL * 2);
    }
    return NULL;
}

static void a_file_and_its_sibling_are_replaced(void **state)
{
    (void)state;
    struct server *server = server_run("");
    struct writer writer = {.server = server};
    struct client *client = client_connect(server, 0);
    unsigned coded = 0;
    write_version(server, "doc.txt", 0, SMALL);
    write_version(server, "doc.txt.gz", 0, SMALL * 2);
    start(&writer, replace_both_again_and_again);
    for (unsigned round = 0; round < ROUNDS * 3; round++) {
        client_say(client, "GET /doc.txt HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
        const struct reply *reply = client_receive(client, false);
        bool gzip = reply_field(reply, "Content-Encoding");
        version_of(reply, gzip ? SMALL * 2 : SMALL);
        coded += gzip;
    }
    stop(&writer);
    harness_say("%u of %d answers in gzip", coded, ROUNDS * 3);
    assert_true(coded > 0);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(a_small_file_is_replaced),
        harness_test(a_large_file_is_replaced),
        harness_test(a_change_is_seen_within_a_second),
        harness_test(a_mode_is_seen_within_a_second),
        harness_test(a_file_is_rewritten_in_place),
        harness_test(a_file_is_cut_while_it_is_sent),
        harness_test(a_file_grows_while_it_is_sent),
        harness_test(a_file_is_replaced_and_removed_while_it_is_sent),
        harness_test(a_file_and_its_sibling_are_replaced),
    };
    return cmocka_run_group_tests_name("changing", tests, NULL, NULL);
}
