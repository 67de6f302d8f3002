#ifndef HELLOD_FD_LIMIT_H
#define HELLOD_FD_LIMIT_H

#include <stddef.h>

/* The limit of open files, RLIMIT_NOFILE of setrlimit(2), and how many connections it allows. For one thread.
 */

/* Fds that are not connections: listening sockets, the pool's, the log's, the document root's, and some to
 * spare; and those that a worker has open for a moment only, on its way to a file. */
enum { FD_LIMIT_RESERVED = 64, FD_LIMIT_A_WORKER = 4 };

/* A limit beyond this, as some containers have it, is lowered to it: a table is made by it. */
enum { FD_LIMIT_MAX = 4 << 20 };

/*
 * Raises the limit to `needed` or as near to it as may be, and returns it: every fd of this process is below.
 */
size_t fd_limit_raise(size_t needed);

/*
 * Raises it to what so many connections and workers need, and returns how many of them it allows, each with a
 * file or a timer beside its socket; with fewer the log says so, and with none (0) that is an error.
 * *ret_fds: as of fd_limit_raise().
 */
unsigned fd_limit_connections(unsigned wanted, unsigned workers, size_t *ret_fds);

#endif
