#ifndef HELLOD_CHECK_SITE_H
#define HELLOD_CHECK_SITE_H

#include "config.h"
#include "service_view.h"

#include <stdio.h>

/*
 * `hellod --check-site`: writes what site_walk.h finds, a line each, and a sum to `out`; how far it is to
 * `progress`, on one line again and again (NULL: not at all). The exit status: 0 where there is nothing to
 * find, 1 where there is, EX_OSERR after a log entry where it could not be made.
 */
int check_site(const struct config *config, const struct service_view *view, FILE *out, FILE *progress);

#endif
