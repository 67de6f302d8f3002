/* Who owns a connection: every way through the states, and the races that the turn number decides. */
#include "slot.h"

#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_slot_goes_round(void **state)
{
    (void)state;
    struct slot slot = {0};
    struct slot_seen seen;
    slot_take(&slot);
    assert_false(slot_is_waiting(&slot, &seen));
    uint32_t turn = slot_offer(&slot);
    slot_settle(&slot, turn);
    assert_true(slot_is_waiting(&slot, &seen));
    assert_true(slot_claim(&slot, turn));
    slot_release(&slot);
    slot_take(&slot);
}

static void the_event_may_come_before_the_arming_returns(void **state)
{
    (void)state;
    struct slot slot = {0};
    struct slot_seen seen;
    slot_take(&slot);
    uint32_t turn = slot_offer(&slot);
    assert_true(slot_claim(&slot, turn));
    slot_settle(&slot, turn); /* late: the new owner must not lose the slot by it */
    assert_false(slot_is_waiting(&slot, &seen));
    slot_release(&slot);
}

static void a_late_settle_does_not_touch_the_next_turn(void **state)
{
    (void)state;
    struct slot slot = {0};
    struct slot_seen seen;
    slot_take(&slot);
    uint32_t first = slot_offer(&slot);
    assert_true(slot_claim(&slot, first));
    uint32_t second = slot_offer(&slot);
    slot_settle(&slot, first);
    assert_false(slot_is_waiting(&slot, &seen));
    slot_settle(&slot, second);
    assert_true(slot_is_waiting(&slot, &seen));
}

static void a_stale_event_claims_nothing(void **state)
{
    (void)state;
    struct slot slot = {0};
    slot_take(&slot);
    uint32_t first = slot_offer(&slot);
    slot_settle(&slot, first);
    assert_true(slot_claim(&slot, first));
    assert_false(slot_claim(&slot, first));
    slot_release(&slot);
    assert_false(slot_claim(&slot, first));
    slot_take(&slot); /* the fd's number has come back */
    uint32_t second = slot_offer(&slot);
    assert_int_not_equal(first, second);
    slot_settle(&slot, second);
    assert_false(slot_claim(&slot, first));
    assert_true(slot_claim(&slot, second));
}

static void the_sweep_claims_only_what_it_saw(void **state)
{
    (void)state;
    struct slot slot = {0};
    struct slot_seen seen;
    slot_take(&slot);
    uint32_t turn = slot_offer(&slot);
    assert_false(slot_is_waiting(&slot, &seen)); /* about to be armed: its fd must not be closed now */
    slot_settle(&slot, turn);
    assert_true(slot_is_waiting(&slot, &seen));
    assert_true(slot_claim(&slot, turn));
    turn = slot_offer(&slot);
    slot_settle(&slot, turn);
    assert_false(slot_claim_seen(&slot, seen));
    assert_true(slot_is_waiting(&slot, &seen));
    /* What was given back looks as before, so whoever claims it looks again. */
    assert_true(slot_claim(&slot, turn));
    assert_true(slot_give_back(&slot));
    assert_true(slot_claim_seen(&slot, seen));
    assert_false(slot_claim(&slot, turn));
}

static void a_failed_arming_gives_the_slot_back(void **state)
{
    (void)state;
    struct slot slot = {0};
    slot_take(&slot);
    slot_withdraw(&slot, slot_offer(&slot));
    slot_release(&slot);
}

static void what_is_armed_for_every_edge_is_given_back(void **state)
{
    (void)state;
    struct slot slot = {0};
    struct slot_seen seen;
    slot_take(&slot);
    uint32_t turn = slot_offer(&slot);
    slot_settle(&slot, turn);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(slot_claim(&slot, turn));
        assert_false(slot_is_waiting(&slot, &seen));
        assert_true(slot_give_back(&slot));
        assert_true(slot_is_waiting(&slot, &seen));
    }
}

