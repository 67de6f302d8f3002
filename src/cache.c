/*
 * Shards, each with a lock, a table of chains and a ring of its entries. The ring's hand takes out what was
 * not asked for since it last came by, until there is room. An entry is const from its making on but for the
 * moment up to which it is trusted; whoever holds it keeps it from being freed.
 */
#include "cache.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { SHARDS = 16, BUCKETS_MIN = 64, STRANGERS = 1024 };

struct entry {
    struct cached cached; /* first, so that one is found by the other */
    struct entry *next;   /* of its chain */
    struct entry *before, *behind;
    uint64_t hash;
    size_t size;
    int64_t trusted_until_usec; /* under the shard's lock, as `asked` is */
    _Atomic uint64_t requests;
    bool asked;
    _Atomic unsigned holders; /* the table is one */
    uint32_t wishes;
    size_t path_length;
    char path[];
};

struct shard {
    pthread_mutex_t lock;
    struct entry **buckets;
    size_t bucket_count, entry_count, bytes;
    struct entry *hand; /* a place in the ring; NULL: it is empty */
    /* STRANGERS parts of hashes, each of who was turned away last at that place; NULL: nobody yet. */
    uint32_t *strangers;
} __attribute__((aligned(64)));

struct cache {
    uint64_t seed;
    size_t shard_bytes;
    struct shard shards[SHARDS];
};

static void lock(struct shard *shard)
{
    int r = pthread_mutex_lock(&shard->lock);
    assert(r == 0);
}

static void unlock(struct shard *shard)
{
    int r = pthread_mutex_unlock(&shard->lock);
    assert(r == 0);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* With a seed, eight octets at a time; what is left over comes with the length. */
static uint64_t hash_key(const struct cache *cache, const struct cache_key *key)
{
    struct str rest = key->path;
    uint64_t hash = cache->seed ^ key->wishes, word;
    for (; rest.length >= sizeof word; rest = str_after(rest, sizeof word)) {
        memcpy(&word, rest.data, sizeof word);
        hash = mix(hash, word);
    }
    word = key->path.length;
    for (size_t i = 0; i < rest.length; i++)
        word = word << 8 | (unsigned char)rest.data[i];
    return mix(hash, word);
}

static struct shard *shard_of(struct cache *cache, uint64_t hash)
{
    return &cache->shards[hash >> 8 & (SHARDS - 1)];
}

static struct entry **bucket_of(const struct shard *shard, uint64_t hash)
{
    return &shard->buckets[(hash >> 12) & (shard->bucket_count - 1)];
}

bool cache_is_for(const struct cached *cached, const struct cache_key *key)
{
    const struct entry *entry = (const struct entry *)(uintptr_t)cached;
    return entry->wishes == key->wishes &&
           str_equal((struct str){entry->path, entry->path_length}, key->path);
}

/* Where the chain has the entry, or where it ends. */
static struct entry **find(const struct shard *shard, uint64_t hash, const struct cache_key *key)
{
    struct entry **place = bucket_of(shard, hash);
    while (*place && !((*place)->hash == hash && cache_is_for(&(*place)->cached, key)))
        place = &(*place)->next;
    return place;
}

static void count_requests(struct entry *entry, uint64_t count)
{
    atomic_fetch_add_explicit(&entry->requests, count, memory_order_relaxed);
}

static const struct cached *hold(struct entry *entry)
{
    atomic_fetch_add_explicit(&entry->holders, 1, memory_order_relaxed);
    return &entry->cached;
}

static void let_go(struct entry *entry)
{
    if (atomic_fetch_sub_explicit(&entry->holders, 1, memory_order_acq_rel) == 1)
        free(entry);
}

void cache_release(const struct cached *cached)
{
    if (cached)
        let_go((struct entry *)(uintptr_t)cached);
}

void cache_note_requests(const struct cached *cached, uint64_t count)
{
    count_requests((struct entry *)(uintptr_t)cached, count);
}

static void ring_insert(struct shard *shard, struct entry *entry)
{
    if (!shard->hand) {
        shard->hand = entry->before = entry->behind = entry;
        return;
    }
    entry->behind = shard->hand;
    entry->before = shard->hand->before;
    entry->before->behind = entry->behind->before = entry;
}

static void ring_remove(struct shard *shard, struct entry *entry)
{
    if (shard->hand == entry)
        shard->hand = entry->behind == entry ? NULL : entry->behind;
    entry->before->behind = entry->behind;
    entry->behind->before = entry->before;
}

/* Out of the table; who holds it still may. */
static void take_out(struct shard *shard, struct entry **place)
{
    struct entry *entry = *place;
    *place = entry->next;
    ring_remove(shard, entry);
    shard->entry_count--;
    shard->bytes -= entry->size;
    let_go(entry);
}

static struct entry **place_of(const struct shard *shard, const struct entry *entry)
{
    struct entry **place = bucket_of(shard, entry->hash);
    while (*place != entry)
        place = &(*place)->next;
    return place;
}

static void make_room(struct shard *shard, size_t size, size_t limit)
{
    while (shard->hand && shard->bytes + size > limit) {
        struct entry *entry = shard->hand;
        if (entry->asked) {
            entry->asked = false;
            shard->hand = entry->behind;
        } else {
            take_out(shard, place_of(shard, entry));
        }
    }
}

/* With the lock held. Where memory is short, everybody is here for the first time. */
static bool is_here_again(struct shard *shard, uint64_t hash)
{
    if (!shard->strangers)
        shard->strangers = calloc(STRANGERS, sizeof *shard->strangers);
    if (!shard->strangers)
        return false;
    uint32_t *place = &shard->strangers[(hash >> 12) % STRANGERS], mark = (uint32_t)(hash >> 32) | 1;
    bool again = *place == mark;
    *place = again ? 0 : mark;
    return again;
}

bool cache_admits(struct cache *cache, const struct cache_key *key, uint64_t size)
{
    if (!cache || size > cache->shard_bytes)
        return false;
    uint64_t hash = hash_key(cache, key);
    struct shard *shard = shard_of(cache, hash);
    lock(shard);
    bool admits =
        shard->bytes + size <= cache->shard_bytes - cache->shard_bytes / 16 || is_here_again(shard, hash);
    unlock(shard);
    return admits;
}

/* Twice the chains, or as many as before where memory is short. */
static void grow(struct shard *shard)
{
    size_t old_count = shard->bucket_count;
    struct entry **old = shard->buckets, **wider = calloc(2 * old_count, sizeof(struct entry *));
    if (!wider)
        return;
    shard->buckets = wider;
    shard->bucket_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct entry *entry = old[i], *next; entry; entry = next) {
            next = entry->next;
            struct entry **place = bucket_of(shard, entry->hash);
            entry->next = *place;
            *place = entry;
        }
    }
    free(old);
}

