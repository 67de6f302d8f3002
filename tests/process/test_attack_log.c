/* Whatever a client says, the log has lines of printable ASCII, each with its priority: no line is a
 * client's. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Standard input, output and error have the numbers below 3: with that as its limit a server can open no
 * file. */
enum { NO_FDS = 3 };

static void assert_clean(struct server *server)
{
    char *log = server_log(server);
    unsigned lines = 0;
    for (const char *p = log, *start = log; *p; p++) {
        if (*p != '\n' && (*p < ' ' || *p > '~'))
            fail_msg("a byte 0x%02x is in the log, in the line %.*s", (unsigned char)*p,
                     (int)strcspn(start, "\n"), start);
        if (*p != '\n')
            continue;
        assert_true(start[0] == '<' && start[1] >= '0' && start[1] <= '7' && start[2] == '>');
        start = p + 1;
        lines++;
    }
    harness_say("%u lines, %zu bytes", lines, strlen(log));
    assert_null(strstr(log, "\n<0>"));
    free(log);
}

/* All of it on a connection of its own; whatever the answer. */
static void say(struct server *server, const char *text, size_t length)
{
    struct client *client = client_connect(server, 0);
    assert_true(client_send(client, text, length));
    client_half_close(client);
    (void)client_receive(client, false);
    client_close(client);
}

/* Where a byte may do harm, before it and behind: in the method, the target, the version, a field's name and
 * its value. */
static const char *const places[][2] = {
    {"G", "T / HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"GET /a", "b HTTP/1.1\r\nHost: x\r\nUser-Agent: u\r\n\r\n"},
    {"GET /?a", "b HTTP/1.1\r\nHost: x\r\nUser-Agent: u\r\n\r\n"},
    {"GET / HTTP/1", "1\r\nHost: x\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: x", "y\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: x\r\nUser", "Agent: u\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: a", "b\r\nReferer: c\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: x\r\nReferer: a", "b\r\n\r\n"},
};

static void every_byte_in_every_place(void **state)
{
    (void)state;
    struct server *server = server_run("[log]\nlevel = debug\n");
    unsigned step = patience_sanitized() ? 8 : 1;
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        for (unsigned byte = i % step; byte < 256; byte += step) {
            char text[200];
            int length = snprintf(text, sizeof text, "%s%c%s", places[i][0], (int)byte, places[i][1]);
            say(server, text, (size_t)length);
        }
    server_stop(server);
    assert_clean(server);
}

/* What looks like lines of ours, of terminals, and like UTF-8 that ends too soon. */
static void forged_lines(void **state)
{
    (void)state;
    static const char *const forged[] = {
        "\n<0>kernel: panic",
        "\r\n<0>Stopped",
        "\r<0>x",
        "\x1b[2J\x1b]0;owned\x07",
        "\xc3(",
        "\xe2\x82",
        "\xf0\x9f\x92",
        "\xff\xfe",
        "\xc0\x80",
        "\x7f",
        "\x9b"
        "31m",
        "%0a%0d%1b",
        "%n%s%d",
        "\xe2\x80\xa8",
    };
    struct server *server = server_run("[log]\nlevel = debug\n");
    for (unsigned i = 0; i < sizeof forged / sizeof *forged; i++) {
        char text[512];
        int length = snprintf(text, sizeof text, "GET /%s HTTP/1.1\r\nHost: x\r\n\r\n", forged[i]);
        say(server, text, (size_t)length);
        length =
            snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n\r\n", forged[i]);
        say(server, text, (size_t)length);
    }
    server_stop(server);
    assert_clean(server);
}

/* Names that reach the log at its usual level: of a target that can't be opened, of a file that was cut. */
static void names_that_are_told_of(void **state)
{
    (void)state;
    struct server *server = server_run("cache = 0\n");
    server_allow(server, "Too many open files");
    tree_text(server->root, "a\n<0>b\x1b[31m\xc3(", "text");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/a%0A%3C0%3Eb%1B%5B31m%C3(", 200);
    struct rlimit limit;
    assert_int_equal(prlimit(server->pid, RLIMIT_NOFILE, NULL, &limit), 0);
    const struct rlimit none = {NO_FDS, limit.rlim_max};
    assert_int_equal(prlimit(server->pid, RLIMIT_NOFILE, &none, NULL), 0);
    client_fetch(client, "/a%0A%3C0%3Eb%1B%5B31m%C3(", 503);
    server_await_log(server, "Answered 503 to a request for /a%0A%3C0%3Eb%1B%5B31m%C3(");
    assert_int_equal(prlimit(server->pid, RLIMIT_NOFILE, &limit, NULL), 0);
    client_close(client);
    server_stop(server);
    assert_clean(server);
}

static void the_name_of_a_file_that_is_cut(void **state)
{
    (void)state;
    enum { LARGE = 20 << 20 };
    static const char name[] = "a\n<0>b\x1b[31m\xc3(";
    struct server *server = server_run("");
    tree_noise(server->root, name, LARGE, 1);
    char *path = tree_path(server->root, name);
    struct client *client = client_connect(server, 0);
    client_get(client, "/a%0A%3C0%3Eb%1B%5B31m%C3(");
    assert_true(patience_poll(client->fd, POLLIN, patience_deadline()));
    assert_int_equal(truncate(path, 1), 0);
    while (!client->ended && !client_try_receive(client, false))
        assert_true(patience_poll(client->fd, POLLIN, patience_deadline()));
    server_await_log(server, "/a\\n<0>b\\x1b[31m\\xc3( was shortened while it was sent");
    free(path);
    client_close(client);
    server_stop(server);
    assert_clean(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(every_byte_in_every_place),
        harness_test(forged_lines),
        harness_test(names_that_are_told_of),
        harness_test(the_name_of_a_file_that_is_cut),
    };
    return cmocka_run_group_tests_name("attack: log", tests, NULL, NULL);
}
