/* Many connections in one epoll set, level-triggered; what each of them does next is decided here. */
#include "load.h"

#include "harness.h"
#include "load_link.h"
#include "patience.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

/* Chances of a wild connection, in percent, and its longest rest. */
enum { TURNS_BACK = 10, HANGS_UP = 2, HESITATES = 30, REST_USEC = 4000 };

struct load {
    int epoll_fd;
    struct load_group *groups;
    struct load *next;
    unsigned opened; /* connections so far */
};

static struct load *loads;

static void raise_fd_limit(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

struct load *load_new(void)
{
    struct load *load = calloc(1, sizeof *load);
    assert_non_null(load);
    raise_fd_limit();
    load->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert_true(load->epoll_fd >= 0);
    load->next = loads;
    loads = load;
    return load;
}

static uint32_t draw(struct load_link *link, uint32_t below)
{
    link->random ^= link->random << 13;
    link->random ^= link->random >> 17;
    link->random ^= link->random << 5;
    return (link->random >> 8) % below;
}

static void watch(struct load_link *link, int operation)
{
    struct epoll_event event = {.events = link->connecting ? EPOLLOUT : EPOLLIN, .data.ptr = link};
    assert_int_equal(epoll_ctl(link->group->load->epoll_fd, operation, link->fd, &event), 0);
}

static void hang_up(struct load_link *link)
{
    if (link->fd >= 0) {
        /* Closing alone would leave it in the set while a child that was just forked has it, too. */
        if (!link->held)
            epoll_ctl(link->group->load->epoll_fd, EPOLL_CTL_DEL, link->fd, NULL);
        close(link->fd);
    }
    load_link_reset(link);
}

/* From another address of the loopback network each time: the ports of one would soon be spent. */
static int open_socket(struct load *load)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        fail_msg("socket: %s", strerror(errno));
    struct sockaddr_in own = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256 + load->opened++ % 200)};
    int on = 1;
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    return fd;
}

static void note_refusal(struct load_link *link, int error)
{
    link->group->counts.refused++;
    link->group->counts.refusal = error;
    hang_up(link);
}

static void call_up(struct load_link *link)
{
    const struct server_socket *to = link->group->plan.to;
    link->fd = open_socket(link->group->load);
    link->connecting = true;
    int r = connect(link->fd, (const struct sockaddr *)&to->address, to->address_length);
    if (r < 0 && errno != EINPROGRESS)
        note_refusal(link, errno);
    else
        watch(link, EPOLL_CTL_ADD);
}

static void complete_call(struct load_link *link)
{
    int error;
    socklen_t size = sizeof error;
    assert_int_equal(getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    if (error != 0) {
        note_refusal(link, error);
        return;
    }
    link->connecting = false;
    link->group->counts.connections++;
    watch(link, EPOLL_CTL_MOD);
}

static const struct load_request *ask_one(struct load_link *link)
{
    const struct load_plan *plan = &link->group->plan;
    unsigned index = plan->wild ? draw(link, plan->request_count) : link->turn++ % plan->request_count;
    load_link_ask(link, &plan->requests[index]);
    if (link->to_ask != UINT32_MAX)
        link->to_ask--;
    return &plan->requests[index];
}

/* What a connection does after an answer, its end or its begin. */
static void go_on(struct load_link *link)
{
    if (link->ended || (link->group->plan.once && link->responses > 0 && !link->said_last))
        hang_up(link);
    if (link->to_ask == 0)
        return;
    if (link->fd < 0)
        call_up(link);
    else if (!link->connecting && link->asked_count == 0 && !link->said_last) {
        ask_one(link);
        load_link_send(link, SIZE_MAX);
    }
}

static void ask_wildly(struct load_link *link)
{
    /* Who was told to go is not to be blamed for what he asks then. */
    load_link_receive(link);
    if (link->ended || link->said_last)
        return;
    if (draw(link, 100) < TURNS_BACK) {
        hang_up(link);
        return;
    }
    for (unsigned n = draw(link, 3) + 1; n > 0 && link->to_ask > 0; n--)
        if (ask_one(link)->last)
            break;
    load_link_send(link, draw(link, 100) < HESITATES ? draw(link, LOAD_OUT_MAX / 16) + 1 : SIZE_MAX);
}

/* When its rest is over. */
static void go_on_wildly(struct load_link *link)
{
    if (link->ended)
        hang_up(link);
    if (link->fd < 0 && link->to_ask > 0)
        call_up(link);
    else if (link->fd < 0 || link->connecting)
        return;
    else if (link->out_start < link->out_end)
        load_link_send(link, SIZE_MAX);
    else if (link->asked_count == 0 && link->to_ask > 0)
        ask_wildly(link);
    else if (link->asked_count > 0 && draw(link, 100) < HANGS_UP)
        hang_up(link);
}

static void hold(struct load_link *link)
{
    assert_int_equal(epoll_ctl(link->group->load->epoll_fd, EPOLL_CTL_DEL, link->fd, NULL), 0);
    link->held = true;
}

static void handle(struct load_link *link)
{
    if (link->connecting)
        complete_call(link);
    else
        load_link_receive(link);
    if (link->ended)
        hang_up(link);
    else if (link->group->hold_at > 0 && link->got >= link->group->hold_at)
        hold(link);
    if (!link->group->plan.wild)
        go_on(link);
}

/* Wild connections whose time has come; the next such time. */
static int64_t let_the_wild_go_on(struct load *load, int64_t deadline)
{
    int64_t now = patience_now();
    for (struct load_group *group = load->groups; group; group = group->next) {
        for (unsigned i = 0; group->plan.wild && i < group->plan.connections; i++) {
            struct load_link *link = &group->links[i];
            if (link->due <= now) {
                link->due = now + draw(link, REST_USEC);
                go_on_wildly(link);
            }
            if (link->due < deadline && (link->to_ask > 0 || link->asked_count > 0))
                deadline = link->due;
        }
    }
    return deadline;
}

static bool wait_and_handle(struct load *load, int64_t until)
{
    struct epoll_event events[256];
    int64_t left = until - patience_now();
    if (left < 0)
        left = 0;
    struct timespec timeout = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
    int n = epoll_pwait2(load->epoll_fd, events, 256, &timeout, NULL);
    bool seen = false;
    assert_true(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++) {
        struct load_link *link = events[i].data.ptr;
        if (link)
            handle(link);
        else
            seen = true;
    }
    return seen;
}

bool load_turn(struct load *load, int fd, int64_t deadline)
{
    struct epoll_event event = {.events = EPOLLIN};
    bool seen = false;
    if (fd >= 0)
        assert_int_equal(epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, fd, &event), 0);
    do
        seen = wait_and_handle(load, let_the_wild_go_on(load, deadline));
    while (!seen && patience_now() < deadline);
    if (fd >= 0)
        assert_int_equal(epoll_ctl(load->epoll_fd, EPOLL_CTL_DEL, fd, NULL), 0);
    return seen;
}

