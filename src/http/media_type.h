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

/* That of the last path segment, without the dot; empty where it has none, as a name such as ".profile". */
struct str media_type_extension(struct str path);

/*
 * The type for an extension by a short table of the web's own (html, css, js, json, svg, png, woff2, wasm,
 * ...), or an empty str.
 */
struct str media_type_built_in(struct str extension);

/* Whether Content-Type gets "; charset=utf-8": text, JavaScript, JSON, XML, what ends in +json or +xml. */
bool media_type_is_text(struct str type);

#endif
