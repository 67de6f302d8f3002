/*
 * A hash table of chains, and entries from one pool that is as large as there can be connections, so that no
 * connection can find it full. A chain belongs to one of 64 locks; the pool has its own, inside of those. The
 * hash is keyed by chance: nobody can choose addresses that share a chain.
 *
 * Requests are counted by the moment at which an address would be even, if it made one an interval: each
 * request moves that moment on by an interval, and may not move it further ahead of now than the burst is
 * long.
 */
#include "address_table.h"

#include "log_limit.h"
#include "pages.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define USEC_PER_SEC INT64_C(1000000)

enum { LOCKS = 64, CHAINS_MIN = LOCKS, NOBODY = 0 };

/* Where every place is taken, as long on average at most; longer chains make fewer pages to be touched. */
enum { CHAIN_LENGTH = 4, CHAINS_PAGE = 4096 };

struct entry {
    uint64_t network;
    int64_t even_usec; /* when its requests are paid for */
    uint32_t next;     /* in the chain, or of the free ones; NOBODY: the last */
    uint32_t connections;
    uint32_t refused; /* in the interval */
    uint32_t interval;
};

struct lock {
    pthread_mutex_t mutex;
} __attribute__((aligned(64)));

struct address_table {
    struct address_limits limits;
    int64_t request_usec, burst_usec; /* between two requests, and of all that may be made at once */
    uint64_t seed;
    uint32_t *chains; /* the first entry of each */
    uint32_t chain_mask;
    struct entry *entries; /* number NOBODY is none */
    uint32_t places, used; /* of entries; used: ever */
    uint32_t spare;        /* places for those who have no connection */
    uint32_t free;         /* the first free one of those that were used */
    _Atomic uint32_t count, lingering;
    pthread_mutex_t pool; /* over used and free */
    struct lock locks[LOCKS];
};

static void lock(pthread_mutex_t *mutex)
{
    int r = pthread_mutex_lock(mutex);
    assert(r == 0);
}

static void unlock(pthread_mutex_t *mutex)
{
    int r = pthread_mutex_unlock(mutex);
    assert(r == 0);
}

/* IPv4 addresses lie where IPv6 has multicast, which nobody connects from. */
static uint64_t network_of(const struct peer *peer)
{
    uint64_t network = 0;
    unsigned bytes = peer->family == PEER_IPV4 ? 4 : 8;
    for (unsigned i = 0; i < bytes; i++)
        network = network << 8 | peer->address[i];
    return peer->family == PEER_IPV4 ? network | UINT64_C(0xffffffff) << 32 : network;
}

static uint32_t chain_of(const struct address_table *table, uint64_t network)
{
    uint64_t hash = network ^ table->seed;
    hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(hash >> 32) & table->chain_mask;
}

static pthread_mutex_t *lock_of(struct address_table *table, uint32_t chain)
{
    return &table->locks[chain % LOCKS].mutex;
}

static size_t chains_size(const struct address_table *table)
{
    return (table->chain_mask + (size_t)1) * sizeof *table->chains;
}

static size_t entries_size(const struct address_table *table)
{
    return ((size_t)table->places + 1) * sizeof *table->entries;
}

static int make_arrays(struct address_table *table)
{
    uint32_t chains = CHAINS_MIN;
    while (chains < table->places / CHAIN_LENGTH)
        chains *= 2;
    table->chain_mask = chains - 1;
    /* Only what is used of them costs memory. */
    table->chains = pages_map(chains_size(table));
    table->entries = pages_map(entries_size(table));
    if (!table->chains || !table->entries)
        return -ENOMEM;
    return getrandom(&table->seed, sizeof table->seed, 0) == sizeof table->seed ? 0 : -EIO;
}

int address_table_new(struct address_table **ret, const struct address_limits *limits, unsigned places)
{
    assert(limits->requests_per_second == 0 || limits->burst > 0);
    struct address_table *table = calloc(1, sizeof *table);
    if (!table)
        return -ENOMEM;
    table->limits = *limits;
    table->spare = limits->requests_per_second > 0 ? places : 0;
    table->places = places + table->spare;
    if (limits->requests_per_second > 0) {
        table->request_usec = USEC_PER_SEC / limits->requests_per_second;
        table->burst_usec = table->request_usec * limits->burst;
    }
    pthread_mutex_init(&table->pool, NULL);
    for (unsigned i = 0; i < LOCKS; i++)
        pthread_mutex_init(&table->locks[i].mutex, NULL);
    int r = make_arrays(table);
    if (r < 0)
        address_table_free(table);
    else
        *ret = table;
    return r;
}

void address_table_free(struct address_table *table)
{
    if (!table)
        return;
    pages_unmap(table->chains, chains_size(table));
    pages_unmap(table->entries, entries_size(table));
    free(table);
}

