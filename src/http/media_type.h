#ifndef HELLOD_HTTP_MEDIA_TYPE_H
#define HELLOD_HTTP_MEDIA_TYPE_H

#include "http/str.h"

/* Media types by file name extension (RFC 9110 section 8.3.1), read from text as mime.types(5) has it. */

struct media_type {
    struct str extension; /* without the dot; its case counts for nothing */
    struct str type;      /* as it goes into Content-Type */
};

/* Where a walk through a mime.types text stands; start with {.rest = text}. */
struct media_type_cursor {
    struct str rest;
    struct str line;
    struct str type;
};

/*
 * Stores the next pair of the text in *ret, pointing into the text; false at its end. Comments, and lines
 * that don't begin with a media type, are skipped.
 */
bool media_type_next(struct media_type_cursor *cursor, struct media_type *ret);

/*
 * Orders by extension ignoring case, as media_type_lookup() wants the table; of one extension's types the
 * first in the text comes first. For qsort(), on a table whose extensions all point into one text.
 */
int media_type_compare(const void *a, const void *b);

/*
 * The type for the extension of the last path segment: from the sorted `table`, else from a short built-in
 * one (the web's own: html, css, js, json, svg, png, woff2, wasm, ...), else an empty str. A name such as
 * ".profile" has no extension.
 */
struct str media_type_lookup(const struct media_type *table, size_t count, struct str path);

/* Whether Content-Type gets "; charset=utf-8": text, JavaScript, JSON, XML, what ends in +json or +xml. */
bool media_type_is_text(struct str type);

#endif
