/* A connection and a client who may be rude, slow or cut into pieces; see wire.h. */
#include "wire.h"

#include "config.h"
#include "connection_state.h"
#include "http/date.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHANGED INT64_C(784111777)  /* when the files were, Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW     INT64_C(1700000000) /* what the time is, all the while */

enum { PIECE_MAX = 40, HEARD_MAX = 64 << 20 };

const char *wire_canary = "canary: that was outside";

static const char rules[] = "[server]\nlisting = on\nfallback = /fallback.html\n"
                            "[path /sub/*]\nheader = X-Sub: yes\ncache_control = max-age=1\n"
                            "[redirect]\n/old/* = /new/* 308\n/away = https://example.com/\n"
                            "[errors]\n404 = /404.html\n403 = /none.html\n";

static struct config config;
static struct moment moment;
static int lowest_fd;

static void read_rules(void)
{
    char path[64];
    int fd = memfd_create("rules", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, rules, sizeof rules - 1) == sizeof rules - 1);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int r = config_read(path, stderr, &config);
    assert(r == 0);
    close(fd);
    driven.site.rules = config.rules;
}

static void plant(void)
{
    struct tree *outside = tree_make();
    tree_text(outside, "canary", wire_canary);
    char *path = tree_path(outside, "canary"), *folder = tree_path(outside, ".");
    tree_noise(driven.tree, "big", WIRE_BIG, 1);
    tree_text(driven.tree, "404.html", "gone");
    tree_text(driven.tree, "fallback.html", "fallback");
    tree_text(driven.tree, "sub/index.txt", "0123456789");
    tree_text(driven.tree, "a.txt", "0123456789");
    tree_text(driven.tree, "a.txt.gz", "zipped");
    tree_text(driven.tree, ".hidden", wire_canary);
    tree_text(driven.tree, "empty", "");
    tree_link(driven.tree, "out", path);
    tree_link(driven.tree, "sub/outside", folder);
    tree_link(driven.tree, "loop", "loop");
    tree_fifo(driven.tree, "fifo");
    tree_set_times(driven.tree, CHANGED);
    free(path), free(folder);
}

static void forget(void)
{
    document_root_close(&driven.site.root);
    config_free(&config);
    tree_remove_all();
}

/* No request of a line of conversation leaves anything behind but what is made here. */
static void make_site(void)
{
    setenv("CMOCKA_TEST_ABORT", "1", 1);
    int r = driven_set_up(NULL);
    assert(r == 0);
    driven_close();
    plant();
    read_rules();
    driven.site.sleep_usec = 1;
    moment = (struct moment){.second = NOW};
    r = date_format(NOW, moment.date);
    assert(r == 0);
    atexit(forget);
}

static int next_fd(void)
{
    int fd = open("/", O_PATH | O_CLOEXEC);
    assert(fd >= 0);
    close(fd);
    return fd;
}

void wire_open(void)
{
    if (!driven.tree)
        make_site();
    lowest_fd = next_fd();
    driven.draining = false;
    driven_open();
    driven.workspace.now = moment;
}

void wire_close(void)
{
    driven_close();
    assert(next_fd() == lowest_fd);
}

static void say(struct wire_talk *talk)
{
    uint64_t *seed = &talk->manner.seed;
    size_t length = talk->unsaid.length, piece = *seed ? 1 + fuzz_pick(seed, PIECE_MAX) : length;
    if (length == 0 && !talk->said) {
        (void)shutdown(driven.client, SHUT_WR);
        talk->said = true;
    }
    if (length == 0)
        return;
    ssize_t n =
        send(driven.client, talk->unsaid.data, piece < length ? piece : length, MSG_NOSIGNAL | MSG_DONTWAIT);
    /* A server that has closed hears no more. */
    talk->unsaid = n < 0 ? (struct str){0} : str_after(talk->unsaid, (size_t)n);
}

/* Some of what was sent, or all. */
static void hear(struct wire_talk *talk, size_t most)
{
    for (ssize_t n = 1; n > 0 && most > 0; most -= (size_t)(n > 0 ? n : 0)) {
        if (talk->size - talk->length < 65536) {
            talk->size = 2 * talk->size + 131072;
            talk->heard = realloc(talk->heard, talk->size);
            assert(talk->heard && talk->length < HEARD_MAX);
        }
        size_t room = talk->size - talk->length;
        n = recv(driven.client, talk->heard + talk->length, most < room ? most : room, MSG_DONTWAIT);
        talk->length += n > 0 ? (size_t)n : 0;
    }
}

/* The time is up, or the server stops: what the sweep does to a connection that waits. */
static enum connection_want disturb(uint64_t *seed, enum connection_want want)
{
    enum connection_phase phase = atomic_load(&driven.connection.phase);
    bool rests = phase == PHASE_FRESH || phase == PHASE_IDLE || phase == PHASE_LINGERING;
    if (fuzz_pick(seed, 16) == 0)
        driven.draining = true;
    if (driven.draining && rests && fuzz_pick(seed, 2) == 0)
        return connection_drain(&driven.connection, &driven.workspace);
    if (fuzz_pick(seed, 16) == 0)
        return connection_expire(&driven.connection, &driven.workspace, &driven.context);
    return want;
}

static void carry(void)
{
    driven_carry();
    driven.workspace.now = moment;
}

/* What the client and the world do until the connection has its turn. */
static enum connection_want meanwhile(struct wire_talk *talk, enum connection_want want)
{
    struct wire_manner *manner = &talk->manner;
    if (want == WANT_READ || (manner->seed && fuzz_pick(&manner->seed, 3) == 0))
        say(talk);
    if (want == WANT_TIMER) {
        struct pollfd timer = {.fd = connection_timer(&driven.connection), .events = POLLIN};
        int n = poll(&timer, 1, 1000);
        assert(n == 1);
    }
    if (want == WANT_WRITE || (manner->seed && fuzz_pick(&manner->seed, 3) == 0))
        hear(talk, manner->seed && fuzz_pick(&manner->seed, 2) == 0 ? 1 + fuzz_pick(&manner->seed, 100000)
                                                                    : HEARD_MAX);
    if (manner->carried && fuzz_pick(&manner->seed, 4) == 0)
        carry();
    return manner->disturbed ? disturb(&manner->seed, want) : want;
}

void wire_play(struct wire_talk *talk, enum connection_want want)
{
    for (unsigned turn = 0; want != WANT_CLOSE; turn++) {
        assert(turn < WIRE_TURNS_MAX);
        want = meanwhile(talk, want);
        if (want != WANT_CLOSE)
            want = driven_run(1001 + turn);
    }
    assert(driven.connection.reason != REASON_NONE && driven.connection.reason < REASON_COUNT);
    hear(talk, HEARD_MAX);
}
