/* What an address has: its connections and requests, its limits, and the memory that it costs. */
#include "address_table.h"

#include "../support/harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 1000, LIMIT = 5, SECOND = 1000000 };

static struct address_table *table_with(unsigned connections, unsigned rate, unsigned burst)
{
    const struct address_limits limits = {connections, rate, burst};
    struct address_table *table;
    assert_int_equal(address_table_new(&table, &limits, PLACES), 0);
    return table;
}

static struct peer peer_of(const char *text)
{
    struct peer peer = {.family = strchr(text, ':') ? PEER_IPV6 : PEER_IPV4};
    assert_int_equal(inet_pton(peer.family == PEER_IPV6 ? AF_INET6 : AF_INET, text, peer.address), 1);
    return peer;
}

static struct peer numbered(uint32_t number)
{
    struct peer peer = {.family = PEER_IPV4};
    uint32_t address = htonl(number);
    memcpy(peer.address, &address, sizeof address);
    return peer;
}

static enum address_verdict enter(struct address_table *table, const struct peer *peer)
{
    unsigned refused = 0;
    return address_table_enter(table, peer, 0, &refused);
}

static void fill(struct address_table *table, const struct peer *peer, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(enter(table, peer), ADDRESS_WELCOME);
}

static void over_its_limit_an_address_is_told_then_closed(void **state)
{
    (void)state;
    struct address_table *table = table_with(LIMIT, 0, 0);
    struct peer one = peer_of("192.0.2.1"), other = peer_of("192.0.2.2");
    unsigned refused = 0;
    fill(table, &one, LIMIT);
    for (unsigned i = 1; i <= ADDRESS_REFUSED_MAX; i++) {
        assert_int_equal(address_table_enter(table, &one, 0, &refused), ADDRESS_REFUSED);
        assert_int_equal(refused, i);
    }
    assert_int_equal(address_table_enter(table, &one, 0, &refused), ADDRESS_EXCESS);
    assert_int_equal(address_table_enter(table, &one, 0, &refused), ADDRESS_EXCESS);
    assert_int_equal(refused, ADDRESS_REFUSED_MAX + 2);
    assert_int_equal(enter(table, &other), ADDRESS_WELCOME);
    assert_int_equal(address_table_enter(table, &one, 10 * SECOND, &refused), ADDRESS_EXCESS);
    assert_int_equal(refused, 1);
    address_table_free(table);
}

static void who_leaves_makes_room_and_the_last_one_frees_the_place(void **state)
{
    (void)state;
    struct address_table *table = table_with(LIMIT, 0, 0);
    struct peer one = peer_of("192.0.2.1");
    fill(table, &one, LIMIT);
    assert_int_equal(enter(table, &one), ADDRESS_REFUSED);
    address_table_leave(table, &one);
    address_table_leave(table, &one);
    assert_int_equal(enter(table, &one), ADDRESS_WELCOME);
    assert_int_equal(address_table_count(table), 1);
    for (unsigned i = 0; i < LIMIT; i++)
        address_table_leave(table, &one);
    assert_int_equal(address_table_count(table), 0);
    address_table_free(table);
}

static void ipv6_counts_by_64_bits_and_ipv4_by_all(void **state)
{
    (void)state;
    struct address_table *table = table_with(1, 0, 0);
    struct peer first = peer_of("2001:db8:0:1::1"), same = peer_of("2001:db8:0:1:ffff::2"),
                next = peer_of("2001:db8:0:2::1"), v4 = peer_of("32.1.13.184");
    assert_int_equal(enter(table, &first), ADDRESS_WELCOME);
    assert_int_equal(enter(table, &same), ADDRESS_REFUSED);
    assert_int_equal(enter(table, &next), ADDRESS_WELCOME);
    assert_int_equal(enter(table, &v4), ADDRESS_WELCOME);
    char text[PEER_TEXT_MAX];
    address_table_format(&same, text, sizeof text);
    assert_string_equal(text, "2001:db8:0:1::/64");
    address_table_format(&v4, text, sizeof text);
    assert_string_equal(text, "32.1.13.184");
    address_table_free(table);
}

static void who_is_on_this_host_or_has_no_limit_is_always_welcome(void **state)
{
    (void)state;
    struct address_table *table = table_with(1, 1, 1), *unlimited = table_with(0, 0, 0);
    struct peer local = {.family = PEER_LOCAL}, one = peer_of("192.0.2.1");
    unsigned refused = 0;
    const struct peer uncounted[] = {local, peer_of("127.0.0.1"), peer_of("::1")};
    for (unsigned who = 0; who < 3; who++) {
        fill(table, &uncounted[who], 10);
        for (unsigned i = 0; i < 10; i++)
            assert_true(address_table_request(table, &uncounted[who], 0, &refused));
        address_table_take_up(table, &uncounted[who]);
        address_table_leave(table, &uncounted[who]);
    }
    assert_int_equal(address_table_count(table), 0);
    fill(unlimited, &one, PLACES);
    assert_false(address_table_limits_requests(unlimited));
    assert_true(address_table_request(unlimited, &one, 0, &refused));
    address_table_free(table);
    address_table_free(unlimited);
}

