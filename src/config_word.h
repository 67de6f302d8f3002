#ifndef HELLOD_CONFIG_WORD_H
#define HELLOD_CONFIG_WORD_H

#include <stdio.h>

/* Values of the configuration that are one word of a few. */

struct config_word {
    const char *name; /* NULL ends the table */
    int value;
};

extern const struct config_word config_levels[];         /* priorities of syslog(3) */
extern const struct config_word config_access_modes[];   /* enum access_mode */
extern const struct config_word config_access_formats[]; /* enum access_format */

/* 0 with the value of `text` in *ret, or -EINVAL. */
int config_word_read(const struct config_word *words, const char *text, int *ret);

const char *config_word_name(const struct config_word *words, int value);

/* "error, warning, notice, info or debug" */
void config_word_list(const struct config_word *words, FILE *out);

#endif
