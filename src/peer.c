/* From the kernel's sockaddr to who it is; see peer.h. */
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void set_ipv4(struct peer *peer, const void *address)
{
    peer->family = PEER_IPV4;
    memcpy(peer->address, address, sizeof(struct in_addr));
}

static void set_ipv6(struct peer *peer, const struct in6_addr *address)
{
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        set_ipv4(peer, &address->s6_addr[12]);
        return;
    }
    peer->family = PEER_IPV6;
    memcpy(peer->address, address, sizeof *address);
}

void peer_from_address(const struct sockaddr *address, struct peer *ret)
{
    *ret = (struct peer){.family = PEER_LOCAL};
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        ret->port = ntohs(in->sin_port);
        set_ipv4(ret, &in->sin_addr);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
        ret->port = ntohs(in6->sin6_port);
        set_ipv6(ret, &in6->sin6_addr);
    }
}

bool peer_is_here(const struct peer *peer)
{
    static const uint8_t here6[16] = {[15] = 1};
    uint32_t address;
    memcpy(&address, peer->address, sizeof address);
    switch (peer->family) {
    case PEER_IPV4:
        return address == htonl(INADDR_LOOPBACK);
    case PEER_IPV6:
        return address == 0 && memcmp(peer->address, here6, sizeof here6) == 0;
    default:
        return true;
    }
}

void peer_format(const struct peer *peer, char *buffer, size_t size)
{
    int family = peer->family == PEER_IPV4 ? AF_INET : AF_INET6;
    if (peer->family == PEER_LOCAL || !inet_ntop(family, peer->address, buffer, (socklen_t)size))
        snprintf(buffer, size, "local");
}
