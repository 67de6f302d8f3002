/* Before, at the worst, after; see attack.h. */
#include "attack.h"

#include "client.h"
#include "harness.h"
#include "patience.h"
#include "prober.h"
#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SANITIZED_SHARE = 8, LONG_USEC = 60000000, FDS_A_ATTACKER = 3, FDS_SPARE = 300 };

static struct attack {
    struct server *server;
    unsigned fds, fds_at_most, round;
    size_t memory, memory_at_most;
    int64_t start;
} attack;

struct server *attack_begin(const char *settings)
{
    char *all = harness_text("pool_size = 4\n%s", settings);
    attack = (struct attack){.server = server_run(all)};
    free(all);
    /* Where the writer of access entries has no core, some are lost, which is as it should be. */
    server_allow(attack.server, "access entries are missing here");
    tree_noise(attack.server->root, "large.bin", ATTACK_LARGE, 7);
    attack.fds = attack.fds_at_most = server_fds(attack.server);
    prober_start(attack.server);
    prober_await(PROBER_WARM);
    attack.memory = attack.memory_at_most = process_memory(attack.server->pid);
    attack.start = patience_now();
    return attack.server;
}

unsigned attack_scale(unsigned attackers)
{
    unsigned long limit = server_raise_fd_limit();
    unsigned fit = limit > FDS_SPARE ? (unsigned)((limit - FDS_SPARE) / FDS_A_ATTACKER) : 1;
    if (patience_sanitized())
        attackers = attackers / SANITIZED_SHARE > 0 ? attackers / SANITIZED_SHARE : 1;
    if (attackers > fit)
        harness_say("the limit of open files allows %u of %u attackers", fit, attackers);
    return attackers < fit ? attackers : fit;
}

static void look(void)
{
    unsigned fds = server_fds(attack.server);
    size_t memory = process_memory(attack.server->pid);
    attack.fds_at_most = fds > attack.fds_at_most ? fds : attack.fds_at_most;
    attack.memory_at_most = memory > attack.memory_at_most ? memory : attack.memory_at_most;
}

bool attack_goes_on(unsigned rounds)
{
    if (server_has_ended(attack.server))
        fail_msg("the server has ended");
    look();
    bool long_enough = !harness_is_long() || patience_now() - attack.start > LONG_USEC;
    return attack.round++ < rounds || !long_enough || prober_wants_more();
}

void attack_rest(void)
{
    (void)patience_poll(-1, 0, patience_now() + 100000);
}

void attack_end(const char *name, size_t memory)
{
    look();
    prober_finish(name);
    server_await_fds(attack.server, attack.fds);
    size_t grown = attack.memory_at_most - attack.memory;
    harness_say("%s: %u rounds; fds %u, at most %u, then %u; memory %zu KiB, at most %zu KiB more", name,
                attack.round, attack.fds, attack.fds_at_most, server_fds(attack.server), attack.memory >> 10,
                grown >> 10);
    if (grown > memory && !patience_sanitized())
        fail_msg("%s: memory has grown by %zu KiB, not within %zu", name, grown >> 10, memory >> 10);
    server_stop(attack.server);
}
