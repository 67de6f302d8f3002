#ifndef HELLOD_HTTP_PATTERN_H
#define HELLOD_HTTP_PATTERN_H

#include "http/str.h"

/*
 * Which paths a rule is for. A pattern is a path as it is after decoding, with its slash in front, in which a
 * "*" stands for any octets, slashes and none at all among them. Two things are forgiven: a pattern that ends
 * neither in a star nor in a slash is also for the folder of that name ("/a" for "/a/"), and one that ends in
 * a slash and a star also for the folder itself, without its slash: what is for all below "/a" is for "/a".
 */

bool pattern_match(struct str pattern, struct str path);

/*
 * The same for a pattern of at most one star; *ret_star is what that stands for in the path, empty where
 * there is none.
 */
bool pattern_match_one(struct str pattern, struct str path, struct str *ret_star);

/* How many stars it has. */
unsigned pattern_stars(struct str pattern);

#endif
