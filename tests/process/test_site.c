/* A real site: ten thousand files, every byte of each compared. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 10000, CLIENTS = 8, DEPTH = 4, SIZE_MAX_BYTES = 300000 };

static size_t size_of(unsigned number)
{
    if (number % 100 == 0)
        return 200000 + number * 7;
    if (number % 50 == 1)
        return 16384 + number % 3 - 1; /* round the size from which on a file is sent apart from its head */
    return number * 7919u % 8192;
}

static char *name_of(unsigned number)
{
    char *folder = harness_text("%02u/%02u/", number % 10, number / 10 % 20);
    char *name;
    switch (number % 5) {
    case 0:
        name = harness_text("%s%u.html", folder, number);
        break;
    case 1:
        name = harness_text("%sa b %u.txt", folder, number);
        break;
    case 2:
        name = harness_text("%s\303\274ber-%u.png", folder, number);
        break;
    case 3:
        name = harness_text("%s%u%%.css", folder, number);
        break;
    default:
        name = harness_text("%sREADME-%u", folder, number);
        break;
    }
    free(folder);
    return name;
}

/* Percent-encoded, with the slash in front. */
static char *target_of(unsigned number)
{
    char *name = name_of(number), *target = malloc(strlen(name) * 3 + 2), *out = target;
    assert_non_null(target);
    *out++ = '/';
    for (const char *p = name; *p; p++) {
        bool plain = isalnum((unsigned char)*p) || strchr("/-._", *p);
        out += sprintf(out, plain ? "%c" : "%%%02X", (unsigned char)*p);
    }
    free(name);
    return target;
}

static size_t make_site(struct tree *root)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < FILES; i++) {
        char *name = name_of(i);
        tree_noise(root, name, size_of(i), i);
        bytes += size_of(i);
        free(name);
    }
    return bytes;
}

static void ask_for(struct client *client, unsigned number)
{
    char *target = target_of(number);
    client_get(client, target);
    free(target);
}

static void compare(struct client *client, unsigned number)
{
    static char want[SIZE_MAX_BYTES];
    const struct reply *reply = client_receive(client, false);
    size_t size = size_of(number);
    assert_true(size <= sizeof want);
    tree_bytes(want, size, number);
    if (reply->status != 200 || reply->body_length != size || memcmp(reply->body, want, size) != 0)
        fail_msg("file %u: status %u, %zu bytes, and of its own %zu not all", number, reply->status,
                 reply->body_length, size);
}

/* Several connections, each with several requests under way. */
static void fetch_all(struct server *server)
{
    struct client *clients[CLIENTS];
    for (unsigned c = 0; c < CLIENTS; c++)
        clients[c] = client_connect(server, c % server->socket_count);
    for (unsigned first = 0; first < FILES; first += CLIENTS * DEPTH) {
        unsigned end = first + CLIENTS * DEPTH < FILES ? first + CLIENTS * DEPTH : FILES;
        for (unsigned i = first; i < end; i++)
            ask_for(clients[i % CLIENTS], i);
        for (unsigned i = first; i < end; i++)
            compare(clients[i % CLIENTS], i);
    }
}

static void every_byte_of_ten_thousand_files_is_right(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_listen(server, SERVER_UNIX, "local");
    size_t bytes = make_site(server->root);
    server_start(server);
    int64_t start = patience_now();
    fetch_all(server);
    harness_say("%d files, %.1f MB, fetched and compared in %.2f s", FILES, (double)bytes / 1e6,
                (double)(patience_now() - start) / 1e6);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {harness_test(every_byte_of_ten_thousand_files_is_right)};
    return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
