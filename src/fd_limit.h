#ifndef HELLOD_FD_LIMIT_H
#define HELLOD_FD_LIMIT_H

#include <stddef.h>

/*
 * Raises the limit of open files (RLIMIT_NOFILE of setrlimit(2)) to `needed` or as near to it as may be, and
 * returns it: every fd of this process is below. For one thread.
 */
size_t fd_limit_raise(size_t needed);

#endif
