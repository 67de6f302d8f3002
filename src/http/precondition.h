#ifndef HELLOD_HTTP_PRECONDITION_H
#define HELLOD_HTTP_PRECONDITION_H

#include "http/request.h"
#include "http/validator.h"

/*
 * Conditional requests, RFC 9110 section 13, for GET and HEAD of a representation that would be answered with
 * 200. `now` is real time in seconds: it decides the century of two-digit years.
 */

/*
 * If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of section 13.2.2. 200: go
 * on; 304 or 412: answer with that.
 */
unsigned precondition_evaluate(const struct request *request, const struct validators *validators,
                               int64_t now);

/* Whether Range counts: GET, one Range line, and what If-Range says, if anything. */
bool precondition_allows_range(const struct request *request, const struct validators *validators,
                               int64_t now);

#endif
