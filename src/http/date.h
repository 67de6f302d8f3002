#ifndef HELLOD_HTTP_DATE_H
#define HELLOD_HTTP_DATE_H

#include "http/str.h"

#include <stdint.h>

/* RFC 9110 section 5.6.7. Times are seconds since 1970-01-01T00:00:00Z, and may be negative. */

enum { DATE_LENGTH = 29 }; /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* Writes an IMF-fixdate of DATE_LENGTH bytes, no NUL. -ERANGE (nothing written) outside the years 1 to 9999. */
int date_format(int64_t seconds, char buffer[static DATE_LENGTH]);

/*
 * Reads any of the three forms: IMF-fixdate, RFC 850 and asctime. `now` decides the century of RFC 850's two digits:
 * one that would lie over 50 years ahead belongs to the past. 0 or -EINVAL; the weekday must be a weekday's
 * name but is not checked against the date.
 */
int date_parse(struct str s, int64_t now, int64_t *ret);

#endif
