/* Ways out of the document root, and what in it is no file. A canary outside must never be heard. */
#include "support/attack.h"
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"
#include "support/swarm.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define CANARY "a canary that sings outside"
#define INSIDE "what may be seen inside"

enum { DEPTHS = 3, TOGETHER = 64, RACED = 100000, SANITIZED_SHARE = 20, RACERS = 4 };

/* A folder beside the document root, with the canary in it, and its name. */
static struct tree *make_outside(const char **ret_name)
{
    struct tree *outside = tree_make();
    tree_text(outside, "canary.txt", CANARY);
    tree_text(outside, "file.txt", CANARY);
    *ret_name = strrchr(tree_root(outside), '/') + 1;
    return outside;
}

static void assert_no_canary(const struct client *client, const char *what)
{
    if (memmem(client->buffer, client->length, "canary", 6))
        fail_msg("the canary was heard: %s", what);
}

/* What a dot and a slash may be written as, rightly and wrongly: by escapes, escaped escapes, overlong UTF-8,
 * other systems' slashes. */
static const char *const dots[] = {".",         "%2e",    "%2E",    "%252e",        "%c0%ae",
                                   "%e0%80%ae", "%c0%2e", "%u002e", "%f0%80%80%ae", ".%00"};
static const char *const slashes[] = {"/",      "//",        "/./",    "%2f",  "%2F", "%252f",
                                      "%c0%af", "%e0%80%af", "%u002f", "%00/", "\\",  "%5c"};
static const char *const prefixes[] = {"/", "/sub/", "/sub/..%2f", "//", "/hello.html/", "http://x/", "/."};

enum {
    DOTS = sizeof dots / sizeof *dots,
    SLASHES = sizeof slashes / sizeof *slashes,
    PREFIXES = sizeof prefixes / sizeof *prefixes,
};

struct climb {
    struct server *server;
    struct client *client;
    const char *outside;
    unsigned requests, statuses[600];
};

static void climb(struct climb *climb, const char *prefix, const char *up, const char *slash)
{
    for (unsigned depth = 1; depth <= DEPTHS; depth++) {
        char target[512], *end = stpcpy(target, prefix);
        for (unsigned i = 0; i < depth; i++)
            end = stpcpy(end, up);
        sprintf(end, "%s%scanary.txt", climb->outside, slash);
        if (!climb->client)
            climb->client = client_connect(climb->server, 0);
        client_get(climb->client, target);
        const struct reply *reply = client_receive(climb->client, false);
        assert_no_canary(climb->client, target);
        assert_int_not_equal(reply->status, 200);
        climb->requests++;
        climb->statuses[reply->status]++;
        if (!reply_field(reply, "Connection"))
            continue;
        client_close(climb->client);
        climb->client = NULL;
    }
}

static void every_way_to_write_dot_dot_slash(void **state)
{
    (void)state;
    struct climb all = {.server = attack_begin("listing = on\n")};
    (void)make_outside(&all.outside);
    tree_text(all.server->root, "sub/page.html", INSIDE);
    unsigned step = patience_sanitized() ? SANITIZED_SHARE / 4 : 1;
    for (unsigned i = 0; i < DOTS * DOTS * SLASHES * PREFIXES; i += step) {
        char up[64];
        const char *slash = slashes[i / DOTS / DOTS % SLASHES];
        sprintf(up, "%s%s%s", dots[i % DOTS], dots[i / DOTS % DOTS], slash);
        climb(&all, prefixes[i / DOTS / DOTS / SLASHES], up, slash);
    }
    harness_say("traversal: %u targets: %u times 400, %u 403, %u 404; nothing else", all.requests,
                all.statuses[400], all.statuses[403], all.statuses[404]);
    assert_int_equal(all.statuses[400] + all.statuses[403] + all.statuses[404], all.requests);
    if (all.client)
        client_close(all.client);
    attack_end("traversal", 16 << 20);
}

/* A name that is a link inside at one moment and a link outside at the next, of a file or of a folder. */
static struct swapper {
    pthread_t thread;
    bool running;
    _Atomic bool ending;
    _Atomic unsigned swaps;
    char *link, *fresh, *inside, *outside;
} swappers[3];

static void *swap(void *context)
{
    struct swapper *swapper = context;
    while (!atomic_load(&swapper->ending)) {
        const char *to = atomic_fetch_add(&swapper->swaps, 1) % 2 ? swapper->inside : swapper->outside;
        if (symlink(to, swapper->fresh) == 0)
            (void)rename(swapper->fresh, swapper->link);
    }
    return NULL;
}

static void start_swapping(struct swapper *swapper, struct server *server, const char *name,
                           const char *inside, const char *outside)
{
    swapper->link = tree_path(server->root, name);
    swapper->fresh = harness_text("%s.fresh", swapper->link);
    swapper->inside = strdup(inside);
    swapper->outside = strdup(outside);
    atomic_store(&swapper->ending, false);
    assert_int_equal(pthread_create(&swapper->thread, NULL, swap, swapper), 0);
    swapper->running = true;
}

/* Returns how often they have. */
static unsigned stop_swapping(void)
{
    unsigned swaps = 0;
    for (unsigned i = 0; i < 3; i++) {
        struct swapper *swapper = &swappers[i];
        if (!swapper->running)
            continue;
        atomic_store(&swapper->ending, true);
        pthread_join(swapper->thread, NULL);
        swapper->running = false;
        free(swapper->link), free(swapper->fresh), free(swapper->inside), free(swapper->outside);
        swaps += atomic_exchange(&swapper->swaps, 0);
    }
    return swaps;
}

