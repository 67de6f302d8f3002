/*
 * A table of clients that another takes up, with its epoll set and its listening sockets, or that is drained.
 * The workers stand still all the time: events are taken out of the set and handled by hand.
 */
#include "clients.h"

#include "../support/harness.h"
#include "../support/memory_files.h"
#include "../support/patience.h"
#include "../support/process.h"
#include "../support/tree.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BIG = 4 << 20, PEERS = 6, GRACE = 1000000 };

#define GET(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"

/* A process image: the table and its pool. The one that was before is forgotten, as execve(2) forgets it. */
struct image {
    struct clients *clients;
    struct pool *pool;
};

static struct fixture {
    struct tree *tree;
    struct site site;
    struct listeners listeners;
    struct clients_options options;
    struct image images[4];
    unsigned image_count;
    int peers[PEERS];
} f;

static struct image *now(void)
{
    return &f.images[f.image_count - 1];
}

/* With `state`, one that takes the last one up. */
static int make_image(struct state *state, struct image *ret)
{
    struct pool_options options = {.size = 1, .name = "test", .ready = clients_ready, .unmanned = true};
    if (state)
        options.epoll_fd = dup(pool_epoll_fd(now()->pool));
    f.options.resumes = state;
    assert_int_equal(clients_new(&ret->clients, &f.options), 0);
    int r = state ? clients_get(ret->clients, state) : 0;
    options.context = ret->clients;
    assert_int_equal(pool_start(&ret->pool, &options), 0);
    if (r == 0)
        assert_int_equal(clients_listen(ret->clients, ret->pool, state), 0);
    return r;
}

static int open_listener(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 10), 0);
    return fd;
}

static int set_up(void **state)
{
    (void)state;
    static const char *const index[] = {"hello.html", NULL};
    f = (struct fixture){.tree = tree_make()};
    tree_text(f.tree, "hello.html", "hello");
    tree_noise(f.tree, "big", BIG, 1);
    assert_int_equal(document_root_open(tree_root(f.tree), index, "/nonexistent", &f.site.root), 0);
    f.site.sleep_usec = 1000;
    f.site.limits =
        (struct request_limits){.request_line = 8 << 10, .head = 16 << 10, .fields = 100, .body = 1000};
    f.listeners.count = 1;
    f.listeners.list[0].fd = open_listener();
    const uint64_t hour = 3600 * UINT64_C(1000000);
    f.options = (struct clients_options){.site = &f.site,
                                         .limits = {.head_usec = hour,
                                                    .idle_usec = hour,
                                                    .body_usec = hour,
                                                    .request_usec = hour,
                                                    .send_usec = hour},
                                         .max_connections = 20,
                                         .pool_size = 1,
                                         .listeners = &f.listeners};
    for (unsigned i = 0; i < PEERS; i++)
        f.peers[i] = -1;
    f.image_count = 1;
    return make_image(NULL, &f.images[0]);
}

/* Images of the past are freed as well: of their fds some are closed by then, which nobody minds here. */
static int tear_down(void **state)
{
    (void)state;
    while (f.image_count > 0) {
        clients_cut(now()->clients);
        clients_free(now()->clients);
        pool_end(now()->pool);
        f.image_count--;
    }
    for (unsigned i = 0; i < PEERS; i++)
        if (f.peers[i] >= 0)
            close(f.peers[i]);
    listeners_close(&f.listeners);
    document_root_close(&f.site.root);
    tree_remove_all();
    return 0;
}

/* Handles what is ready. */
static void serve(void)
{
    struct epoll_event events[8];
    bool any;
    do {
        int n = epoll_wait(pool_epoll_fd(now()->pool), events, 8, 0);
        any = false;
        for (int i = 0; i < n; i++) {
            if (events[i].data.u64 >= POOL_KEY_RESERVED)
                continue;
            clients_ready(now()->clients, 0, events[i].data.u64, events[i].events);
            any = true;
        }
    } while (any);
}

