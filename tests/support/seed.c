/* A xorshift generator and where it starts. */
#include "seed.h"

#include "harness.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

static uint64_t state = 1;

void seed_start(void)
{
    struct timespec now;
    const char *wanted = getenv("SEED");
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed =
        wanted ? strtoull(wanted, NULL, 10) : (uint64_t)now.tv_sec * 1000003 + (uint64_t)now.tv_nsec;
    harness_say("SEED=%" PRIu64, seed);
    state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

uint64_t seed_number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

unsigned seed_pick(unsigned below)
{
    return (unsigned)(seed_number() >> 32) % below;
}
