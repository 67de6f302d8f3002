#ifndef HELLOD_CACHE_H
#define HELLOD_CACHE_H

#include "http/negotiation.h"
#include "http/str.h"
#include "resource.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What was found for a target lately, ready to be sent again: of little files the bytes, of others what
 * spares looking for them. Bounded in bytes; what was not asked for lately goes first. Only what exists is
 * kept, so names that don't can't fill it. Any thread may call; nothing waits for a disk with a lock held.
 *
 * It never knows better than the file system: what is kept is good for CACHE_TRUST_USEC from when the file
 * system was looked at, then it must be confirmed by another look, for which the caller opens the file anew.
 */

enum { CACHE_TRUST_USEC = 1000000 };

/* What it was to a request. */
enum cache_use { CACHE_UNUSED, CACHE_HIT, CACHE_MISS };

struct cache;

/* What is asked for: a target's path and what else decides the answer, as a number. */
struct cache_key {
    struct str path;
    uint32_t wishes;
};

/* What is kept. Const while it is held; strings of the configuration and of the document root are theirs. */
struct cached {
    struct representation representation; /* without an fd; bytes == NULL: the file is to be opened */
    const char *file;                     /* its path beneath the document root */
    enum coding coding;
    struct str vary, cache_control;
    const struct str *fields; /* "Name: value" each */
    size_t field_count;
    struct str head; /* of a 200: all that doesn't depend on the request; see response_write_kept() */
};

/* At most so many bytes; 0: there is no cache, and *ret is NULL, which all functions take. 0 or a negative
 * errno. */
int cache_new(struct cache **ret, size_t bytes);

/* Nothing may be held any more. */
void cache_free(struct cache *cache);

/* What is kept for the key and can be trusted up to *ret_until_usec, or NULL. Held until cache_release(). */
const struct cached *cache_get(struct cache *cache, const struct cache_key *key, int64_t now_usec,
                               int64_t *ret_until_usec);

/*
 * Whether a file of that size is worth keeping: there is room, or it is asked for the second time within a
 * while. Where more files are asked for than there is room for, one that is asked for once would only drive
 * out another.
 */
bool cache_admits(struct cache *cache, const struct cache_key *key, uint64_t size);

/* Whether what is held was kept for that key. */
bool cache_is_for(const struct cached *cached, const struct cache_key *key);

/*
 * The file system was looked at, at `now_usec` or later, and showed this file for the key, with the wishes in
 * `vary` making a difference: what is kept is good again if it is of the same file unchanged, and of the same
 * wishes, and held; else NULL.
 */
const struct cached *cache_confirm(struct cache *cache, const struct cache_key *key,
                                   const struct representation *seen, struct str vary, int64_t now_usec);

/*
 * Keeps a copy of it in place of what was kept before, of representation.bytes too, and holds that; NULL
 * where memory is short or it is too large.
 */
const struct cached *cache_put(struct cache *cache, const struct cache_key *key, const struct cached *item,
                               int64_t now_usec);

void cache_release(const struct cached *cached);

/* What is held was asked for so many times more, by who didn't ask the cache for it. */
void cache_note_requests(const struct cached *cached, uint64_t count);

/* Something that is kept, and how often it was asked for since then. */
struct cache_popular {
    const struct cached *held; /* to be released */
    struct str path;           /* of the key; it lives as long as it is held */
    uint64_t requests;
};

/*
 * What is asked for most, and most of all first, at most `max` of it: how many there are. What is kept of a
 * path for several wishes counts apart. Takes each lock for as long as all that is kept takes to be looked
 * through.
 */
unsigned cache_busiest(struct cache *cache, struct cache_popular *ret, unsigned max);

/* The bytes that all that is kept takes. */
size_t cache_bytes(struct cache *cache);

/* Whether two looks have shown the same file, unchanged. */
bool cache_same_file(const struct representation *a, const struct representation *b);

#endif
