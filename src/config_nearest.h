#ifndef HELLOD_CONFIG_NEAREST_H
#define HELLOD_CONFIG_NEAREST_H

#include <stddef.h>

/* Of several known words, the one that a word is a slip of: {.word = ...}, then one call a known word. */
struct config_nearest {
    const char *word;
    const char *best; /* NULL: none is near enough */
    size_t distance;
};

/* `known` lives at least as long as the search. */
void config_nearest_try(struct config_nearest *nearest, const char *known);

#endif
