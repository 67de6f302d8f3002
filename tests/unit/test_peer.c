/* Who a client is, by what the kernel says of the socket. */
#include "peer.h"

#include "../support/harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const char *text_of(const struct peer *peer)
{
    static char text[PEER_TEXT_MAX];
    peer_format(peer, text, sizeof text);
    return text;
}

static struct peer ipv6(const char *text)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(4711)};
    struct peer peer;
    assert_int_equal(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    peer_from_address((const struct sockaddr *)&address, &peer);
    return peer;
}

static void an_ipv4_client(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct peer peer;
    assert_int_equal(inet_pton(AF_INET, "192.0.2.7", &address.sin_addr), 1);
    peer_from_address((const struct sockaddr *)&address, &peer);
    assert_int_equal(peer.family, PEER_IPV4);
    assert_int_equal(peer.port, 80);
    assert_string_equal(text_of(&peer), "192.0.2.7");
}

static void an_ipv6_client(void **state)
{
    (void)state;
    struct peer peer = ipv6("2001:db8::7");
    assert_int_equal(peer.family, PEER_IPV6);
    assert_int_equal(peer.port, 4711);
    assert_string_equal(text_of(&peer), "2001:db8::7");
    peer = ipv6("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
    assert_string_equal(text_of(&peer), "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void ipv4_within_ipv6_is_ipv4(void **state)
{
    (void)state;
    struct peer peer = ipv6("::ffff:192.0.2.7");
    struct peer plain = {.address = {192, 0, 2, 7}, .port = 4711, .family = PEER_IPV4};
    assert_memory_equal(peer.address, plain.address, sizeof peer.address);
    assert_int_equal(peer.family, PEER_IPV4);
    assert_string_equal(text_of(&peer), "192.0.2.7");
}

static void what_is_no_ip_address_is_local(void **state)
{
    (void)state;
    static const sa_family_t families[] = {AF_UNIX, AF_UNSPEC};
    for (size_t i = 0; i < 2; i++) {
        const struct sockaddr address = {.sa_family = families[i], .sa_data = "/run/x"};
        struct peer peer;
        peer_from_address(&address, &peer);
        assert_int_equal(peer.family, PEER_LOCAL);
        assert_int_equal(peer.port, 0);
        assert_string_equal(text_of(&peer), "local");
    }
}

static bool is_here(int family, const char *text)
{
    struct peer peer = {.family = family == AF_INET6 ? PEER_IPV6 : PEER_IPV4};
    assert_int_equal(inet_pton(family, text, peer.address), 1);
    return peer_is_here(&peer);
}

static void who_is_here_has_one_of_two_addresses_or_none(void **state)
{
    (void)state;
    assert_true(peer_is_here(&(struct peer){.family = PEER_LOCAL}));
    assert_true(is_here(AF_INET, "127.0.0.1"));
    assert_true(is_here(AF_INET6, "::1"));
    assert_false(is_here(AF_INET, "127.0.0.2"));
    assert_false(is_here(AF_INET, "0.0.0.0"));
    assert_false(is_here(AF_INET6, "::"));
    assert_false(is_here(AF_INET6, "::2"));
    assert_false(is_here(AF_INET6, "7f00:1::"));
    assert_false(is_here(AF_INET6, "2001:db8::1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv4_client),
        cmocka_unit_test(an_ipv6_client),
        cmocka_unit_test(ipv4_within_ipv6_is_ipv4),
        cmocka_unit_test(what_is_no_ip_address_is_local),
        cmocka_unit_test(who_is_here_has_one_of_two_addresses_or_none),
    };
    return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
