#ifndef HELLOD_TESTS_HEADS_H
#define HELLOD_TESTS_HEADS_H

#include "http/request.h"

/*
 * Request heads under test. Each is parsed in memory of just its size, so that a sanitizer sees an octet read
 * past it. The asserts are cmocka's: they end the test.
 */

extern const struct request_limits heads_limits; /* small ones: 100 bytes, 8 field lines */

/* What request_parse() says to the head at the start of `received`. What *ret points to is gone. */
unsigned heads_status(struct str received, struct request *ret);

void heads_assert_status(struct str head, unsigned expected);
void heads_assert_each(const struct str *heads, size_t count, unsigned expected);

/* The same for the field lines of heads: between `start` and the last line's CRLF with the empty line. */
void heads_assert_each_ending(const char *start, const struct str *fields, size_t count, unsigned expected);

void heads_assert_str(struct str s, const char *expected);

#define HEADS_ASSERT_EACH(heads, expected) heads_assert_each(heads, sizeof(heads) / sizeof *(heads), expected)

#define HEADS_ASSERT_EACH_ENDING(start, fields, expected)                                                    \
    heads_assert_each_ending(start, fields, sizeof(fields) / sizeof *(fields), expected)

#endif
