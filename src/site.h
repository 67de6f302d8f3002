#ifndef HELLOD_SITE_H
#define HELLOD_SITE_H

#include "config.h"
#include "exchange.h"

/*
 * What a configuration says is to be served, opened: the document root with its media types, the cache, the
 * limits of a request. `types_fd`: what a predecessor has read of the types, taken over; negative: they are
 * to be read. `config` must outlive it. 0, or a negative errno after one log entry; what there is of it is to
 * be closed all the same.
 */
int site_open(struct site *ret, const struct config *config, int types_fd);

/* What site_open() has been at, whatever it returned. */
void site_close(struct site *site);

#endif
