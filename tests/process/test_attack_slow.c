/* Thousands who take their time: with a head, with a body, with the response. Each costs a slot, and not for
 * long. */
#include "support/attack.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"
#include "support/swarm.h"

#include <string.h>

/* Of many addresses, so that no limit but time is in their way. */
enum { ATTACKERS = 2000, ADDRESSES = 200 };

static struct swarm *come(const struct server *server, unsigned count, int receive_buffer)
{
    return swarm_open(server, &(struct swarm_plan){.count = count,
                                                   .first = SWARM_ADDRESS(2, 1),
                                                   .addresses = ADDRESSES,
                                                   .receive_buffer = receive_buffer});
}

/* A byte of a request now and then, until the server has enough of it. */
static void drip(const char *name, const char *settings, const char *start)
{
    struct server *server = attack_begin(settings);
    unsigned count = attack_scale(ATTACKERS);
    struct swarm *swarm = come(server, count, 0);
    assert_int_equal(swarm_say(swarm, start, strlen(start)), count);
    for (int64_t deadline = patience_deadline();
         attack_goes_on(10) || (swarm_hear(swarm, SIZE_MAX) > 0 && patience_now() < deadline); attack_rest())
        swarm_say(swarm, "x", 1);
    unsigned left = swarm_hear(swarm, SIZE_MAX), told = swarm_with_status(swarm, 408);
    harness_say("%s: %u connections, %u told 408, %u left", name, count, told, left);
    assert_int_equal(left, 0);
    assert_int_equal(told, count);
    attack_end(name, 16 << 20);
}

static void heads_that_drip(void **state)
{
    (void)state;
    drip("slow heads", "[timeouts]\nhead = 2s\n", "GET / HTTP/1.1\r\nHost: x\r\nX: ");
}

static void bodies_that_drip(void **state)
{
    (void)state;
    drip("slow bodies", "[timeouts]\nrequest = 2s\n",
         "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
}

static void chunks_that_drip(void **state)
{
    (void)state;
    drip("slow chunks", "[timeouts]\nrequest = 2s\n",
         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;");
}

/*
 * A byte a round, of a file that would fill any socket. The server must be rid of them, and the kernel of
 * what it had kept for them; whether they hear of it is their affair, as a reset that doesn't fit their
 * window may pass them by.
 */
static void responses_that_are_sipped(void **state)
{
    (void)state;
    static const char get[] = "GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n";
    struct server *server = attack_begin("[timeouts]\nsend = 2s\n");
    unsigned count = attack_scale(ATTACKERS), before = server_fds(server);
    struct swarm *swarm = come(server, count, 2048);
    assert_int_equal(swarm_say(swarm, get, strlen(get)), count);
    int64_t start = patience_now(), deadline = patience_deadline();
    for (; attack_goes_on(10) || (server_fds(server) > before && patience_now() < deadline); attack_rest())
        swarm_hear(swarm, 1);
    harness_say("slow readers: %u connections, gone after %.1f s", count,
                (double)(patience_now() - start) / 1e6);
    server_await_log(server, "took too little in time");
    attack_end("slow readers", 16 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(heads_that_drip),
        harness_test(bodies_that_drip),
        harness_test(chunks_that_drip),
        harness_test(responses_that_are_sipped),
    };
    return cmocka_run_group_tests_name("attack: slow", tests, NULL, NULL);
}
