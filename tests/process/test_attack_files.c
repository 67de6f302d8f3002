/*
 * Files that are replaced, removed and cut while responses with them are under way. A response is one
 * version, whole; or it ends too early; or, where a file is cut in place while sendfile(2) has its pages in
 * hand, it has zeros, which the kernel puts behind the cut into the page that it goes through, however large
 * that is. It never has a byte of another file.
 */
#include "support/attack.h"
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* File I has nothing but the letter 'a' + I in it; some are sent from memory, some by sendfile(2). */
enum { FILES = 4, ROUNDS = 300 };
static const size_t sizes[FILES] = {1000, 40000, 300000, 3000000};

static struct vandal {
    pthread_t thread;
    bool running;
    _Atomic bool ending;
    char *paths[FILES], *fresh;
    unsigned seed, deeds, missed; /* there was nothing to be cut or removed */
} vandal;

/* A new file takes the name. */
static void replace(unsigned i, size_t size)
{
    char *bytes = malloc(size);
    int fd = open(vandal.fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (bytes && fd >= 0) {
        memset(bytes, 'a' + (int)i, size);
        if (write(fd, bytes, size) == (ssize_t)size)
            (void)rename(vandal.fresh, vandal.paths[i]);
    }
    if (fd >= 0)
        close(fd);
    free(bytes);
}

static void *vandalize(void *context)
{
    (void)context;
    for (; !atomic_load(&vandal.ending); vandal.deeds++) {
        unsigned i = (unsigned)rand_r(&vandal.seed) % FILES;
        size_t size = sizes[i] / 2 + (size_t)rand_r(&vandal.seed) % sizes[i];
        switch (rand_r(&vandal.seed) % 4) {
        case 0:
            vandal.missed += truncate(vandal.paths[i], (off_t)(size / 3)) < 0;
            break;
        case 1:
            vandal.missed += unlink(vandal.paths[i]) < 0;
            break;
        default:
            replace(i, size);
        }
    }
    return NULL;
}

static void stop_vandal(void)
{
    if (!vandal.running)
        return;
    atomic_store(&vandal.ending, true);
    pthread_join(vandal.thread, NULL);
    vandal.running = false;
    for (unsigned i = 0; i < FILES; i++)
        free(vandal.paths[i]);
    free(vandal.fresh);
}

/* Also of a test that has failed. */
static int tear_down(void **state)
{
    stop_vandal();
    return harness_teardown(state);
}

struct outcomes {
    unsigned whole, zeros, early, absent;
};

/* Letters of that file, and zeros perhaps, and nothing else. */
static void judge(const char *bytes, size_t length, bool whole, unsigned i, struct outcomes *outcomes)
{
    size_t zeros = 0;
    for (size_t n = 0; n < length; n++) {
        zeros += bytes[n] == '\0';
        if (bytes[n] != '\0' && bytes[n] != (char)('a' + i))
            fail_msg("file %u: octet %zu of %zu is 0x%02x", i, n, length, (unsigned char)bytes[n]);
    }
    *(zeros > 0 ? &outcomes->zeros : whole ? &outcomes->whole : &outcomes->early) += 1;
}

/* One request on a connection of its own, read to its end. */
static void fetch(struct server *server, unsigned i, struct outcomes *outcomes)
{
    struct client *client = client_connect(server, 0);
    char *request = harness_text("GET /%c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 'a' + (int)i);
    client_say(client, request);
    int64_t deadline = patience_deadline();
    const struct reply *reply = NULL;
    while (!(reply = client_try_receive(client, false)) && !client->ended && patience_now() < deadline)
        (void)patience_poll(client->fd, POLLIN, deadline);
    assert_true(client->head_read);
    if (client->reply.status == 404) {
        outcomes->absent++;
    } else {
        assert_int_equal(client->reply.status, 200);
        size_t head = client->reply.head_length, length = client->length - head;
        judge(client->buffer + head, length, reply != NULL, i, outcomes);
    }
    client_close(client);
    free(request);
}

static void vandalism(const char *name, const char *settings)
{
    struct server *server = attack_begin(settings);
    server_allow(server, "shortened");
    vandal = (struct vandal){.fresh = tree_path(server->root, ".fresh"), .seed = 1};
    for (unsigned i = 0; i < FILES; i++) {
        char file[] = {(char)('a' + i), '\0'};
        vandal.paths[i] = tree_path(server->root, file);
        replace(i, sizes[i]);
    }
    assert_int_equal(pthread_create(&vandal.thread, NULL, vandalize, NULL), 0);
    vandal.running = true;
    struct outcomes outcomes = {0};
    for (unsigned round = 0; attack_goes_on(patience_sanitized() ? ROUNDS / 8 : ROUNDS); round++)
        fetch(server, round % FILES, &outcomes);
    stop_vandal();
    harness_say("%s: %u deeds, %u of them on nothing; %u responses whole, %u ended early, %u with zeros past "
                "a cut, %u times 404",
                name, vandal.deeds, vandal.missed, outcomes.whole, outcomes.early, outcomes.zeros,
                outcomes.absent);
    assert_true(outcomes.whole > 0);
    attack_end(name, 32 << 20);
}

static void files_that_change_while_they_are_sent(void **state)
{
    (void)state;
    vandalism("changing files", "");
}

static void and_without_a_cache(void **state)
{
    (void)state;
    vandalism("changing files, no cache", "cache = 0\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(files_that_change_while_they_are_sent, tear_down),
        cmocka_unit_test_teardown(and_without_a_cache, tear_down),
    };
    return cmocka_run_group_tests_name("attack: files", tests, NULL, NULL);
}
