#ifndef HELLOD_MEDIA_TYPES_H
#define HELLOD_MEDIA_TYPES_H

#include "http/media_type.h"

#include <stddef.h>

/* The host's media types, read once: a sorted table and the text that it points into. */

#define MEDIA_TYPES_FILE "/etc/mime.types"

struct media_types {
    struct media_type *table;
    size_t count;
    char *text;
};

/*
 * Reads a file in the format of mime.types(5). 0 or a negative errno; then *ret is empty, and lookups find
 * the built-in types only. Const once loaded, so any thread may look up.
 */
int media_types_load(const char *path, struct media_types *ret);

void media_types_free(struct media_types *types);

/* See media_type_lookup(). */
struct str media_types_lookup(const struct media_types *types, struct str path);

#endif