static void connect_peer(unsigned i)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    assert_int_equal(getsockname(f.listeners.list[0].fd, (struct sockaddr *)&address, &length), 0);
    f.peers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Some are from elsewhere, as address_table.h has it. */
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + i % 3)};
    assert_int_equal(bind(f.peers[i], (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(connect(f.peers[i], (struct sockaddr *)&address, length), 0);
    serve();
}

static void say(unsigned i, const char *text)
{
    assert_int_equal(send(f.peers[i], text, strlen(text), MSG_NOSIGNAL), strlen(text));
    serve();
}

/* What has come for a peer, NUL-terminated. */
static const char *heard(unsigned i)
{
    static char buffer[1 << 20];
    ssize_t n = recv(f.peers[i], buffer, sizeof buffer - 1, MSG_DONTWAIT);
    assert_true(n >= 0 || errno == EAGAIN);
    buffer[n > 0 ? n : 0] = '\0';
    return buffer;
}

/* What one end of a connection has sent is not at the other one at once on a busy host. */
static void await(unsigned i, const char *text)
{
    int64_t deadline = patience_deadline();
    while (!strstr(heard(i), text)) {
        assert_true(patience_now() < deadline);
        serve();
    }
}

static void await_count(unsigned count)
{
    int64_t deadline = patience_deadline();
    while (clients_count(now()->clients) != count) {
        assert_true(patience_now() < deadline);
        serve();
    }
}

/* Takes the whole of /big. */
static void take_big(unsigned i)
{
    int64_t deadline = patience_deadline();
    char head[200 << 10], *end = NULL;
    size_t length = 0, left = BIG;
    while (!end && length < sizeof head) {
        assert_true(patience_now() < deadline);
        ssize_t n = recv(f.peers[i], head + length, sizeof head - length, MSG_DONTWAIT);
        length += n > 0 ? (size_t)n : 0;
        end = memmem(head, length, "\r\n\r\n", 4);
        serve();
    }
    assert_non_null(end);
    left -= length - (size_t)(end + 4 - head);
    while (left > 0) {
        assert_true(patience_now() < deadline);
        ssize_t n = recv(f.peers[i], head, left < sizeof head ? left : sizeof head, MSG_DONTWAIT);
        left -= n > 0 ? (size_t)n : 0;
        serve();
    }
}

static void assert_answers(unsigned i)
{
    say(i, GET("/"));
    await(i, "\r\n\r\nhello");
}

static int put_image(void)
{
    struct state state;
    int fd;
    assert_int_equal(state_create(&state), 0);
    listeners_put(&f.listeners, &state);
    clients_put(now()->clients, &state);
    assert_int_equal(state_finish(&state, &fd), 0);
    int kept = dup(fd);
    state_close(&state);
    return kept;
}

/* The next image takes up what this one has put. */
static void succeed(void)
{
    struct state state;
    struct listeners listeners;
    assert_int_equal(state_open(&state, put_image()), 0);
    memory_files_part("hellod-connections");
    f.options.resumes = true;
    assert_int_equal(listeners_get(&listeners, &state), 0);
    assert_memory_equal(&listeners, &f.listeners, sizeof listeners);
    assert_int_equal(make_image(&state, &f.images[f.image_count]), 0);
    f.image_count++;
    char beyond;
    assert_int_equal(state_get(&state, &beyond, 1), -EBADMSG);
    state_close(&state);
}

static void everybody_is_taken_along(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PEERS; i++)
        connect_peer(i);
    say(1, GET("/") "GET / HT");
    say(2, GET("/sleep"));
    say(3, GET("/big"));
    say(4, "GET / HTTP/1.1\r\nBad Field: x\r\n\r\n");
    say(5, GET("/"));
    struct clients_totals before = clients_totals(now()->clients);
    assert_int_equal(clients_count(now()->clients), PEERS);
    succeed();
    assert_int_equal(clients_count(now()->clients), PEERS);
    struct clients_totals after = clients_totals(now()->clients);
    assert_int_equal(after.connections, before.connections);
    assert_int_equal(after.requests, before.requests);
    assert_answers(0);
    await(1, "hello");
    say(1, "TP/1.1\r\nHost: x\r\n\r\n");
    await(1, "hello");
    await(2, "hello");
    assert_answers(2);
    take_big(3);
    assert_answers(3);
    await(4, "400 Bad Request");
    shutdown(f.peers[4], SHUT_RDWR);
    await_count(PEERS - 1);
    await(5, "hello");
    assert_answers(5);
}

/* In the first image, while nobody looks, and in the next. */
static void an_event_is_lost_by_nobody(void **state)
{
    (void)state;
    connect_peer(0);
    connect_peer(1);
    connect_peer(2);
    assert_answers(0);
    assert_int_equal(send(f.peers[0], GET("/"), strlen(GET("/")), MSG_NOSIGNAL), strlen(GET("/")));
    close(f.peers[1]);
    f.peers[1] = -1;
    succeed();
    assert_int_equal(send(f.peers[2], GET("/"), strlen(GET("/")), MSG_NOSIGNAL), strlen(GET("/")));
    succeed();
    serve();
    await(0, "hello");
    await(2, "hello");
    await_count(2);
    connect_peer(3);
    assert_answers(3);
}

static void an_empty_house_is_taken_over_too(void **state)
{
    (void)state;
    connect_peer(0);
    assert_answers(0);
    close(f.peers[0]);
    f.peers[0] = -1;
    await_count(0);
    succeed();
    assert_int_equal(clients_count(now()->clients), 0);
    assert_int_equal(clients_totals(now()->clients).connections, 1);
    connect_peer(0);
    assert_answers(0);
}

static void who_may_still_come_is_counted_on(void **state)
{
    (void)state;
    clients_free(now()->clients);
    pool_end(now()->pool);
    f.options.exit_after = 3;
    make_image(NULL, &f.images[0]);
    connect_peer(0);
    f.options.exit_after = 0; /* a successor isn't told on its command line */
    succeed();
    connect_peer(1);
    assert_false(clients_draining(now()->clients));
    succeed();
    connect_peer(2);
    assert_true(clients_draining(now()->clients));
    say(2, GET("/"));
    await(2, "Connection: close");
}

static void new_limits_end_old_waits(void **state)
{
    (void)state;
    connect_peer(0);
    connect_peer(1);
    assert_answers(0);
    f.options.limits.idle_usec = 0;
    succeed();
    clients_sweep(now()->clients, GRACE);
    assert_int_equal(clients_count(now()->clients), 1);
    f.options.limits.head_usec = 0;
    succeed();
    clients_sweep(now()->clients, GRACE);
    assert_int_equal(clients_count(now()->clients), 0);
}

/* In a process of its own, which may close what it has taken up: the fds are still those of this image. */
static int refuse_in_a_child(const char *records, size_t length)
{
    struct state out, in;
    struct clients *clients;
    int fd;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0)
        return process_wait(child, patience_deadline());
    memory_files_part("hellod-connections");
    f.options.resumes = true;
    bool fine = state_create(&out) == 0;
    state_put(&out, records, length);
    fine = fine && state_finish(&out, &fd) == 0 && state_open(&in, dup(fd)) == 0 &&
           clients_new(&clients, &f.options) == 0 && clients_get(clients, &in) == -EBADMSG;
    if (fine) {
        clients_cut(clients);
        clients_free(clients);
    }
    _exit(fine ? 0 : 1);
}

