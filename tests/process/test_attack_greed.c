/* Requests that ask for, or are, more than anybody needs. */
#include "support/attack.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"
#include "support/swarm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ATTACKERS = 200, ROUNDS = 5, RANGES = 1000, HEAD = 100 << 10, CHUNK = 16 << 10 };
enum { PIPELINES = 8, PIPELINED = 100000 };

/* What one connection may make us keep: what it has sent and what it hasn't taken. */
enum { KEPT_A_PIPELINE = 256 << 10 };

static struct swarm *come(const struct server *server, unsigned count)
{
    return swarm_open(server,
                      &(struct swarm_plan){.count = count, .first = SWARM_ADDRESS(4, 1), .addresses = 20});
}

/* They are answered, with the whole file, as if they had not been asked for. */
static void a_thousand_ranges(void **state)
{
    (void)state;
    static char request[RANGES * 10];
    char *end = stpcpy(request, "GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=");
    for (unsigned i = 0; i < RANGES; i++)
        end += sprintf(end, "%s%u-%u", i > 0 ? "," : "", 2 * i, 2 * i);
    strcpy(end, "\r\n\r\n");
    struct server *server = attack_begin("");
    unsigned count = attack_scale(ATTACKERS), all = 0;
    for (; attack_goes_on(ROUNDS); all += count) {
        struct swarm *swarm = come(server, count);
        assert_int_equal(swarm_say(swarm, request, strlen(request)), count);
        swarm_await_status(swarm, 200, count);
        swarm_end(swarm, true);
    }
    harness_say("a thousand ranges: %u requests of %zu bytes, each answered by 200", all, strlen(request));
    attack_end("a thousand ranges", 16 << 20);
}

static void heads_of_100_kib(void **state)
{
    (void)state;
    static char head[HEAD + 1];
    memset(head, 'x', HEAD);
    memcpy(head, "GET / HTTP/1.1\r\nX: ", 19);
    struct server *server = attack_begin("");
    unsigned count = attack_scale(ATTACKERS), all = 0;
    for (; attack_goes_on(ROUNDS); all += count) {
        struct swarm *swarm = come(server, count);
        swarm_say(swarm, head, HEAD);
        swarm_await_status(swarm, 431, count);
        swarm_end(swarm, true);
    }
    harness_say("heads of 100 KiB: %u, each answered by 431", all);
    attack_end("heads of 100 KiB", 32 << 20);
}

static void endless_bodies(void **state)
{
    (void)state;
    static char chunk[CHUNK + 16];
    int head = sprintf(chunk, "%x\r\n", CHUNK);
    memset(chunk + head, 'x', CHUNK);
    memcpy(chunk + head + CHUNK, "\r\n", 2);
    size_t length = (size_t)head + CHUNK + 2;
    static const char start[] = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct server *server = attack_begin("");
    unsigned count = attack_scale(ATTACKERS), rounds = 0;
    struct swarm *swarm = come(server, count);
    assert_int_equal(swarm_say(swarm, start, strlen(start)), count);
    int64_t deadline = patience_deadline();
    for (; attack_goes_on(ROUNDS) || (swarm_with_status(swarm, 413) < count && patience_now() < deadline);
         rounds++) {
        swarm_say(swarm, chunk, length);
        swarm_hear(swarm, SIZE_MAX);
    }
    harness_say("endless bodies: %u, %u told 413, after %u rounds of 16 KiB", count,
                swarm_with_status(swarm, 413), rounds);
    assert_int_equal(swarm_with_status(swarm, 413), count);
    swarm_end(swarm, true);
    attack_end("endless bodies", 32 << 20);
}

/* Sends of the pipeline what the socket takes; *sent goes on. */
static void push(const struct swarm_member *member, const char *all, size_t length, size_t *sent)
{
    while (member->fd >= 0 && *sent < length) {
        ssize_t n = send(member->fd, all + *sent, length - *sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n <= 0)
            return;
        *sent += (size_t)n;
    }
}

/* 100,000 requests each, of clients that never read: the server reads no further than it can answer, and in
 * the end reads no more at all. */
static void pipelines_that_nobody_reads(void **state)
{
    (void)state;
    static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    size_t one = strlen(get), length = PIPELINED * one, sent[PIPELINES] = {0}, total = 0;
    char *all = malloc(length);
    assert_non_null(all);
    for (size_t i = 0; i < PIPELINED; i++)
        memcpy(all + i * one, get, one);
    struct server *server = attack_begin("[timeouts]\nsend = 3s\n");
    unsigned before = server_fds(server) + 2;
    struct swarm *swarm = come(server, PIPELINES);
    int64_t start = patience_now(), deadline = patience_deadline();
    while (attack_goes_on(10) || (server_fds(server) > before && patience_now() < deadline)) {
        for (unsigned i = 0; i < PIPELINES; i++)
            push(&swarm->members[i], all, length, &sent[i]);
        attack_rest();
    }
    for (unsigned i = 0; i < PIPELINES; i++)
        total += sent[i];
    harness_say("pipelines: %d of %d requests, %.0f%% of them got into the sockets; cut off after %.1f s",
                PIPELINES, PIPELINED, 100.0 * (double)total / (double)length / PIPELINES,
                (double)(patience_now() - start) / 1e6);
    free(all);
    server_await_log(server, "took too little in time");
    attack_end("pipelines that nobody reads", (4 << 20) + PIPELINES * KEPT_A_PIPELINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(a_thousand_ranges),
        harness_test(heads_of_100_kib),
        harness_test(endless_bodies),
        harness_test(pipelines_that_nobody_reads),
    };
    return cmocka_run_group_tests_name("attack: greed", tests, NULL, NULL);
}