struct load_group *load_add(struct load *load, const struct load_plan *plan)
{
    struct load_group *group = calloc(1, sizeof *group);
    assert_non_null(group);
    group->load = load;
    group->plan = *plan;
    group->links = calloc(plan->connections, sizeof *group->links);
    assert_non_null(group->links);
    group->next = load->groups;
    load->groups = group;
    for (unsigned i = 0; i < plan->connections; i++) {
        struct load_link *link = &group->links[i];
        link->group = group;
        link->random = (plan->seed + i + 1) * 2654435761u;
        link->turn = i;
        load_link_reset(link);
        if (!plan->once)
            call_up(link);
    }
    return group;
}

void load_ask(struct load_group *group, unsigned requests)
{
    for (unsigned i = 0; i < group->plan.connections; i++) {
        group->links[i].to_ask = requests;
        if (!group->plan.wild)
            go_on(&group->links[i]);
    }
}

void load_release(struct load_group *group)
{
    group->hold_at = 0;
    for (unsigned i = 0; i < group->plan.connections; i++) {
        if (!group->links[i].held)
            continue;
        group->links[i].held = false;
        watch(&group->links[i], EPOLL_CTL_ADD);
    }
}

static bool is_done(const struct load *load)
{
    for (const struct load_group *group = load->groups; group; group = group->next)
        for (unsigned i = 0; i < group->plan.connections; i++)
            if (group->links[i].connecting || group->links[i].to_ask > 0 || group->links[i].asked_count > 0)
                return false;
    return true;
}

static bool is_over(const struct load *load)
{
    for (const struct load_group *group = load->groups; group; group = group->next)
        for (unsigned i = 0; i < group->plan.connections; i++)
            if (group->links[i].fd >= 0)
                return false;
    return true;
}

/* One look at what comes within a millisecond; the counts tell best what is amiss where it never comes. */
static void await_a_little(struct load *load, const char *what, int64_t deadline)
{
    if (patience_now() > deadline) {
        for (const struct load_group *group = load->groups; group; group = group->next)
            load_expect_clean(group);
        fail_msg("%s", what);
    }
    load_turn(load, -1, patience_now() + 1000);
}

void load_finish(struct load *load)
{
    int64_t deadline = patience_deadline();
    while (!is_done(load))
        await_a_little(load, "not everything that was asked is answered", deadline);
}

void load_await_end(struct load *load)
{
    int64_t deadline = patience_deadline();
    while (!is_over(load))
        await_a_little(load, "not every connection was closed", deadline);
}

static bool all_held(const struct load_group *group)
{
    for (unsigned i = 0; i < group->plan.connections; i++)
        if (!group->links[i].held)
            return false;
    return true;
}

void load_await_begun(struct load_group *group, size_t bytes)
{
    int64_t deadline = patience_deadline();
    group->hold_at = bytes;
    while (!all_held(group))
        await_a_little(group->load, "not every response has begun", deadline);
}

void load_await_responses(struct load_group *group, uint64_t responses)
{
    int64_t deadline = patience_deadline();
    while (group->counts.responses < responses)
        await_a_little(group->load, "there are fewer responses than requests", deadline);
}

void load_expect_clean(const struct load_group *group)
{
    const struct load_counts *c = &group->counts;
    if (c->refused || c->wrong || c->cut || c->lost_first || c->lost_later || c->dropped || c->resets)
        fail_msg(
            "%llu responses, and refused %u %s, wrong %u, cut %u, lost %u first and %u later, dropped %u, "
            "resets %u",
            (unsigned long long)c->responses, c->refused, c->refused ? strerror(c->refusal) : "", c->wrong,
            c->cut, c->lost_first, c->lost_later, c->dropped, c->resets);
}

void load_close(struct load_group *group)
{
    for (unsigned i = 0; i < group->plan.connections; i++) {
        group->links[i].to_ask = 0;
        hang_up(&group->links[i]);
    }
}

void load_close_all(void)
{
    while (loads) {
        struct load *load = loads;
        loads = load->next;
        while (load->groups) {
            struct load_group *group = load->groups;
            load->groups = group->next;
            load_close(group);
            free(group->links);
            free(group);
        }
        close(load->epoll_fd);
        free(load);
    }
}
