#ifndef HELLOD_TESTS_BENCH_NET_H
#define HELLOD_TESTS_BENCH_NET_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the programs of the bench share: sockets on 127.0.0.1, one request, whole replies, a clock. None of it
 * comes back with an error: what fails ends the program with a word about it.
 */

/* A number of a command line, `min` to `max`. */
unsigned net_number(const char *text, unsigned min, unsigned max);

/* As many open files as the hard limit allows. */
void net_raise_files(void);

/* A listening socket, blocking. */
int net_listen(uint16_t port);

/* A connected socket, blocking, without Nagle's delay. */
int net_connect(uint16_t port);

struct net_request {
    char bytes[512];
    size_t length;
};

/* GET with Host, to be sent as often as one likes. */
struct net_request net_get(uint16_t port, const char *path);

/* Sends all of it on a blocking socket. */
void net_send(int fd, const void *bytes, size_t length);

/*
 * Sends the request on a blocking socket and reads the whole reply. Returns its length, head and body; that
 * of the next one on any connection is the same as long as the file is.
 */
size_t net_exchange(int fd, const struct net_request *request);

/* Reads exactly so many bytes from a blocking socket, and forgets them. */
void net_skip(int fd, size_t length);

/* CLOCK_MONOTONIC */
uint64_t net_now_nsec(void);

#endif
