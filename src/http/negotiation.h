#ifndef HELLOD_HTTP_NEGOTIATION_H
#define HELLOD_HTTP_NEGOTIATION_H

#include "http/str.h"

/*
 * What a client would rather have (RFC 9110 section 12): Accept and Accept-Encoding with their weights. A
 * value is that of one field line, or of several joined by commas; data == NULL: the field is absent. A
 * member of the list that breaks the grammar counts for nothing.
 */

enum { NEGOTIATION_QUALITY_MAX = 1000 }; /* q=1, in thousandths */

enum coding { CODING_BR, CODING_ZSTD, CODING_GZIP, CODING_IDENTITY, CODING_COUNT };

/* The codings to try, the most welcome first; always ends with CODING_IDENTITY, which can be had of anything.
 */
struct coding_preference {
    enum coding order[CODING_COUNT];
    unsigned count;
};

/*
 * Codings that the client refuses, doesn't name, or wants less than identity are left out; of those equally
 * welcome the denser goes first. An absent field says that the client doesn't care, and it gets identity.
 */
struct coding_preference negotiation_codings(struct str accept_encoding);

/* "br", "zstd", "gzip" as Content-Encoding has them; "identity". */
struct str negotiation_coding_name(enum coding coding);

/*
 * The weight in thousandths that Accept gives to a media type such as "text/html" (lower case): that of the
 * most specific range it falls in, 0 where it falls in none. 1000 where the field is absent.
 */
unsigned negotiation_quality(struct str accept, struct str media_type);

/* Whether Accept has the media type by its full name with a weight above 0. Browsers say so of text/html
 * when they navigate, and not when they fetch what a page is made of. */
bool negotiation_names(struct str accept, struct str media_type);

#endif
