/* Ten thousand files of known noise, by their numbers. */
#include "site.h"

#include "harness.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 10000, DEPTH = 4, SIZE_MAX_BYTES = 300000 };

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

size_t site_make(struct tree *root)
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

void site_fetch(struct client *const clients[], unsigned count)
{
    for (unsigned first = 0; first < FILES; first += count * DEPTH) {
        unsigned end = first + count * DEPTH < FILES ? first + count * DEPTH : FILES;
        for (unsigned i = first; i < end; i++)
            ask_for(clients[i % count], i);
        for (unsigned i = first; i < end; i++)
            compare(clients[i % count], i);
    }
}
