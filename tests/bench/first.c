/*
 * How long a client waits for the first byte, from connect(2) on.
 *     first PORT PATH
 * Prints the milliseconds.
 */
#include "net.h"

#include <err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: first PORT PATH");
    uint16_t port = (uint16_t)net_number(argv[1], 1, UINT16_MAX);
    struct net_request request = net_get(port, argv[2]);
    uint64_t start_nsec = net_now_nsec();
    int fd = net_connect(port);
    net_send(fd, request.bytes, request.length);
    net_skip(fd, 1);
    printf("%.3f\n", (double)(net_now_nsec() - start_nsec) / 1e6);
}
