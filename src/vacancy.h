#ifndef HELLOD_VACANCY_H
#define HELLOD_VACANCY_H

#include "address.h"

#include <stddef.h>

/* Whether an address can be listened on, tried by binding it, and who is there if it can't. */

/*
 * 0: free. -EADDRINUSE: taken, with who by in `who`, as "nginx (process 612, nginx.service)". -EADDRNOTAVAIL:
 * the host has no such address now. -EEXIST: a file that is no socket is in a unix socket's place. -EACCES:
 * this process may not try. Or another negative errno. Sockets that listen on an address of `leaving` don't
 * count: they will be gone. To see another user's processes takes CAP_SYS_PTRACE.
 */
int vacancy_try(const struct address *address, bool ipv6_only, const struct addresses *leaving, char *who,
                size_t size);

#endif
