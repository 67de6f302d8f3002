#ifndef HELLOD_CHECK_H
#define HELLOD_CHECK_H

#include "config.h"
#include "service_view.h"

/*
 * `hellod --check`: what else must be right besides the file itself. Whether the service, with its user and
 * its sandbox, can get at the document root; whether there are media types; where the access log is, if that
 * is a file; whether the socket listens where the file says, or could. What is right goes to standard output,
 * what is not is logged, with what helps. The exit status: 0, or 1 where anything is not right.
 */
int check(const char *ini, const struct config *config);

/* The eyes that the site of a file is seen with: those of its service, or of this process where it has none.
 */
void check_view(const char *ini, struct service_view *ret);

#endif