static void what_is_cut_is_refused(void **state)
{
    (void)state;
    struct stat st;
    for (unsigned i = 0; i < 3; i++)
        connect_peer(i);
    say(1, "GET / HT");
    int fd = put_image();
    assert_int_equal(fstat(fd, &st), 0);
    size_t size = (size_t)st.st_size;
    char *bytes = malloc(size);
    assert_int_equal(read(fd, bytes, size), size);
    close(fd);
    size_t begin =
        (size_t)((char *)memmem(bytes, size, &f.listeners, sizeof f.listeners) - bytes) + sizeof f.listeners;
    for (size_t n = 0; n < size - begin; n++)
        assert_int_equal(refuse_in_a_child(bytes + begin, n), 0);
    free(bytes);
    assert_answers(0);
}

/* No worker has got to it when the drain begins: neither an old client's next request nor a new one's first.
 */
static void what_has_come_before_a_drain_is_served(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        connect_peer(i);
    assert_answers(0);
    assert_answers(1);
    for (unsigned i = 1; i < 3; i++)
        assert_int_equal(send(f.peers[i], GET("/"), strlen(GET("/")), MSG_NOSIGNAL), strlen(GET("/")));
    clients_drain(now()->clients);
    assert_true(clients_sweep(now()->clients, 0));
    assert_int_equal(clients_count(now()->clients), 2);
    serve();
    await(1, "Connection: close");
    await(2, "Connection: close");
    char byte;
    assert_int_equal(recv(f.peers[0], &byte, 1, MSG_DONTWAIT), 0);
    assert_int_equal(recv(f.peers[3], &byte, 1, MSG_DONTWAIT), 0);
}

/* Its answer had no "Connection: close" yet, so the client may well ask again. */
static void a_request_that_crosses_a_drain_is_served(void **state)
{
    (void)state;
    connect_peer(0);
    assert_int_equal(send(f.peers[0], GET("/"), strlen(GET("/")), MSG_NOSIGNAL), strlen(GET("/")));
    serve();
    assert_null(strstr(heard(0), "Connection: close"));
    clients_drain(now()->clients);
    say(0, GET("/"));
    await(0, "Connection: close");
}

static void whoever_comes_while_draining_stays_in_the_backlog(void **state)
{
    (void)state;
    uint64_t calls;
    f.peers[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    assert_int_equal(getsockname(f.listeners.list[0].fd, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(connect(f.peers[0], (struct sockaddr *)&address, length), 0);
    /* A worker has the event already. */
    struct epoll_event events[4];
    int n = epoll_wait(pool_epoll_fd(now()->pool), events, 4, 0);
    clients_drain(now()->clients);
    for (int i = 0; i < n; i++)
        if (events[i].data.u64 < POOL_KEY_RESERVED)
            clients_ready(now()->clients, 0, events[i].data.u64, events[i].events);
    assert_int_equal(clients_count(now()->clients), 0);
    assert_int_equal(clients_totals(now()->clients).connections, 0);
    /* It was counted for a moment, so the main thread is told that it may look again. */
    assert_int_equal(read(clients_event_fd(now()->clients), &calls, sizeof calls), sizeof calls);
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(everybody_is_taken_along),
        row(an_event_is_lost_by_nobody),
        row(an_empty_house_is_taken_over_too),
        row(who_may_still_come_is_counted_on),
        row(new_limits_end_old_waits),
        row(what_is_cut_is_refused),
        row(what_has_come_before_a_drain_is_served),
        row(a_request_that_crosses_a_drain_is_served),
        row(whoever_comes_while_draining_stays_in_the_backlog),
    };
    return cmocka_run_group_tests_name("clients", tests, NULL, NULL);
}
