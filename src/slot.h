#ifndef HELLOD_SLOT_H
#define HELLOD_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Who owns a connection at this moment, without a lock: one word, a state and a turn number that grows each
 * time the fd is armed.
 *
 *     FREE --take--> OWNED --offer--> ARMING --settle--> WAITING --claim--> OWNED --release--> FREE
 *                                       \----------claim (by a worker)-------^
 *                    OWNED --give_back--> WAITING
 *
 * The owner offers the slot, then arms the fd with the turn's number as its key. Its event may reach another
 * worker before the arming call has returned: that worker may claim an ARMING slot. The sweep, which closes
 * fds, may not: the fd must not be closed, and its number not be used again, while somebody is about to arm
 * it. An event that comes late, of an earlier turn or of an fd that was closed since, names a turn that is
 * over, and its claim fails.
 *
 * An fd may be armed for every edge, not for one event. Then its owner may give it back with nothing armed
 * anew, and an event may come while it is owned: the claim fails, and marks the slot, so that it can't be
 * given back; it is to be armed instead, which asks the kernel anew what is ready.
 *
 * What a slot guards is written by its owner only; offer publishes it, claim sees it.
 */

enum slot_state { SLOT_FREE, SLOT_OWNED, SLOT_ARMING, SLOT_WAITING };

struct slot {
    _Atomic uint32_t word; /* mark << 31 | turn << 2 | state; all zero is a free slot */
};

/* A slot as seen at one moment, for slot_claim_seen(). */
struct slot_seen {
    uint32_t word;
};

/* FREE to OWNED. By whoever just got the fd that the slot stands for. */
void slot_take(struct slot *slot);

/* OWNED to ARMING; returns the turn, to be armed with. From the arming on the caller owns nothing. */
uint32_t slot_offer(struct slot *slot);

/* After the arming: ARMING to WAITING, unless a worker has claimed that turn already. */
void slot_settle(struct slot *slot, uint32_t turn);

/* After an arming that failed: the slot is the caller's again. */
void slot_withdraw(struct slot *slot, uint32_t turn);

/* By a worker with an event of that turn: true makes it the owner; else an owned slot of that turn is marked.
 */
bool slot_claim(struct slot *slot, uint32_t turn);

/* OWNED to WAITING, the fd being armed for every edge still; false where the slot is marked. If true the
 * caller owns nothing any more. */
bool slot_give_back(struct slot *slot);

/*
 * By the sweep: look, decide on what may be read of a slot one doesn't own (atomics), then claim what was
 * seen, and decide again: it may have been claimed and given back in between.
 */
bool slot_is_waiting(const struct slot *slot, struct slot_seen *ret);
bool slot_claim_seen(struct slot *slot, struct slot_seen seen);

/*
 * The word of a WAITING slot, for a successor of this process, while nobody else is at work. slot_set_word()
 * is the successor's side: false for a word that isn't a WAITING slot's.
 */
uint32_t slot_word(const struct slot *slot);
bool slot_set_word(struct slot *slot, uint32_t word);

/* OWNED to FREE. Before the fd is closed: its number may come back from accept(2) at once. */
void slot_release(struct slot *slot);

#endif