static void those_of_a_predecessor_count_whatever_the_limit(void **state)
{
    (void)state;
    struct address_table *table = table_with(LIMIT, 0, 0);
    struct peer one = peer_of("192.0.2.1");
    for (unsigned i = 0; i < 100; i++)
        address_table_take_up(table, &one);
    assert_int_equal(enter(table, &one), ADDRESS_EXCESS);
    for (unsigned i = 0; i < 100; i++)
        address_table_leave(table, &one);
    assert_int_equal(address_table_count(table), 0);
    address_table_free(table);
}

static int get(struct address_table *table, struct state *state, uint64_t *ret_connections)
{
    struct state in;
    int fd;
    assert_int_equal(state_finish(state, &fd), 0);
    int kept = dup(fd);
    state_close(state);
    assert_int_equal(state_open(&in, kept), 0);
    int r = address_table_get(table, &in, SECOND, ret_connections);
    char beyond;
    if (r == 0)
        assert_int_equal(state_get(&in, &beyond, 1), -EBADMSG);
    state_close(&in);
    return r;
}

static void a_successor_knows_who_has_what(void **state)
{
    (void)state;
    struct address_table *before = table_with(0, 1, 3), *after = table_with(LIMIT, 1, 3);
    struct peer many = peer_of("192.0.2.1"), none = peer_of("192.0.2.2"), here = peer_of("127.0.0.1");
    struct state out;
    unsigned refused = 0;
    uint64_t connections;
    fill(before, &many, LIMIT - 1);
    fill(before, &here, 3);
    for (unsigned i = 0; i < PLACES / 2; i++)
        fill(before, &(struct peer){.family = PEER_IPV6, .address = {32, 1, [6] = i / 256, i % 256}}, 2);
    fill(before, &none, 1);
    address_table_leave(before, &none);
    for (unsigned i = 0; i < 3; i++)
        assert_true(address_table_request(before, &many, SECOND, &refused));
    assert_int_equal(state_create(&out), 0);
    address_table_put(before, &out);
    address_table_free(before);
    assert_int_equal(get(after, &out, &connections), 0);
    assert_int_equal(connections, LIMIT - 1 + PLACES);
    assert_int_equal(address_table_count(after), 1 + PLACES / 2);
    /* Neither more connections than the limit, nor a burst anew. */
    assert_int_equal(enter(after, &many), ADDRESS_WELCOME);
    assert_int_equal(enter(after, &many), ADDRESS_REFUSED);
    assert_false(address_table_request(after, &many, SECOND, &refused));
    assert_true(address_table_request(after, &many, 2 * SECOND, &refused));
    address_table_clear(after);
    assert_int_equal(address_table_count(after), 0);
    fill(after, &many, LIMIT);
    address_table_free(after);
}

/* As much as they can ask for now, and no more than that. */
static void a_debt_is_no_larger_than_new_limits_make_it(void **state)
{
    (void)state;
    struct peer one = peer_of("192.0.2.1");
    unsigned refused = 0;
    for (unsigned rate = 0; rate <= 100; rate += 50) {
        struct address_table *before = table_with(0, 1, 10000), *after = table_with(0, rate, rate);
        struct state out;
        uint64_t connections;
        fill(before, &one, 1);
        while (address_table_request(before, &one, SECOND, &refused))
            ;
        assert_int_equal(refused, 1);
        assert_int_equal(state_create(&out), 0);
        address_table_put(before, &out);
        assert_int_equal(get(after, &out, &connections), 0);
        if (rate > 0) {
            assert_false(address_table_request(after, &one, SECOND, &refused));
            assert_true(address_table_request(after, &one, SECOND + SECOND / rate, &refused));
        }
        address_table_leave(after, &one);
        address_table_sweep(after, 3 * SECOND);
        assert_int_equal(address_table_count(after), 0);
        address_table_free(before);
        address_table_free(after);
    }
}

/* As address_table.c has it. */
struct record {
    uint64_t network;
    int64_t even_usec;
    uint32_t connections, unused;
};

static void what_no_predecessor_has_is_refused(void **state)
{
    (void)state;
    static const struct record twice[] = {{1, 0, 2, 0}, {1, 0, 1, 0}}, nobody[] = {{1, 0, 0, 0}};
    struct record all[PLACES + 1];
    for (uint32_t i = 0; i <= PLACES; i++)
        all[i] = (struct record){i, 0, 1, 0};
    const struct {
        uint32_t records;
        const void *data;
        size_t length;
    } rows[] = {{2, twice, sizeof twice},
                {1, nobody, sizeof nobody},
                {2, twice, sizeof *twice},
                {PLACES + 1, all, sizeof all}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address_table *table = table_with(LIMIT, 0, 0);
        struct state out;
        uint64_t connections;
        assert_int_equal(state_create(&out), 0);
        state_put(&out, &rows[i].records, sizeof rows[i].records);
        state_put(&out, rows[i].data, rows[i].length);
        assert_int_equal(get(table, &out, &connections), -EBADMSG);
        address_table_clear(table);
        assert_int_equal(address_table_count(table), 0);
        address_table_free(table);
    }
}

