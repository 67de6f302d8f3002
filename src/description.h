#ifndef HELLOD_DESCRIPTION_H
#define HELLOD_DESCRIPTION_H

#include "http/response.h"
#include "http/validator.h"
#include "resolve.h"

/* What the head of a response says of what was found. */

/* By files and rules, with that status; caches are told only of what is found. */
struct response description_of(unsigned status, const struct resolution *found);

/* And of the content that it comes with; `known`: the client has all that is said of it. */
void description_of_content(const struct resolution *found, const struct validators *validators, bool known,
                            struct response *response);

#endif
