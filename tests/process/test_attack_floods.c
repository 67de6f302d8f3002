/* Thousands who come and go, who go without a word, or who close one half and stay. */
#include "support/attack.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"
#include "support/swarm.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

enum { ATTACKERS = 500, ADDRESSES = 100, ROUNDS = 10 };

static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
static const char get_large[] = "GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n";
static const char half[] = "GET / HTTP/1.1\r\nHos";

static struct swarm *come(const struct server *server, unsigned count)
{
    return swarm_open(
        server, &(struct swarm_plan){.count = count, .first = SWARM_ADDRESS(3, 1), .addresses = ADDRESSES});
}

static void connect_floods(void **state)
{
    (void)state;
    struct server *server = attack_begin("");
    unsigned count = attack_scale(ATTACKERS), all = 0;
    for (; attack_goes_on(ROUNDS); all += count)
        swarm_end(come(server, count), false);
    harness_say("connect floods: %u connections", all);
    attack_end("connect floods", 16 << 20);
}

/* Right after the connect, in the middle of a request, of a response, and behind it. */
static void reset_storms(void **state)
{
    (void)state;
    static const char *const said[] = {"", half, get_large, get};
    struct server *server = attack_begin("");
    unsigned count = attack_scale(ATTACKERS), all = 0;
    for (unsigned round = 0; attack_goes_on(ROUNDS); all += count) {
        struct swarm *swarm = come(server, count);
        const char *text = said[round++ % 4];
        if (*text)
            swarm_say(swarm, text, strlen(text));
        if (round % 3 == 0)
            swarm_hear(swarm, 1000);
        swarm_end(swarm, true);
    }
    harness_say("reset storms: %u connections", all);
    attack_end("reset storms", 16 << 20);
}

/* They close their half at once, in the middle of a request or behind it, and then never the other one. */
static void half_closed_peers(void **state)
{
    (void)state;
    struct server *server = attack_begin("[timeouts]\nhead = 2s\nidle = 2s\nsend = 2s\n");
    unsigned count = attack_scale(ATTACKERS);
    struct swarm *silent = come(server, count), *begun = come(server, count), *whole = come(server, count);
    swarm_say(begun, half, strlen(half));
    swarm_say(whole, get, strlen(get));
    swarm_half_close(silent);
    swarm_half_close(begun);
    swarm_half_close(whole);
    while (attack_goes_on(5))
        attack_rest();
    swarm_await_status(begun, 400, count);
    swarm_await_status(whole, 200, count);
    swarm_await_left(silent, 0);
    swarm_await_left(begun, 0);
    swarm_await_left(whole, 0);
    harness_say("half-closed peers: %u silent ones closed, %u told 400, %u served", count, count, count);
    attack_end("half-closed peers", 16 << 20);
}

/* Lets the kernel forget the connection, as if the machine at this end had lost its power. */
static bool vanish(int fd)
{
    int on = 1;
    return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) == 0;
}

/* Gone without a word, before a request, within it, and with a response under way. */
static void half_open_peers(void **state)
{
    (void)state;
    static const char *const said[] = {"", half, get_large};
    struct server *server = attack_begin("[timeouts]\nhead = 2s\nidle = 2s\nsend = 2s\n");
    unsigned count = attack_scale(ATTACKERS), before = server_fds(server) + 2;
    for (unsigned i = 0; i < 3; i++) {
        struct swarm *swarm = come(server, count);
        if (*said[i])
            swarm_say(swarm, said[i], strlen(said[i]));
        if (!vanish(swarm->members[0].fd)) {
            harness_say_skipped("half-open peers", strerror(errno));
            break;
        }
        for (unsigned j = 1; j < count; j++)
            assert_true(vanish(swarm->members[j].fd));
        swarm_end(swarm, false);
    }
    int64_t start = patience_now(), deadline = patience_deadline();
    while (attack_goes_on(5) || (server_fds(server) > before && patience_now() < deadline))
        attack_rest();
    harness_say("half-open peers: 3 x %u, gone after %.1f s", count, (double)(patience_now() - start) / 1e6);
    attack_end("half-open peers", 16 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(connect_floods),
        harness_test(reset_storms),
        harness_test(half_closed_peers),
        harness_test(half_open_peers),
    };
    return cmocka_run_group_tests_name("attack: floods", tests, NULL, NULL);
}