static void an_event_of_an_owned_slot_is_not_lost(void **state)
{
    (void)state;
    struct slot slot = {0};
    struct slot_seen seen;
    slot_take(&slot);
    uint32_t turn = slot_offer(&slot);
    slot_settle(&slot, turn);
    assert_true(slot_claim(&slot, turn));
    assert_false(slot_claim(&slot, turn - 1)); /* one of old marks nothing */
    assert_true(slot_give_back(&slot));
    assert_true(slot_claim(&slot, turn));
    assert_false(slot_claim(&slot, turn));
    assert_false(slot_claim(&slot, turn));
    assert_false(slot_give_back(&slot));
    uint32_t next = slot_offer(&slot);
    assert_int_equal(next, turn + 1);
    assert_false(slot_claim(&slot, turn));
    slot_settle(&slot, next);
    assert_true(slot_is_waiting(&slot, &seen));
    assert_true(slot_claim(&slot, next));
    assert_false(slot_claim(&slot, next));
    slot_release(&slot);
    assert_false(slot_claim(&slot, next));
}

static void the_turn_may_wrap(void **state)
{
    (void)state;
    struct slot slot = {UINT32_MAX & ~3U}; /* free, in the last turn there is */
    slot_take(&slot);
    uint32_t turn = slot_offer(&slot);
    assert_int_equal(turn, 0);
    slot_settle(&slot, turn);
    assert_true(slot_claim(&slot, turn));
}

/* Workers and a sweep fight over one slot; what it guards is plain memory, so a sanitizer sees any two
 * owners. */
struct fight {
    struct slot slot;
    _Atomic uint32_t turn; /* stands for the epoll set: the turn of the last arming */
    unsigned long guarded;
    _Atomic unsigned long claims;
};

enum { ROUNDS = 100000 };

static void hand_on(struct fight *fight)
{
    fight->guarded++;
    if (fight->guarded % 2 == 0 && slot_give_back(&fight->slot))
        return;
    uint32_t turn = slot_offer(&fight->slot);
    atomic_store(&fight->turn, turn);
    slot_settle(&fight->slot, turn);
}

static void *worker(void *argument)
{
    struct fight *fight = argument;
    for (unsigned i = 0; i < ROUNDS; i++)
        if (slot_claim(&fight->slot, atomic_load(&fight->turn))) {
            atomic_fetch_add(&fight->claims, 1);
            hand_on(fight);
        }
    return NULL;
}

static void *sweep(void *argument)
{
    struct fight *fight = argument;
    struct slot_seen seen;
    for (unsigned i = 0; i < ROUNDS; i++)
        if (slot_is_waiting(&fight->slot, &seen) && slot_claim_seen(&fight->slot, seen)) {
            atomic_fetch_add(&fight->claims, 1);
            hand_on(fight);
        }
    return NULL;
}

static void one_owner_at_a_time(void **state)
{
    (void)state;
    static struct fight fight;
    pthread_t threads[4];
    slot_take(&fight.slot);
    hand_on(&fight);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < 3 ? worker : sweep, &fight), 0);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(fight.guarded, fight.claims + 1);
    assert_true(slot_claim(&fight.slot, fight.turn));
}

static void only_a_waiting_ones_word_is_handed_on(void **state)
{
    (void)state;
    struct slot slot = {0}, next = {0};
    slot_take(&slot);
    uint32_t turn = slot_offer(&slot);
    slot_settle(&slot, turn);
    uint32_t word = slot_word(&slot);
    assert_true(slot_set_word(&next, word));
    assert_true(slot_claim(&next, turn));
    assert_false(slot_set_word(&next, word | UINT32_C(1) << 31)); /* marked */
    for (uint32_t other = 0; other < 4; other++)
        assert_int_equal(slot_set_word(&next, (word & ~UINT32_C(3)) | other), other == (word & 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_goes_round),
        cmocka_unit_test(the_event_may_come_before_the_arming_returns),
        cmocka_unit_test(a_late_settle_does_not_touch_the_next_turn),
        cmocka_unit_test(a_stale_event_claims_nothing),
        cmocka_unit_test(the_sweep_claims_only_what_it_saw),
        cmocka_unit_test(a_failed_arming_gives_the_slot_back),
        cmocka_unit_test(what_is_armed_for_every_edge_is_given_back),
        cmocka_unit_test(an_event_of_an_owned_slot_is_not_lost),
        cmocka_unit_test(the_turn_may_wrap),
        cmocka_unit_test(only_a_waiting_ones_word_is_handed_on),
        cmocka_unit_test(one_owner_at_a_time),
    };
    return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
