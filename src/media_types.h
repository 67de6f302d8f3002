#ifndef HELLOD_MEDIA_TYPES_H
#define HELLOD_MEDIA_TYPES_H

#include "http/media_type.h"

#include <stddef.h>
#include <stdint.h>

/* The host's media types, read once: their words, and a table of where in them to look. */

#define MEDIA_TYPES_FILE "/etc/mime.types"

struct media_types_entry {
    uint32_t extension, type; /* where they start in the words */
};

struct media_types {
    struct media_types_entry *table; /* sorted by the extension */
    size_t count;
    char *words; /* each ended by NUL; extensions in lower case */
    size_t length;
    void *mapped; /* where both lie in a predecessor's file; NULL: each has memory of its own */
    size_t mapped_size;
};

/*
 * Reads a file in the format of mime.types(5); of an extension's types the first one counts. 0 or a negative
 * errno; then *ret is empty, and lookups find the built-in types only. Const once loaded, so any thread may
 * look up.
 */
int media_types_load(const char *path, struct media_types *ret);

void media_types_free(struct media_types *types);

/* The type for the extension of the last path segment: the file's, or a built-in one, or an empty str. */
struct str media_types_lookup(const struct media_types *types, struct str path);

#endif
