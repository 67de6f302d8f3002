#ifndef HELLOD_HTTP_VALIDATOR_H
#define HELLOD_HTTP_VALIDATOR_H

#include "http/str.h"

/*
 * What tells one version of a representation from another (RFC 9110 section 8.8): a strong entity tag and the
 * modification date, both made of what the file system says of a file.
 *
 * Inode, size and time to the nanosecond tell versions apart once the second of the last change is over: a
 * change to come then gets another time. Before, a second change of the same size could get the same time as
 * the first, for the file system's clock ticks slowly. So while that second lasts there are no validators.
 */

/* A file's content at one moment. */
struct version {
    uint64_t inode, size;
    int64_t seconds; /* the time of its modification, since the epoch */
    uint32_t nanoseconds;
};

struct validators {
    struct str etag; /* in its quotes; empty: there is none */
    int64_t modified;
    bool dated;   /* `modified` is a date; a time within a second of the epoch stands for none */
    bool settled; /* and its second is over, so it goes into Last-Modified */
};

enum { ETAG_MAX = 2 + 3 * 16 + 2 };

/* `now` is real time, not later than when the version was looked at. The etag points into `buffer`. */
void validators_make(const struct version *version, int64_t now, char buffer[static ETAG_MAX],
                     struct validators *ret);

/*
 * Whether one of the entity tags of a field value, a list, is ours; a tag that is marked weak never is unless
 * `weakly` is set (RFC 9110 section 8.8.3.2). What follows a member that is no entity tag is not read.
 */
bool validators_listed(struct str value, struct str etag, bool weakly);

#endif