static uint32_t take_place(struct address_table *table)
{
    lock(&table->pool);
    uint32_t place = table->free;
    if (place != NOBODY)
        table->free = table->entries[place].next;
    else
        place = ++table->used;
    assert(place <= table->places);
    unlock(&table->pool);
    atomic_fetch_add_explicit(&table->count, 1, memory_order_relaxed);
    return place;
}

static void return_place(struct address_table *table, uint32_t place)
{
    lock(&table->pool);
    table->entries[place].next = table->free;
    table->free = place;
    unlock(&table->pool);
    atomic_fetch_sub_explicit(&table->count, 1, memory_order_relaxed);
}

/* What leads to the network's entry, or to NOBODY at the chain's end. The chain's lock is held, here and
 * below. */
static uint32_t *find(struct address_table *table, uint32_t chain, uint64_t network)
{
    uint32_t *link = &table->chains[chain];
    while (*link != NOBODY && table->entries[*link].network != network)
        link = &table->entries[*link].next;
    return link;
}

static void forget(struct address_table *table, uint32_t *link)
{
    uint32_t place = *link;
    *link = table->entries[place].next;
    return_place(table, place);
}

static struct entry *find_or_make(struct address_table *table, uint32_t chain, uint64_t network)
{
    uint32_t *link = find(table, chain, network);
    if (*link == NOBODY) {
        uint32_t place = take_place(table);
        table->entries[place] = (struct entry){.network = network, .next = table->chains[chain]};
        table->chains[chain] = place;
        return &table->entries[place];
    }
    struct entry *entry = &table->entries[*link];
    if (entry->connections == 0)
        atomic_fetch_sub_explicit(&table->lingering, 1, memory_order_relaxed);
    return entry;
}

static unsigned count_refusal(struct entry *entry, int64_t now_usec)
{
    uint32_t interval = (uint32_t)(now_usec / (LOG_LIMIT_INTERVAL_SECONDS * USEC_PER_SEC));
    if (entry->interval != interval)
        entry->refused = 0;
    entry->interval = interval;
    return ++entry->refused;
}

enum address_verdict address_table_enter(struct address_table *table, const struct peer *peer,
                                         int64_t now_usec, unsigned *ret_refused)
{
    if (peer_is_here(peer))
        return ADDRESS_WELCOME;
    uint64_t network = network_of(peer), limit = table->limits.connections;
    uint32_t chain = chain_of(table, network);
    enum address_verdict verdict = ADDRESS_WELCOME;
    lock(lock_of(table, chain));
    struct entry *entry = find_or_make(table, chain, network);
    if (limit > 0 && entry->connections >= limit) {
        verdict = entry->connections < limit + ADDRESS_REFUSED_MAX ? ADDRESS_REFUSED : ADDRESS_EXCESS;
        *ret_refused = count_refusal(entry, now_usec);
    }
    entry->connections += verdict != ADDRESS_EXCESS;
    unlock(lock_of(table, chain));
    return verdict;
}

/* What a reload hands over of each address. */
struct record {
    uint64_t network;
    int64_t even_usec;
    uint32_t connections;
    uint32_t unused; /* no padding: what leaves has been written */
};

void address_table_put(const struct address_table *table, struct state *state)
{
    size_t at = state->length;
    uint32_t records = 0;
    state_put(state, &records, sizeof records);
    for (uint32_t place = 1; place <= table->used; place++) {
        const struct entry *entry = &table->entries[place];
        if (entry->connections == 0)
            continue;
        const struct record record = {
            .network = entry->network, .even_usec = entry->even_usec, .connections = entry->connections};
        state_put(state, &record, sizeof record);
        records++;
    }
    state_amend(state, at, &records, sizeof records);
}

/* Each address has its own place, and most pages will be met where there are as many as pages. */
static void expect(struct address_table *table, uint32_t records)
{
    size_t size = chains_size(table);
    /* Where it can't be had, a page comes when it is touched. */
    if (records > size / CHAINS_PAGE)
        (void)pages_touch(table->chains, size);
    (void)pages_touch(table->entries, (records + (size_t)1) * sizeof *table->entries);
}

/* No further ahead than this table's limits can put it. */
static int64_t even_by_limits(const struct address_table *table, int64_t even_usec, int64_t now_usec)
{
    int64_t furthest = now_usec + table->burst_usec;
    return table->request_usec == 0 ? 0 : even_usec < furthest ? even_usec : furthest;
}

