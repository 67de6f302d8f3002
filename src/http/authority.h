#ifndef HELLOD_HTTP_AUTHORITY_H
#define HELLOD_HTTP_AUTHORITY_H

#include "http/str.h"

/* uri-host [ ":" port ], as Host and targets carry it (RFC 9110 section 7.2, RFC 3986 section 3.2). */
struct authority {
    struct str host; /* reg-name, IPv4address, or IP-literal with its brackets; empty only where all is */
    struct str port; /* digits, at most 65535; may be empty; data == NULL: no ":" either */
};

/*
 * Splits `s` and checks all of it; false where it breaks the grammar. An empty `s` is valid (a Host without
 * authority, RFC 9112 section 3.2), an empty host before a port is not. Userinfo is not part of this grammar.
 */
bool authority_parse(struct str s, struct authority *ret);

#endif