/* Also of a test that has failed. */
static int tear_down(void **state)
{
    (void)stop_swapping();
    return harness_teardown(state);
}

struct raced {
    unsigned inside, refused; /* answers: 200 with what is inside, and others */
};

/* Some requests at once; the answers are looked at one by one. */
static void race(struct client *client, const char *requests, struct raced *raced)
{
    client_say(client, requests);
    for (unsigned i = 0; i < TOGETHER; i++) {
        const struct reply *reply = client_receive(client, false);
        assert_no_canary(client, requests);
        bool inside = reply->status == 200 && reply->body_length == strlen(INSIDE) &&
                      memcmp(reply->body, INSIDE, strlen(INSIDE)) == 0;
        if (!inside && reply->status != 404 && reply->status != 403)
            fail_msg("a swapped link was answered by %u", reply->status);
        raced->inside += inside;
        raced->refused += !inside;
    }
}

static void symlink_races(void **state)
{
    (void)state;
    const char *name;
    struct server *server = attack_begin("cache = 0\n");
    struct tree *outside = make_outside(&name);
    tree_text(server->root, "in/file.txt", INSIDE);
    char *out = harness_text("../%s", name), *out_file = harness_text("../%s/file.txt", name);
    start_swapping(&swappers[0], server, "folder", "in", out);
    start_swapping(&swappers[1], server, "file.txt", "in/file.txt", out_file);
    start_swapping(&swappers[2], server, "absolute", tree_root(outside), "in");
    static const char *const targets[] = {"/folder/file.txt", "/file.txt", "/absolute/file.txt"};
    char requests[TOGETHER * 64], *end = requests;
    for (unsigned i = 0; i < TOGETHER; i++)
        end += sprintf(end, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", targets[i % 3]);
    struct client *clients[RACERS];
    for (unsigned i = 0; i < RACERS; i++)
        clients[i] = client_connect(server, 0);
    struct raced raced = {0};
    unsigned wanted = patience_sanitized() ? RACED / SANITIZED_SHARE : RACED;
    int64_t deadline = patience_deadline();
    while (raced.inside + raced.refused < wanted || attack_goes_on(0) ||
           ((raced.inside == 0 || raced.refused == 0) && patience_now() < deadline))
        race(clients[raced.inside % RACERS], requests, &raced);
    unsigned swaps = stop_swapping();
    harness_say("symlink races: %u requests in %u swaps: %u got what is inside, %u nothing, none the canary",
                raced.inside + raced.refused, swaps, raced.inside, raced.refused);
    assert_true(raced.inside > 0 && raced.refused > 0);
    free(out), free(out_file);
    for (unsigned i = 0; i < RACERS; i++)
        client_close(clients[i]);
    attack_end("symlink races", 16 << 20);
}

/* A socket in the root, that somebody listens on. */
static int plant_socket(struct server *server)
{
    char *path = tree_path(server->root, "socket");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 10), 0);
    free(path);
    return fd;
}

static void plant_device(struct server *server, const char *name, unsigned major, unsigned minor)
{
    char *path = tree_path(server->root, name);
    if (mknod(path, S_IFCHR | 0666, makedev(major, minor)) < 0)
        harness_say_skipped(name, strerror(errno));
    free(path);
}

static void what_is_no_file(void **state)
{
    (void)state;
    static const char *const targets[] = {"/fifo",    "/socket",  "/zero", "/null", "/random",
                                          "/to-zero", "/to-fifo", "/self", "/fd0",  "/maps",
                                          "/loop/",   "/fifo/x",  "/zero/"};
    enum { TARGETS = sizeof targets / sizeof *targets };
    struct server *server = attack_begin("listing = on\n");
    int listener = plant_socket(server);
    tree_fifo(server->root, "fifo");
    plant_device(server, "zero", 1, 5);
    plant_device(server, "null", 1, 3);
    plant_device(server, "random", 1, 9);
    tree_link(server->root, "to-zero", "/dev/zero");
    tree_link(server->root, "to-fifo", "fifo");
    tree_link(server->root, "self", "/proc/self/environ");
    tree_link(server->root, "fd0", "/proc/self/fd/0");
    tree_link(server->root, "maps", "/proc/self/root/etc/passwd");
    tree_link(server->root, "loop", "loop");
    unsigned count = attack_scale(50), all = 0;
    for (unsigned round = 0; attack_goes_on(TARGETS); round++, all += count) {
        char *request = harness_text("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", targets[round % TARGETS]);
        struct swarm *swarm = swarm_open(server, &(struct swarm_plan){.count = count});
        assert_int_equal(swarm_say(swarm, request, strlen(request)), count);
        int64_t deadline = patience_deadline();
        while (swarm_with_status(swarm, 404) + swarm_with_status(swarm, 403) < count) {
            assert_int_equal(swarm_hear(swarm, SIZE_MAX), count);
            if (patience_poll(-1, 0, patience_now() + 5000) || patience_now() > deadline)
                fail_msg("GET %s: %u times 403 or 404 of %u", targets[round % TARGETS],
                         swarm_with_status(swarm, 404) + swarm_with_status(swarm, 403), count);
        }
        swarm_end(swarm, false);
        free(request);
    }
    close(listener);
    harness_say("FIFOs, devices, sockets, magic links: %u requests, each answered by 403 or 404", all);
    attack_end("what is no file", 16 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(every_way_to_write_dot_dot_slash),
        cmocka_unit_test_teardown(symlink_races, tear_down),
        harness_test(what_is_no_file),
    };
    return cmocka_run_group_tests_name("attack: paths", tests, NULL, NULL);
}