static void insert(struct shard *shard, struct entry *entry)
{
    if (shard->entry_count >= shard->bucket_count)
        grow(shard);
    struct entry **place = bucket_of(shard, entry->hash);
    entry->next = *place;
    *place = entry;
    ring_insert(shard, entry);
    shard->entry_count++;
    shard->bytes += entry->size;
}

bool cache_same_file(const struct representation *a, const struct representation *b)
{
    return a->device == b->device && a->version.inode == b->version.inode &&
           a->version.size == b->version.size && a->version.seconds == b->version.seconds &&
           a->version.nanoseconds == b->version.nanoseconds && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Where the key has its place, in its shard, which it locks. */
static struct entry **lock_place(struct cache *cache, const struct cache_key *key, struct shard **ret)
{
    uint64_t hash = hash_key(cache, key);
    *ret = shard_of(cache, hash);
    lock(*ret);
    return find(*ret, hash, key);
}

const struct cached *cache_get(struct cache *cache, const struct cache_key *key, int64_t now_usec,
                               int64_t *ret_until_usec)
{
    if (!cache)
        return NULL;
    struct shard *shard;
    const struct cached *cached = NULL;
    struct entry *entry = *lock_place(cache, key, &shard);
    if (entry && now_usec < entry->trusted_until_usec) {
        entry->asked = true;
        *ret_until_usec = entry->trusted_until_usec;
        count_requests(entry, 1);
        cached = hold(entry);
    }
    unlock(shard);
    return cached;
}

const struct cached *cache_confirm(struct cache *cache, const struct cache_key *key,
                                   const struct representation *seen, struct str vary, int64_t now_usec)
{
    if (!cache)
        return NULL;
    struct shard *shard;
    const struct cached *cached = NULL;
    struct entry **place = lock_place(cache, key, &shard);
    if (*place && cache_same_file(&(*place)->cached.representation, seen) &&
        str_equal((*place)->cached.vary, vary)) {
        if ((*place)->trusted_until_usec < now_usec + CACHE_TRUST_USEC)
            (*place)->trusted_until_usec = now_usec + CACHE_TRUST_USEC;
        count_requests(*place, 1);
        cached = hold(*place);
    } else if (*place) {
        take_out(shard, place);
    }
    unlock(shard);
    return cached;
}

/* Copies to where `*to` is, which it moves on. */
static void *copy(char **to, const void *from, size_t length)
{
    char *place = *to;
    if (length > 0)
        memcpy(place, from, length);
    *to += length;
    return place;
}

/* In one piece of memory: entry, path, fields, file, head, bytes. */
static struct entry *make_entry(uint64_t hash, const struct cache_key *key, const struct cached *item)
{
    const struct representation *representation = &item->representation;
    size_t path = (key->path.length + sizeof(struct str) - 1) / sizeof(struct str) * sizeof(struct str);
    size_t fields = item->field_count * sizeof *item->fields, file = strlen(item->file) + 1;
    size_t bytes = representation->bytes ? (size_t)representation->version.size : 0;
    size_t size = sizeof(struct entry) + path + fields + file + item->head.length + bytes;
    struct entry *entry = malloc(size);
    if (!entry)
        return NULL;
    *entry = (struct entry){.cached = *item, .hash = hash, .size = size, .wishes = key->wishes};
    entry->path_length = key->path.length;
    memcpy(entry->path, key->path.data, key->path.length);
    char *to = entry->path + path;
    struct cached *cached = &entry->cached;
    cached->fields = copy(&to, item->fields, fields);
    cached->file = copy(&to, item->file, file);
    cached->head.data = copy(&to, item->head.data, item->head.length);
    cached->representation.fd = -1;
    if (representation->bytes)
        cached->representation.bytes = copy(&to, representation->bytes, bytes);
    return entry;
}

const struct cached *cache_put(struct cache *cache, const struct cache_key *key, const struct cached *item,
                               int64_t now_usec)
{
    if (!cache)
        return NULL;
    uint64_t hash = hash_key(cache, key);
    struct shard *shard = shard_of(cache, hash);
    struct entry *entry = make_entry(hash, key, item);
    if (!entry)
        return NULL;
    entry->trusted_until_usec = now_usec + CACHE_TRUST_USEC;
    atomic_init(&entry->requests, 1);
    atomic_init(&entry->holders, 1); /* the caller */
    lock(shard);
    struct entry **place = find(shard, hash, key);
    if (*place)
        take_out(shard, place);
    make_room(shard, entry->size, cache->shard_bytes);
    if (entry->size <= cache->shard_bytes) {
        (void)hold(entry); /* the table */
        insert(shard, entry);
    }
    unlock(shard);
    return &entry->cached;
}

/* Among those that are held already, in order, or not at all; how many they are then. */
static unsigned rank(struct entry *entry, struct cache_popular *list, unsigned count, unsigned max)
{
    uint64_t requests = atomic_load_explicit(&entry->requests, memory_order_relaxed);
    if (count == max) {
        if (max == 0 || list[max - 1].requests >= requests)
            return count;
        cache_release(list[--count].held);
    }
    unsigned place = count;
    for (; place > 0 && list[place - 1].requests < requests; place--)
        list[place] = list[place - 1];
    list[place] = (struct cache_popular){hold(entry), {entry->path, entry->path_length}, requests};
    return count + 1;
}

unsigned cache_busiest(struct cache *cache, struct cache_popular *ret, unsigned max)
{
    unsigned count = 0;
    for (unsigned i = 0; cache && i < SHARDS; i++) {
        struct shard *shard = &cache->shards[i];
        lock(shard);
        struct entry *entry = shard->hand;
        for (size_t left = shard->entry_count; left > 0; left--, entry = entry->behind)
            count = rank(entry, ret, count, max);
        unlock(shard);
    }
    return count;
}

size_t cache_bytes(struct cache *cache)
{
    size_t bytes = 0;
    for (unsigned i = 0; cache && i < SHARDS; i++) {
        lock(&cache->shards[i]);
        bytes += cache->shards[i].bytes;
        unlock(&cache->shards[i]);
    }
    return bytes;
}

/* Nobody outside is to know which paths share a chain; where the kernel has no seed yet, the clock will do.
 */
static uint64_t make_seed(void)
{
    uint64_t seed;
    struct timespec now;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed)
        return seed;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
}

