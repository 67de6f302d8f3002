#ifndef HELLOD_ADDRESS_H
#define HELLOD_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/*
 * Addresses to listen on, as text and as the kernel has them: IPv4 and IPv6 with a port, unix sockets by path
 * or by abstract name. No system call but getsockname(2).
 */

/* Room for the text of any address, "[...]:65535" and a unix socket's name of 107 bytes with its "@". */
enum { ADDRESS_TEXT_MAX = 128 };

/* In one list. */
enum { ADDRESSES_MAX = 32 };

struct address {
    socklen_t length;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    };
};

struct addresses {
    size_t count;
    struct address list[ADDRESSES_MAX];
};

/*
 * What hello.ini may name: "192.0.2.1", "2001:db8::1" with or without brackets, "/run/hello.sock",
 * "@hello". The port goes to the first two kinds only. False for anything else: names of hosts, IPv4 written
 * as IPv6, a path that is no file's or is longer than 107 bytes, a backslash in it.
 */
bool address_parse(const char *text, uint16_t port, struct address *ret);

/* The same for texts that address_format() makes, where an IP address has its port: "[::1]:80". */
bool address_parse_with_port(const char *text, struct address *ret);

/* "127.0.0.1:7878", "[::1]:80", "/run/hello.sock", "@hello"; cut where `size` is too small. */
void address_format(const struct address *address, char *buffer, size_t size);

/* The same without the port, and without brackets. */
void address_format_host(const struct address *address, char *buffer, size_t size);

/* Where a socket is bound. 0 or a negative errno. */
int address_of_socket(int fd, struct address *ret);

bool address_equal(const struct address *a, const struct address *b);

/* 0.0.0.0 or ::. */
bool address_is_any(const struct address *address);

/* Every host has it, at any time: one of the loopback, 0.0.0.0, ::, a unix socket's. */
bool address_is_everywhere(const struct address *address);

/*
 * Parses each of the texts, at most ADDRESSES_MAX and each known to be right; a NULL ends them.
 */
void addresses_make(char *const *texts, uint16_t port, struct addresses *ret);

/* The same addresses, in whatever order. */
bool addresses_equal(const struct addresses *a, const struct addresses *b);

bool addresses_have(const struct addresses *addresses, const struct address *address);

/*
 * Whether an IPv6 socket of this list takes IPv6 clients only. It does where the list names an IPv4 address;
 * else "::" stands for all of IPv4 as well.
 */
bool addresses_ipv6_only(const struct addresses *addresses);

/*
 * The first two of the list that can't both be bound: twice the same, or 0.0.0.0 or :: and what it takes in
 * already. False where there are none.
 */
bool addresses_conflict(const struct addresses *addresses, const struct address **ret_a,
                        const struct address **ret_b);

/* "127.0.0.1:80, [::1]:80 and /run/hello.sock", for people; "nothing" of an empty list. Cut at `size`. */
void addresses_format(const struct addresses *addresses, char *buffer, size_t size);

#endif
