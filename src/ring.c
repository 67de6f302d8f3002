/*
 * Two places that only grow: writers move `head` past the room that they take, the reader `tail` past what it
 * has read. A record starts with its length, which is stored last and is 0 until then; so the reader leaves
 * zeros behind. What would reach past the end starts at the beginning again, behind a mark that fills the
 * rest.
 *
 * A writer that finds the reader at rest must wake it, and the reader looks again before it rests: lengths
 * are stored and looked for in the one order of all such operations (seq_cst), as that flag is.
 */
#include "ring.h"

#include "pages.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FILLS UINT32_C(0x80000000)

struct head {
    _Atomic uint32_t length; /* of the record without this; of the whole rest with FILLS */
    uint32_t reserved;
};

struct ring {
    size_t size;
    char *bytes;
    _Atomic uint64_t head __attribute__((aligned(64)));
    _Atomic uint64_t tail __attribute__((aligned(64)));
};

int ring_new(struct ring **ret, size_t size)
{
    assert(size >= 4096 && (size & (size - 1)) == 0);
    struct ring *ring = aligned_alloc(64, sizeof *ring);
    if (!ring)
        return -ENOMEM;
    *ring = (struct ring){.size = size};
    ring->bytes = pages_map(size);
    if (!ring->bytes) {
        free(ring);
        return -ENOMEM;
    }
    *ret = ring;
    return 0;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    pages_unmap(ring->bytes, ring->size);
    free(ring);
}

static struct head *head_at(struct ring *ring, uint64_t place)
{
    return (struct head *)(void *)(ring->bytes + (place & (ring->size - 1)));
}

/* What a record takes, its head included. */
static size_t room_of(size_t length)
{
    return (sizeof(struct head) + length + 7) & ~(size_t)7;
}

/* Room at *ret; false where there is none. */
static bool reserve(struct ring *ring, size_t room, uint64_t *ret)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t rest, fill;
    do {
        uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
        rest = ring->size - (head & (ring->size - 1));
        fill = room > rest ? rest : 0;
        /* Behind the tail lies a head of before: the exchange will say which it is now. */
        if (head >= tail && head + fill + room - tail > ring->size)
            return false;
    } while (!atomic_compare_exchange_weak(&ring->head, &head, head + fill + room));
    if (fill > 0)
        atomic_store(&head_at(ring, head)->length, FILLS | (uint32_t)fill);
    *ret = head + fill;
    return true;
}

bool ring_put(struct ring *ring, const void *first, size_t first_length, const void *second,
              size_t second_length)
{
    size_t length = first_length + second_length;
    uint64_t place;
    assert(length > 0 && length < ring->size / 2);
    if (!reserve(ring, room_of(length), &place))
        return false;
    struct head *head = head_at(ring, place);
    char *bytes = (char *)(head + 1);
    memcpy(bytes, first, first_length);
    if (second_length > 0)
        memcpy(bytes + first_length, second, second_length);
    atomic_store(&head->length, (uint32_t)length);
    return true;
}

static void leave(struct ring *ring, uint64_t tail, size_t room)
{
    memset(head_at(ring, tail), 0, room);
    atomic_store_explicit(&ring->tail, tail + room, memory_order_release);
}

const void *ring_next(struct ring *ring, size_t *length)
{
    for (;;) {
        uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
        struct head *head = head_at(ring, tail);
        uint32_t found = atomic_load(&head->length);
        *length = found;
        if (found == 0)
            return NULL;
        if (!(found & FILLS))
            return head + 1;
        leave(ring, tail, found & ~FILLS);
    }
}

void ring_drop(struct ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint32_t length = atomic_load_explicit(&head_at(ring, tail)->length, memory_order_relaxed);
    assert(length > 0 && !(length & FILLS));
    leave(ring, tail, room_of(length));
}

bool ring_is_empty(struct ring *ring)
{
    return atomic_load(&ring->head) == atomic_load_explicit(&ring->tail, memory_order_relaxed);
}