int cache_new(struct cache **ret, size_t bytes)
{
    *ret = NULL;
    if (bytes == 0)
        return 0;
    struct cache *cache = aligned_alloc(64, sizeof *cache);
    if (!cache)
        return -ENOMEM;
    *cache = (struct cache){.seed = make_seed(), .shard_bytes = bytes / SHARDS};
    bool short_of_memory = false;
    for (unsigned i = 0; i < SHARDS; i++) {
        struct shard *shard = &cache->shards[i];
        int r = pthread_mutex_init(&shard->lock, NULL);
        assert(r == 0);
        shard->bucket_count = BUCKETS_MIN;
        shard->buckets = calloc(BUCKETS_MIN, sizeof(struct entry *));
        short_of_memory |= !shard->buckets;
    }
    if (short_of_memory) {
        cache_free(cache);
        return -ENOMEM;
    }
    *ret = cache;
    return 0;
}

void cache_free(struct cache *cache)
{
    if (!cache)
        return;
    for (unsigned i = 0; i < SHARDS; i++) {
        struct shard *shard = &cache->shards[i];
        while (shard->hand)
            take_out(shard, place_of(shard, shard->hand));
        free(shard->buckets);
        free(shard->strangers);
        pthread_mutex_destroy(&shard->lock);
    }
    free(cache);
}
