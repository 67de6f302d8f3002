#ifndef HELLOD_HTTP_DATE_H
#define HELLOD_HTTP_DATE_H

#include "http/str.h"

#include <stdint.h>

/* RFC 9110 section 5.6.7. Times are seconds since 1970-01-01T00:00:00Z, and may be negative. */

enum {
    DATE_LENGTH = 29,     /* "Sun, 06 Nov 1994 08:49:37 GMT" */
    DATE_ISO_LENGTH = 20, /* "1994-11-06T08:49:37Z" */
};

/* Writes an IMF-fixdate of DATE_LENGTH bytes, no NUL. 0, or -ERANGE outside the years 1 to 9999. */
int date_format(int64_t seconds, char buffer[static DATE_LENGTH]);

/* The same of "1994-11-06T08:49:37Z" (RFC 3339), DATE_ISO_LENGTH bytes. */
int date_format_iso(int64_t seconds, char buffer[static DATE_ISO_LENGTH]);

/*
 * Reads any of the three forms: IMF-fixdate, RFC 850 and asctime. `now` decides the century of RFC 850's two
 * digits: one that would lie over 50 years ahead belongs to the past; it must be a time that date_format()
 * takes. 0 or -EINVAL; the weekday must be a weekday's name but is not checked against the date, and a 60th
 * second is the next minute's first.
 */
int date_parse(struct str s, int64_t now, int64_t *ret);

#endif
