/* The word of a slot and the changes it can undergo; the head of slot.h draws them. */
#include "slot.h"

#include <assert.h>

/* An event has come for an owned slot. */
#define MARK (UINT32_C(1) << 31)

static uint32_t word_of(uint32_t turn, enum slot_state state)
{
    return (turn << 2 & ~MARK) | state;
}

static uint32_t turn_of(uint32_t word)
{
    return (word & ~MARK) >> 2;
}

static enum slot_state state_of(uint32_t word)
{
    return word & 3;
}

static void move(struct slot *slot, enum slot_state from, enum slot_state to)
{
    uint32_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    assert(state_of(word) == from);
    atomic_store_explicit(&slot->word, word_of(turn_of(word), to), memory_order_release);
}

static bool change(struct slot *slot, uint32_t from, uint32_t to)
{
    return atomic_compare_exchange_strong_explicit(&slot->word, &from, to, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

void slot_take(struct slot *slot)
{
    move(slot, SLOT_FREE, SLOT_OWNED);
}

uint32_t slot_offer(struct slot *slot)
{
    uint32_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    assert(state_of(word) == SLOT_OWNED);
    uint32_t next = word_of(turn_of(word) + 1, SLOT_ARMING);
    atomic_store_explicit(&slot->word, next, memory_order_release);
    return turn_of(next);
}

void slot_settle(struct slot *slot, uint32_t turn)
{
    (void)change(slot, word_of(turn, SLOT_ARMING), word_of(turn, SLOT_WAITING));
}

void slot_withdraw(struct slot *slot, uint32_t turn)
{
    bool mine = change(slot, word_of(turn, SLOT_ARMING), word_of(turn, SLOT_OWNED));
    assert(mine);
}

bool slot_claim(struct slot *slot, uint32_t turn)
{
    uint32_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    /* It may be settled or given back in between, hence the loop. */
    while (turn_of(word) == turn && state_of(word) != SLOT_FREE) {
        bool owned = state_of(word) == SLOT_OWNED;
        uint32_t next = word_of(turn, SLOT_OWNED) | (owned ? MARK : 0);
        if (atomic_compare_exchange_weak_explicit(&slot->word, &word, next, memory_order_acq_rel,
                                                  memory_order_relaxed))
            return !owned;
    }
    return false;
}

bool slot_give_back(struct slot *slot)
{
    uint32_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    assert(state_of(word) == SLOT_OWNED);
    uint32_t turn = turn_of(word);
    return change(slot, word_of(turn, SLOT_OWNED), word_of(turn, SLOT_WAITING));
}

bool slot_is_waiting(const struct slot *slot, struct slot_seen *ret)
{
    ret->word = atomic_load_explicit(&slot->word, memory_order_acquire);
    return state_of(ret->word) == SLOT_WAITING;
}

bool slot_claim_seen(struct slot *slot, struct slot_seen seen)
{
    return change(slot, seen.word, word_of(turn_of(seen.word), SLOT_OWNED));
}

void slot_release(struct slot *slot)
{
    move(slot, SLOT_OWNED, SLOT_FREE);
}

uint32_t slot_word(const struct slot *slot)
{
    uint32_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    assert(state_of(word) == SLOT_WAITING);
    return word;
}

bool slot_set_word(struct slot *slot, uint32_t word)
{
    atomic_store_explicit(&slot->word, word, memory_order_release);
    return state_of(word) == SLOT_WAITING && !(word & MARK);
}
