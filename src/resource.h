#ifndef HELLOD_RESOURCE_H
#define HELLOD_RESOURCE_H

#include "http/target.h"
#include "http/validator.h"
#include "media_types.h"

#include <stdint.h>

/*
 * The document root: from a path to what is sent for it. No path leads out of the root (beneath.h);
 * the errno of that becomes an HTTP status here. Nothing logs. Const after
 * document_root_open(), so any thread may use it.
 */

struct document_root {
    int fd; /* O_PATH */
    const char *const
        *index; /* file names that stand for a folder, in order, NULL-terminated; the caller's */
    struct media_types types;
};

/* A regular file, open to be sent, as fstat(2) of that very fd describes it. */
struct representation {
    int fd; /* owned by whoever holds the struct; -1: none */
    struct version version;
    struct str media_type; /* points into the document root's table */
};

/*
 * Opens the folder and reads `mime_types` (its absence is no error). 0 or a negative errno.
 * document_root_close() takes what it filled.
 */
int document_root_open(const char *path, const char *const *index, const char *mime_types,
                       struct document_root *ret);
void document_root_close(struct document_root *root);

/*
 * Finds what a target names. 200 with the file in *ret; 301: a folder, but the target lacks its slash; 403,
 * 404: RFC 9110 section 15.5; 500, 503: the machine failed or is short of something. *ret holds a file only
 * with 200.
 */
unsigned resource_open(const struct document_root *root, const struct target *target,
                       struct representation *ret);

/* The same for a file of ours under a known name, such as "404.html". 200 or 404 as above. */
unsigned resource_open_file(const struct document_root *root, const char *name, struct representation *ret);

void representation_close(struct representation *representation);

#endif
