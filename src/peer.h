#ifndef HELLOD_PEER_H
#define HELLOD_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Who is at the other end of a connection. An IPv4 client of an IPv6 socket counts as what it is, an IPv4
 * client. Plain data; any thread may use it.
 */

enum peer_family { PEER_LOCAL, PEER_IPV4, PEER_IPV6 }; /* PEER_LOCAL: of a unix socket */

struct peer {
    uint8_t address[16]; /* in network order; IPv4: the first four bytes, the rest 0 */
    uint16_t port;       /* in host order; 0 of a unix socket */
    uint8_t family;      /* enum peer_family */
    uint8_t unused;      /* no padding: a reload hands it on as it is, and STATE_VERSION changes with it */
};

/* Room for the text of any address. */
enum { PEER_TEXT_MAX = 48 };

/* From an address as accept4(2) fills it in; what is neither IPv4 nor IPv6 is local. */
void peer_from_address(const struct sockaddr *address, struct peer *ret);

/* Whether it is on this very host: at 127.0.0.1 or ::1, or of a unix socket. */
bool peer_is_here(const struct peer *peer);

/* The address without the port: "192.0.2.1", "2001:db8::1", "local". Cut at `size`. */
void peer_format(const struct peer *peer, char *buffer, size_t size);

#endif
