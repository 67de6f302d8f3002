#ifndef HELLOD_TESTS_RANGE_ORACLE_H
#define HELLOD_TESTS_RANGE_ORACLE_H

#include "http/range.h"

/*
 * A naive reading of Range fields (RFC 9110 section 14) to hold ranges_parse() against: byte by byte, for
 * representations of at most RANGE_ORACLE_SIZE_MAX bytes.
 */
enum { RANGE_ORACLE_SIZE_MAX = 64 };

/* Whether `status` and `ranges` are what ranges_parse() should have said to the value. */
bool range_oracle_agrees(struct str value, unsigned size, unsigned status, const struct ranges *ranges);

#endif
