/*
 * Files that change: no validator is told that a later change could leave true, none is told within the
 * second of the change, and what a client holds of an older version never passes for the newer one.
 */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* So that every request sees what is there. */
static const char without_cache[] = "cache = 0\n";

static time_t date_of(const struct reply *reply, const char *name)
{
    struct tm tm = {0};
    const char *text = reply_field(reply, name);
    assert_non_null(text);
    assert_non_null(strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm));
    return timegm(&tm);
}

static time_t time_of_file(struct tree *tree, const char *name)
{
    struct stat st;
    char *path = tree_path(tree, name);
    assert_int_equal(stat(path, &st), 0);
    free(path);
    return st.st_mtim.tv_sec;
}

static const struct reply *fetch_with(struct client *client, const char *fields)
{
    client_say(client, "GET /file.txt HTTP/1.1\r\nHost: a\r\n");
    client_say(client, fields);
    client_say(client, "\r\n");
    return client_receive(client, false);
}

/* Asks until the second of the last change is over; the file's tag then, to be freed by free(3). */
static char *await_etag(struct client *client)
{
    int64_t deadline = patience_deadline();
    for (;;) {
        const struct reply *reply = fetch_with(client, "");
        assert_int_equal(reply->status, 200);
        if (reply_field(reply, "ETag"))
            return strdup(reply_field(reply, "ETag"));
        if (!patience_poll(-1, 0, patience_now() + 10000) && patience_now() > deadline)
            fail_msg("no ETag even after a while");
    }
}

static void no_validators_within_the_second_of_a_change(void **state)
{
    (void)state;
    struct server *server = server_run(without_cache);
    struct client *client = client_connect(server, 0);
    unsigned without = 0;
    for (unsigned i = 0; i < 300; i++) {
        char text[16];
        snprintf(text, sizeof text, "%03u", i);
        tree_text(server->root, "file.txt", text);
        const struct reply *reply = fetch_with(client, "");
        bool over = date_of(reply, "Date") > time_of_file(server->root, "file.txt");
        assert_memory_equal(reply->body, text, 3);
        assert_int_equal(reply_field(reply, "ETag") != NULL, over);
        assert_int_equal(reply_field(reply, "Last-Modified") != NULL, over);
        without += !over;
    }
    assert_true(without > 0);
    free(await_etag(client));
    client_close(client);
    server_stop(server);
}

/* Asks with those fields until the answer is not the one of before, which it must be for a second at most. */
static const struct reply *await_change(struct client *client, const char *fields, unsigned before)
{
    int64_t end = patience_now() + 1000000, deadline = patience_deadline();
    for (;;) {
        int64_t asked = patience_now();
        const struct reply *reply = fetch_with(client, fields);
        if (reply->status != before)
            return reply;
        /* The clock of the cache ticks; a busy host may be late to ask. */
        assert_true(asked < end + 20000);
        if (!patience_poll(-1, 0, patience_now() + 10000) && patience_now() > deadline)
            fail_msg("no change even after a while");
    }
}

/* Written in place: inode and size stay. */
static void a_tag_is_of_one_content(const char *settings)
{
    struct server *server = server_run(settings);
    struct client *client = client_connect(server, 0);
    tree_text(server->root, "file.txt", "one");
    char *one = await_etag(client), *fields = harness_text("If-None-Match: %s\r\n", one);
    char *range = harness_text("Range: bytes=1-\r\nIf-Range: %s\r\n", one);
    assert_int_equal(fetch_with(client, fields)->status, 304);
    assert_int_equal(fetch_with(client, range)->status, 206);
    tree_text(server->root, "file.txt", "two");
    const struct reply *reply = *settings ? fetch_with(client, fields) : await_change(client, fields, 304);
    assert_int_equal(reply->status, 200);
    assert_memory_equal(reply->body, "two", 3);
    reply = fetch_with(client, range);
    assert_int_equal(reply->status, 200);
    assert_memory_equal(reply->body, "two", 3);
    char *two = await_etag(client);
    assert_string_not_equal(one, two);
    free(one), free(two), free(fields), free(range);
    client_close(client);
    server_stop(server);
}

static void a_tag_is_of_one_content_only(void **state)
{
    (void)state;
    a_tag_is_of_one_content(without_cache);
}

static void and_with_a_cache_a_second_later(void **state)
{
    (void)state;
    a_tag_is_of_one_content("");
}

static void a_file_put_in_its_place_is_another(void **state)
{
    (void)state;
    struct server *server = server_run(without_cache);
    struct client *client = client_connect(server, 0);
    tree_text(server->root, "file.txt", "one");
    tree_text(server->root, "next.txt", "two");
    /* Even with size and time the same. */
    tree_set_times(server->root, 784111777);
    char *from = tree_path(server->root, "next.txt"), *to = tree_path(server->root, "file.txt");
    char *one = await_etag(client), *fields = harness_text("If-Match: %s\r\n", one);
    assert_int_equal(fetch_with(client, fields)->status, 200);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(fetch_with(client, fields)->status, 412);
    const struct reply *reply = fetch_with(client, "");
    assert_memory_equal(reply->body, "two", 3);
    assert_string_not_equal(reply_field(reply, "ETag"), one);
    assert_int_equal(date_of(reply, "Last-Modified"), 784111777);
    free(from), free(to), free(one), free(fields);
    client_close(client);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(no_validators_within_the_second_of_a_change),
        harness_test(a_tag_is_of_one_content_only),
        harness_test(and_with_a_cache_a_second_later),
        harness_test(a_file_put_in_its_place_is_another),
    };
    return cmocka_run_group_tests_name("validators", tests, NULL, NULL);
}
