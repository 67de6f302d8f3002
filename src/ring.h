#ifndef HELLOD_RING_H
#define HELLOD_RING_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Records of bytes on their way from any number of threads to one. Bounded: where there is no room a record
 * is refused, nobody waits. A record is copied in and read in its place; nothing is allocated, no lock taken.
 * Records come out in the order in which their room was taken.
 */

struct ring;

/* `size` is a power of two, from a page on. Its memory is used as records come. 0 or -ENOMEM. */
int ring_new(struct ring **ret, size_t size);
void ring_free(struct ring *ring);

/* A record of two parts, one behind the other. False: no room. Any thread. */
bool ring_put(struct ring *ring, const void *first, size_t first_length, const void *second,
              size_t second_length);

/*
 * By the one reader: the next record, aligned to 8 bytes, and its length; NULL: there is none, or the next
 * one isn't whole yet. It stays until ring_drop(), which comes next.
 */
const void *ring_next(struct ring *ring, size_t *length);
void ring_drop(struct ring *ring);

/* By the reader: no record is in it, and none on its way. */
bool ring_is_empty(struct ring *ring);

#endif
