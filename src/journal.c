/* One datagram; see journal.h. */
#include "journal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { SEND_BUFFER = 8 << 20 };

int journal_open(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    /* As much as it is given: how many entries may lie there is the journal's own limit. */
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){SEND_BUFFER}, sizeof(int));
    return fd;
}

int journal_send(int fd, const char *path, const char *entry, size_t length)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t path_length = strlen(path);
    if (path_length >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, path_length);
    ssize_t n;
    do
        n = sendto(fd, entry, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address,
                   sizeof address);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}