/* So many addresses at once as there can be connections, several times over: each has its place. */
static void every_connection_may_have_an_address_of_its_own(void **state)
{
    (void)state;
    struct address_table *table = table_with(1, 10, 10);
    for (unsigned round = 0; round < 5; round++) {
        for (uint32_t i = 0; i < PLACES; i++) {
            struct peer peer = numbered(round * PLACES + i);
            unsigned refused = 0;
            assert_int_equal(enter(table, &peer), ADDRESS_WELCOME);
            assert_true(address_table_request(table, &peer, SECOND, &refused));
            assert_int_equal(enter(table, &peer), ADDRESS_REFUSED);
            address_table_leave(table, &peer);
        }
        for (uint32_t i = 0; i < PLACES; i++) {
            struct peer peer = numbered(round * PLACES + i);
            address_table_leave(table, &peer);
        }
        assert_true(address_table_count(table) <= PLACES);
    }
    address_table_sweep(table, 2 * SECOND);
    assert_int_equal(address_table_count(table), 0);
    address_table_free(table);
}

static unsigned ask(struct address_table *table, const struct peer *peer, int64_t now, unsigned times)
{
    unsigned granted = 0, refused = 0;
    for (unsigned i = 0; i < times; i++)
        granted += address_table_request(table, peer, now, &refused);
    assert_true(granted == times || refused > 0);
    return granted;
}

static void requests_come_in_a_burst_then_at_their_rate(void **state)
{
    (void)state;
    struct address_table *table = table_with(0, 10, 30);
    struct peer one = peer_of("192.0.2.1"), other = peer_of("192.0.2.2");
    assert_true(address_table_limits_requests(table));
    fill(table, &one, 2);
    fill(table, &other, 1);
    int64_t now = 5 * SECOND;
    assert_int_equal(ask(table, &one, now, 100), 30);
    assert_int_equal(ask(table, &other, now, 20), 20);
    assert_int_equal(ask(table, &one, now + SECOND, 100), 10);
    assert_int_equal(ask(table, &one, now + SECOND + SECOND / 2, 100), 5);
    assert_int_equal(ask(table, &one, now + 100 * INT64_C(1000000), 100), 30);
    address_table_free(table);
}

static void to_come_again_buys_no_new_burst_until_it_is_paid_for(void **state)
{
    (void)state;
    struct address_table *table = table_with(0, 10, 30);
    struct peer one = peer_of("192.0.2.1");
    fill(table, &one, 1);
    assert_int_equal(ask(table, &one, SECOND, 100), 30);
    address_table_leave(table, &one);
    address_table_sweep(table, SECOND);
    assert_int_equal(address_table_count(table), 1);
    fill(table, &one, 1);
    assert_int_equal(ask(table, &one, SECOND, 100), 0);
    address_table_leave(table, &one);
    address_table_sweep(table, 5 * SECOND);
    assert_int_equal(address_table_count(table), 0);
    address_table_free(table);
}

enum { THREADS = 4, ROUNDS = 20000, ADDRESSES = 7 };

static struct address_table *shared;

static void *come_and_go(void *context)
{
    uint32_t random = (uint32_t)(uintptr_t)context * 2654435761u;
    unsigned refused = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        random = random * 1664525 + 1013904223;
        struct peer peer = numbered((random >> 16) % ADDRESSES);
        if (address_table_enter(shared, &peer, i, &refused) == ADDRESS_EXCESS)
            continue;
        (void)address_table_request(shared, &peer, i, &refused);
        if (i % 64 == 0)
            address_table_sweep(shared, i);
        address_table_leave(shared, &peer);
    }
    return NULL;
}

static void threads_lose_no_count(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    shared = table_with(2, 1000, 10);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, (void *)(i + 1)), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    address_table_sweep(shared, INT64_MAX / 2);
    assert_int_equal(address_table_count(shared), 0);
    address_table_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_its_limit_an_address_is_told_then_closed),
        cmocka_unit_test(who_leaves_makes_room_and_the_last_one_frees_the_place),
        cmocka_unit_test(ipv6_counts_by_64_bits_and_ipv4_by_all),
        cmocka_unit_test(who_is_on_this_host_or_has_no_limit_is_always_welcome),
        cmocka_unit_test(those_of_a_predecessor_count_whatever_the_limit),
        cmocka_unit_test(a_successor_knows_who_has_what),
        cmocka_unit_test(a_debt_is_no_larger_than_new_limits_make_it),
        cmocka_unit_test(what_no_predecessor_has_is_refused),
        cmocka_unit_test(every_connection_may_have_an_address_of_its_own),
        cmocka_unit_test(requests_come_in_a_burst_then_at_their_rate),
        cmocka_unit_test(to_come_again_buys_no_new_burst_until_it_is_paid_for),
        cmocka_unit_test(threads_lose_no_count),
    };
    return cmocka_run_group_tests_name("address_table", tests, NULL, NULL);
}
