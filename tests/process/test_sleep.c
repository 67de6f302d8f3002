/*
 * The textbook's slow request, by the thousand: nobody waits longer than the sleep, and nobody else waits at
 * all, however few threads there are.
 *
 * HELLOD_CROWD in the environment says how many sleep at once: 2,000 by default, 300 where a sanitizer makes
 * it slow.
 */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { CROWD = 2000, CROWD_SANITIZED = 300, PROBE_EVERY_MS = 10, PROBES_MAX = 4096, EVENTS_A_TURN = 16 };

enum { SLEEP_USEC = 5000000, LATEST_USEC = 6000000 };

struct sleeper {
    struct client *client;
    int64_t sent, took; /* microseconds */
};

struct crowd {
    struct server *server;
    struct sleeper *sleepers;
    unsigned size, answered;
    struct client *prober;
    int64_t probe_sent; /* 0: no probe is under way */
    int64_t probes[PROBES_MAX];
    unsigned probe_count;
    int epoll;
};

static unsigned crowd_size(void)
{
    const char *wish = getenv("HELLOD_CROWD");
    unsigned long size = wish && *wish          ? strtoul(wish, NULL, 10)
                         : patience_sanitized() ? CROWD_SANITIZED
                                                : CROWD;
    /* Ours are one a client; the server needs a timer for each besides. */
    unsigned long limit = server_raise_fd_limit(), fit = limit > 200 ? (limit - 200) / 2 : 1;
    if (size > fit) {
        harness_say_skipped("a part of the crowd", "the limit of open files is too low");
        size = fit;
    }
    if (size != CROWD)
        harness_say("%lu sleep at once, not %d", size, CROWD);
    return (unsigned)size;
}

static void watch(struct crowd *crowd, int fd, uint64_t number)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = number};
    assert_int_equal(epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, fd, &event), 0);
}

static void put_to_sleep(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->size; i++) {
        struct sleeper *sleeper = &crowd->sleepers[i];
        sleeper->client = client_connect(crowd->server, 0);
        watch(crowd, sleeper->client->fd, i);
        sleeper->sent = patience_now();
        client_get(sleeper->client, "/sleep");
    }
}

static void wake(struct crowd *crowd, struct sleeper *sleeper)
{
    const struct reply *reply = client_try_receive(sleeper->client, false);
    if (!reply && sleeper->client->ended)
        fail_msg("a sleeper's connection ended after %ld us", (long)(patience_now() - sleeper->sent));
    if (!reply)
        return;
    sleeper->took = patience_now() - sleeper->sent;
    crowd->answered++;
    assert_int_equal(reply->status, 200);
    assert_int_equal(epoll_ctl(crowd->epoll, EPOLL_CTL_DEL, sleeper->client->fd, NULL), 0);
}

static void take_probe(struct crowd *crowd)
{
    const struct reply *reply = client_try_receive(crowd->prober, false);
    if (!reply)
        return;
    assert_int_equal(reply->status, 200);
    if (crowd->probe_count < PROBES_MAX)
        crowd->probes[crowd->probe_count++] = patience_now() - crowd->probe_sent;
    crowd->probe_sent = 0;
}

/* One request for the front page at a time, and not too many. */
static void probe(struct crowd *crowd, int64_t *next)
{
    int64_t now = patience_now();
    if (crowd->probe_sent || now < *next)
        return;
    crowd->probe_sent = now;
    *next = now + PROBE_EVERY_MS * 1000;
    client_get(crowd->prober, "/");
}

static void wait_for_all(struct crowd *crowd)
{
    int64_t deadline = patience_deadline(), next = 0;
    struct epoll_event events[EVENTS_A_TURN];
    while (crowd->answered < crowd->size || crowd->probe_sent) {
        if (crowd->answered < crowd->size)
            probe(crowd, &next);
        int n = epoll_wait(crowd->epoll, events, EVENTS_A_TURN, PROBE_EVERY_MS);
        assert_true(n >= 0 || errno == EINTR);
        for (int i = 0; i < n; i++) {
            if (events[i].data.u64 < crowd->size)
                wake(crowd, &crowd->sleepers[events[i].data.u64]);
            else
                take_probe(crowd);
        }
        if (patience_now() > deadline)
            fail_msg("%u of %u are not answered", crowd->size - crowd->answered, crowd->size);
    }
}

static int by_time(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

static void judge_sleepers(const struct crowd *crowd)
{
    int64_t first = INT64_MAX, last = 0;
    for (unsigned i = 0; i < crowd->size; i++) {
        int64_t took = crowd->sleepers[i].took;
        first = took < first ? took : first;
        last = took > last ? took : last;
    }
    harness_say("%u in /sleep at once: answered after %.3f to %.3f s", crowd->size, (double)first / 1e6,
                (double)last / 1e6);
    assert_true(first >= SLEEP_USEC);
    assert_true(last <= LATEST_USEC);
}

static void judge_probes(struct crowd *crowd)
{
    unsigned n = crowd->probe_count;
    assert_true(n >= 100);
    qsort(crowd->probes, n, sizeof crowd->probes[0], by_time);
    int64_t median = crowd->probes[n / 2], most = crowd->probes[n * 99 / 100], worst = crowd->probes[n - 1];
    harness_say("GET / meanwhile, %u times: median %.2f ms, 99 of 100 within %.2f ms, worst %.2f ms", n,
                (double)median / 1e3, (double)most / 1e3, (double)worst / 1e3);
    int64_t factor = patience_sanitized() ? 10 : 1;
    assert_true(median < 10000 * factor);
    assert_true(most < 100000 * factor);
}

static void let_a_crowd_sleep(const char *settings)
{
    unsigned size = crowd_size();
    struct crowd crowd = {.size = size, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    crowd.sleepers = test_calloc(size, sizeof crowd.sleepers[0]);
    crowd.server = server_run(settings);
    crowd.prober = client_connect(crowd.server, 0);
    client_fetch(crowd.prober, "/", 200);
    watch(&crowd, crowd.prober->fd, size);
    put_to_sleep(&crowd);
    wait_for_all(&crowd);
    judge_sleepers(&crowd);
    judge_probes(&crowd);
    test_free(crowd.sleepers);
    close(crowd.epoll);
    server_stop(crowd.server);
}

static void thousands_sleep_at_once_on_four_threads(void **state)
{
    (void)state;
    let_a_crowd_sleep("sleep = 5s\npool_size = 4\n");
}

static void thousands_sleep_at_once_on_a_single_thread(void **state)
{
    (void)state;
    let_a_crowd_sleep("sleep = 5s\npool_size = 1\n");
}

static void there_is_no_sleep_where_it_is_off(void **state)
{
    (void)state;
    struct server *server = server_run("sleep = off\n");
    client_fetch(client_connect(server, 0), "/sleep", 404);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(thousands_sleep_at_once_on_four_threads),
        harness_test(thousands_sleep_at_once_on_a_single_thread),
        harness_test(there_is_no_sleep_where_it_is_off),
    };
    return cmocka_run_group_tests_name("sleep", tests, NULL, NULL);
}
