#ifndef HELLOD_CONFIG_FILE_H
#define HELLOD_CONFIG_FILE_H

#include <stddef.h>
#include <stdio.h>

/*
 * An INI file as text: its sections, keys and values with their lines, and every mistake found in it so far.
 * What the words mean is not known here. One thread.
 */

/* A section's head (key is NULL) or a "key = value" of it, in the order of the file. */
struct config_entry {
    unsigned line; /* from 1 */
    char *section; /* "" before the first head */
    char *key;     /* not empty */
    char *value;   /* without the blanks around it and the comment behind it; may be empty. A backslash at a
                      line's end is replaced by a blank and the next line. */
};

struct config_mistake {
    unsigned line; /* 0: the file as a whole */
    char *text;
};

struct config_file {
    const char *path; /* as given, not copied */
    struct config_entry *entries;
    size_t n_entries;
    struct config_mistake *mistakes; /* in any order until config_file_report() */
    size_t n_mistakes;
    int error; /* 0, or -ENOMEM after something could not be noted */
};

/*
 * Reads `path`, at most 1 MiB. 0 with *ret filled, mistakes of form included: bytes that are no text, a line
 * too long, a line that is no "key = value", a bad head; the entries of a section with a bad head are left
 * out. Else a negative errno of the file (-EFBIG where it is larger) with nothing but path filled. Either way
 * *ret is for config_file_free().
 */
int config_file_read(const char *path, struct config_file *ret);

/* Notes a mistake, one line of text without a newline. */
void config_file_mistake(struct config_file *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of an entry that has a key: "[section] key = value: " and what is wrong with it. */
void config_file_refuse(struct config_file *file, const struct config_entry *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes the mistakes by line, each as "PATH:LINE: TEXT" or, where line is 0, "PATH: TEXT". */
void config_file_report(struct config_file *file, FILE *out);

void config_file_free(struct config_file *file);

/* Writes "key = value" as config_file_read() reads it back: in several lines where one would be too long. */
void config_file_write(FILE *out, const char *key, const char *value);

#endif