static int get_record(struct address_table *table, struct state *state, int64_t now_usec,
                      uint64_t *connections)
{
    struct record record = {0};
    int r = state_get(state, &record, sizeof record);
    if (r < 0)
        return r;
    struct entry *entry = find_or_make(table, chain_of(table, record.network), record.network);
    if (entry->connections > 0 || record.connections == 0)
        return -EBADMSG;
    entry->connections = record.connections;
    entry->even_usec = even_by_limits(table, record.even_usec, now_usec);
    *connections += record.connections;
    return 0;
}

int address_table_get(struct address_table *table, struct state *state, int64_t now_usec,
                      uint64_t *ret_connections)
{
    uint32_t records = 0;
    *ret_connections = 0;
    int r = state_get(state, &records, sizeof records);
    if (r == 0 && records > table->places)
        r = -EBADMSG;
    if (r == 0)
        expect(table, records);
    for (uint32_t i = 0; r == 0 && i < records; i++)
        r = get_record(table, state, now_usec, ret_connections);
    return r;
}

void address_table_clear(struct address_table *table)
{
    memset(table->chains, 0, chains_size(table));
    table->used = table->free = NOBODY;
    atomic_store(&table->count, 0);
    atomic_store(&table->lingering, 0);
}

void address_table_take_up(struct address_table *table, const struct peer *peer)
{
    if (peer_is_here(peer))
        return;
    uint64_t network = network_of(peer);
    find_or_make(table, chain_of(table, network), network)->connections++;
}

/* Whether one who has no connection any more is to be remembered, until the sweep. Of those there may be so
 * many only; who is forgotten can ask a burst anew. */
static bool may_linger(struct address_table *table, const struct entry *entry)
{
    if (entry->even_usec == 0)
        return false;
    if (atomic_fetch_add_explicit(&table->lingering, 1, memory_order_relaxed) < table->spare)
        return true;
    atomic_fetch_sub_explicit(&table->lingering, 1, memory_order_relaxed);
    return false;
}

void address_table_leave(struct address_table *table, const struct peer *peer)
{
    if (peer_is_here(peer))
        return;
    uint64_t network = network_of(peer);
    uint32_t chain = chain_of(table, network);
    lock(lock_of(table, chain));
    uint32_t *link = find(table, chain, network);
    assert(*link != NOBODY);
    struct entry *entry = &table->entries[*link];
    assert(entry->connections > 0);
    if (--entry->connections == 0 && !may_linger(table, entry))
        forget(table, link);
    unlock(lock_of(table, chain));
}

const struct address_limits *address_table_limits(const struct address_table *table)
{
    return &table->limits;
}

bool address_table_limits_requests(const struct address_table *table)
{
    return table->request_usec > 0;
}

bool address_table_request(struct address_table *table, const struct peer *peer, int64_t now_usec,
                           unsigned *ret_refused)
{
    if (peer_is_here(peer) || !address_table_limits_requests(table))
        return true;
    uint64_t network = network_of(peer);
    uint32_t chain = chain_of(table, network);
    lock(lock_of(table, chain));
    uint32_t *link = find(table, chain, network);
    assert(*link != NOBODY);
    struct entry *entry = &table->entries[*link];
    int64_t even = (entry->even_usec > now_usec ? entry->even_usec : now_usec) + table->request_usec;
    bool may = even - now_usec <= table->burst_usec;
    if (may)
        entry->even_usec = even;
    else
        *ret_refused = count_refusal(entry, now_usec);
    unlock(lock_of(table, chain));
    return may;
}

static void sweep_chain(struct address_table *table, uint32_t chain, int64_t now_usec)
{
    lock(lock_of(table, chain));
    uint32_t *link = &table->chains[chain];
    while (*link != NOBODY) {
        struct entry *entry = &table->entries[*link];
        if (entry->connections > 0 || entry->even_usec > now_usec) {
            link = &entry->next;
            continue;
        }
        forget(table, link);
        atomic_fetch_sub_explicit(&table->lingering, 1, memory_order_relaxed);
    }
    unlock(lock_of(table, chain));
}

void address_table_sweep(struct address_table *table, int64_t now_usec)
{
    if (atomic_load_explicit(&table->lingering, memory_order_relaxed) == 0)
        return;
    for (uint32_t chain = 0; chain <= table->chain_mask; chain++)
        sweep_chain(table, chain, now_usec);
}

unsigned address_table_count(const struct address_table *table)
{
    return atomic_load_explicit(&table->count, memory_order_relaxed);
}

void address_table_format(const struct peer *peer, char *buffer, size_t size)
{
    struct peer network = *peer;
    if (peer->family != PEER_IPV6) {
        peer_format(peer, buffer, size);
        return;
    }
    memset(network.address + 8, 0, 8);
    peer_format(&network, buffer, size);
    size_t length = strlen(buffer);
    snprintf(buffer + length, size - length, "/64");
}
