/* A page of the site's own for every error that a client can bring about. */
#include "support/client.h"
#include "support/harness.h"
#include "support/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST "Host: localhost\r\n\r\n"

static const struct {
    unsigned status;
    const char *request;
    bool closes;
} errors[] = {
    {400, "GET /%zz HTTP/1.1\r\n" HOST, true},
    {400, "nonsense\r\n\r\n", true},
    {404, "GET /nothing HTTP/1.1\r\n" HOST, false},
    {405, "DELETE / HTTP/1.1\r\n" HOST, false},
    {408, "GET / HTTP/1.1\r\nHost:", true},
    {412, "GET / HTTP/1.1\r\nIf-Match: \"other\"\r\n" HOST, false},
    {413, "POST / HTTP/1.1\r\nContent-Length: 1000\r\n" HOST, true},
    {416, "GET / HTTP/1.1\r\nRange: bytes=1000000-\r\n" HOST, false},
    {417, "GET / HTTP/1.1\r\nExpect: the-unexpected\r\n" HOST, false},
    {431, "GET / HTTP/1.1\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n" HOST, true},
    {501, "BREW / HTTP/1.1\r\n" HOST, false},
    {505, "GET / HTTP/2.0\r\n" HOST, true},
};
enum { ERRORS = sizeof errors / sizeof errors[0], LARGE_PAGE = 100000 };

static struct server *make_server(void)
{
    struct server *server = server_make();
    char *settings = harness_text(
             "[limits]\nfields = 4\nbody = 10\nrequest_line = 256\n[timeouts]\nhead = 1s\n[errors]\n"),
         *with;
    unsigned last = 0;
    for (unsigned i = 0; i < ERRORS; i++) {
        char *name = harness_text("errors/%u.html", errors[i].status),
             *text = harness_text("page for %u", errors[i].status);
        tree_text(server->root, name, text);
        with = harness_text("%s%u = /%s\n", settings, errors[i].status, name);
        if (errors[i].status != last) {
            free(settings);
            settings = with;
            with = NULL;
        }
        last = errors[i].status;
        free(with), free(name), free(text);
    }
    with = harness_text("%s414 = /errors/large.html\n", settings);
    tree_noise(server->root, "errors/large.html", LARGE_PAGE, 1);
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, with);
    server_start(server);
    free(settings), free(with);
    return server;
}

static void every_error_has_its_page(void **state)
{
    (void)state;
    struct server *server = make_server();
    for (unsigned i = 0; i < ERRORS; i++) {
        struct client *client = client_connect(server, 0);
        client_say(client, errors[i].request);
        const struct reply *reply = client_receive(client, false);
        char *text = harness_text("page for %u", errors[i].status);
        if (reply->status != errors[i].status || reply->body_length != strlen(text) ||
            memcmp(reply->body, text, strlen(text)) != 0)
            fail_msg("%u: status %u, \"%.*s\"", errors[i].status, reply->status, (int)reply->body_length,
                     reply->body);
        assert_string_equal(reply_field(reply, "Content-Type"), "text/html; charset=utf-8");
        assert_null(reply_field(reply, "ETag"));
        assert_null(reply_field(reply, "Last-Modified"));
        free(text);
        if (errors[i].closes)
            client_expect_close(client);
        else
            client_expect_open(client);
        client_close(client);
    }
    server_stop(server);
}

static void what_an_error_must_say_is_said_with_any_page(void **state)
{
    (void)state;
    struct server *server = make_server();
    struct client *client = client_connect(server, 0);
    client_say(client, "DELETE / HTTP/1.1\r\n" HOST);
    assert_string_equal(reply_field(client_receive(client, false), "Allow"), "GET, HEAD, OPTIONS");
    client_say(client, "GET /hello.html HTTP/1.1\r\nRange: bytes=1000000-\r\n" HOST);
    const char *range = reply_field(client_receive(client, false), "Content-Range");
    assert_true(range && strncmp(range, "bytes */", 8) == 0);
    client_say(client, "HEAD /nothing HTTP/1.1\r\n" HOST);
    assert_string_equal(reply_field(client_receive(client, true), "Content-Length"), "12");
    client_say(client, "GET /nothing HTTP/1.1\r\nRange: bytes=0-1\r\nIf-None-Match: *\r\n" HOST);
    assert_int_equal(client_receive(client, false)->status, 404);
    client_expect_open(client);
    server_stop(server);
}

/* Even behind a refusal that ends the connection. */
static void a_page_may_be_large(void **state)
{
    (void)state;
    struct server *server = make_server();
    struct client *client = client_connect(server, 0);
    char line[1000], want[LARGE_PAGE];
    memset(line, 'a', sizeof line - 1);
    memcpy(line, "GET /", 5);
    line[sizeof line - 1] = '\0';
    tree_bytes(want, sizeof want, 1);
    client_say(client, line);
    client_say(client, " HTTP/1.1\r\n" HOST);
    const struct reply *reply = client_receive(client, false);
    assert_int_equal(reply->status, 414);
    assert_int_equal(reply->body_length, LARGE_PAGE);
    assert_memory_equal(reply->body, want, LARGE_PAGE);
    client_expect_close(client);
    server_stop(server);
}

static void a_page_that_is_gone_is_made_up(void **state)
{
    (void)state;
    struct server *server = make_server();
    struct client *client = client_connect(server, 0);
    char *path = tree_path(server->root, "errors/405.html");
    assert_int_equal(unlink(path), 0);
    client_say(client, "DELETE / HTTP/1.1\r\n" HOST);
    const struct reply *reply = client_receive(client, false);
    assert_int_equal(reply->status, 405);
    assert_non_null(memmem(reply->body, reply->body_length, "Method Not Allowed", 18));
    client_expect_open(client);
    free(path);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(every_error_has_its_page),
        harness_test(what_an_error_must_say_is_said_with_any_page),
        harness_test(a_page_may_be_large),
        harness_test(a_page_that_is_gone_is_made_up),
    };
    return cmocka_run_group_tests_name("error pages", tests, NULL, NULL);
}
