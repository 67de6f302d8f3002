/* A server by hand; see fault_stage.h. */
#include "fault_stage.h"

#include "fault.h"
#include "harness.h"
#include "patience.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GRACE_USEC = 1000000, EVENTS = 8, IDLE_SWEEPS = 10, WORKERS = 4 };

struct stage stage;

static void open_listener(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 100), 0);
    stage.listeners.list[0].fd = fd;
    stage.listeners.count = 1;
}

static void fill_tree(void)
{
    stage.tree = tree_make();
    tree_text(stage.tree, "hello.html", "hello");
    tree_text(stage.tree, "404.html", "nothing");
    tree_text(stage.tree, "page.html", "page");
    tree_text(stage.tree, "page.html.gz", "packed");
    tree_text(stage.tree, "folder/a", "a");
    tree_text(stage.tree, "folder/b", "b");
    tree_noise(stage.tree, "big", STAGE_BIG, 1);
    tree_set_times(stage.tree, 1000000000);
}

static void set_up(bool by_hand)
{
    static const char *const index[] = {"hello.html", NULL};
    static struct error_rule errors[] = {{404, NULL}};
    static char page[] = "404.html";
    fault_spare(true);
    fault_clear();
    stage = (struct stage){.by_hand = by_hand};
    fill_tree();
    errors[0].file = page;
    assert_int_equal(document_root_open(tree_root(stage.tree), index, "/nonexistent", &stage.site.root), 0);
    stage.site.sleep_usec = 1000;
    stage.site.rules = (struct rules){.listing = true, .precompressed = true};
    stage.site.rules.errors = errors;
    stage.site.rules.error_count = 1;
    stage.site.limits =
        (struct request_limits){.request_line = 8 << 10, .head = 16 << 10, .fields = 100, .body = 1000};
    open_listener();
    const uint64_t hour = 3600 * UINT64_C(1000000);
    stage.options = (struct clients_options){.site = &stage.site,
                                             .limits = {.head_usec = hour,
                                                        .idle_usec = hour,
                                                        .body_usec = hour,
                                                        .request_usec = hour,
                                                        .send_usec = hour},
                                             .max_connections = 20,
                                             .pool_size = by_hand ? 1 : WORKERS,
                                             .listeners = &stage.listeners};
    assert_int_equal(clients_new(&stage.clients, &stage.options), 0);
    const struct pool_options pool = {.size = stage.options.pool_size,
                                      .name = "stage",
                                      .ready = clients_ready,
                                      .context = stage.clients,
                                      .unmanned = true};
    assert_int_equal(pool_start(&stage.pool, &pool), 0);
    assert_int_equal(clients_listen(stage.clients, stage.pool, false), 0);
    if (!by_hand)
        assert_int_equal(pool_man(stage.pool, WORKERS), 0);
}

int stage_set_up(void **state)
{
    (void)state;
    set_up(true);
    return 0;
}

int stage_set_up_workers(void **state)
{
    (void)state;
    set_up(false);
    return 0;
}

int stage_tear_down(void **state)
{
    (void)state;
    fault_clear();
    clients_drain(stage.clients);
    pool_end(stage.pool);
    clients_cut(stage.clients);
    clients_free(stage.clients);
    listeners_close(&stage.listeners);
    document_root_close(&stage.site.root);
    tree_remove_all();
    return 0;
}

int stage_connect(void)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    assert_int_equal(getsockname(stage.listeners.list[0].fd, (struct sockaddr *)&address, &length), 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

/* Handles what is ready now, where no worker does; the events handled. */
static unsigned serve(void)
{
    struct epoll_event events[EVENTS];
    unsigned handled = 0;
    int n = stage.by_hand ? epoll_wait(pool_epoll_fd(stage.pool), events, EVENTS, 0) : 0;
    fault_spare(false);
    for (int i = 0; i < n; i++) {
        if (events[i].data.u64 >= POOL_KEY_RESERVED)
            continue;
        clients_ready(stage.clients, 0, events[i].data.u64, events[i].events);
        handled++;
    }
    fault_spare(true);
    return handled;
}

static void sweep(void)
{
    uint64_t calls;
    fault_spare(false);
    (void)clients_sweep(stage.clients, GRACE_USEC);
    fault_spare(true);
    (void)!read(clients_event_fd(stage.clients), &calls, sizeof calls);
}

static void hear(int client, struct stage_heard *ret)
{
    ssize_t n;
    while (!ret->closed) {
        assert_true(ret->length + 1 < sizeof ret->text);
        n = recv(client, ret->text + ret->length, sizeof ret->text - ret->length - 1, 0);
        if (n < 0 && errno == EAGAIN)
            break;
        ret->closed = n <= 0;
        ret->length += n > 0 ? (size_t)n : 0;
    }
    ret->text[ret->length] = '\0';
}

/* A moment in which a sleep of the site's is over. */
static bool await(int client)
{
    struct pollfd fds[] = {{.fd = client, .events = POLLIN}};
    return poll(fds, 1, 2) > 0;
}

static void go_on(int client, bool (*enough)(const struct stage_heard *), unsigned idle_most,
                  struct stage_heard *ret)
{
    unsigned idle = 0;
    int64_t deadline = patience_deadline();
    while (!ret->closed && !enough(ret) && idle < idle_most && ret->turns < STAGE_TURNS_MAX &&
           patience_now() < deadline) {
        unsigned handled = serve();
        size_t before = ret->length;
        ret->turns += handled;
        hear(client, ret);
        if (ret->length > before)
            idle = 0;
        if (handled == 0 && ret->length == before && !await(client)) {
            sweep();
            idle++;
        }
    }
}

void stage_converse(int client, const char *text, bool (*enough)(const struct stage_heard *),
                    struct stage_heard *ret)
{
    ret->turns = 0;
    ret->length = 0;
    ret->text[0] = '\0';
    ret->closed = send(client, text, strlen(text), MSG_NOSIGNAL) < 0;
    go_on(client, enough, IDLE_SWEEPS, ret);
}

void stage_go_on(int client, bool (*enough)(const struct stage_heard *), struct stage_heard *ret)
{
    go_on(client, enough, stage.by_hand ? 10 * IDLE_SWEEPS : UINT_MAX, ret);
}

void stage_end_client(int client)
{
    int64_t deadline = patience_deadline();
    close(client);
    for (;;) {
        while (serve() > 0)
            ;
        if (clients_count(stage.clients) == 0)
            return;
        if (patience_now() > deadline)
            fail_msg("%u clients are left", clients_count(stage.clients));
        sweep();
    }
}
