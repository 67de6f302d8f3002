#ifndef HELLOD_TOP_FETCH_H
#define HELLOD_TOP_FETCH_H

#include "address.h"

#include <stddef.h>

/* One GET to a socket of the metrics. */

/*
 * What the path is answered with, and a NUL behind it: 0, *ret to be freed by free(3). Else a negative errno:
 * those of socket(2), connect(2) and recv(2), -ETIMEDOUT after `patience_msec` in all, -EBADMSG for what is
 * no whole response with status 200, or one of more than a MiB.
 */
int top_fetch(const struct address *from, const char *path, int patience_msec, char **ret,
              size_t *ret_length);

#endif
