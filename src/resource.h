#ifndef HELLOD_RESOURCE_H
#define HELLOD_RESOURCE_H

#include "beneath.h"
#include "http/target.h"
#include "http/validator.h"
#include "media_types.h"

#include <limits.h>
#include <stdint.h>
#include <time.h>

/*
 * The document root: from a path to what is sent for it. No path leads out of the root (beneath.h);
 * the errno of that becomes an HTTP status here. Nothing logs. Const after
 * document_root_open(), so any thread may use it.
 */

struct document_root {
    struct beneath folder;
    char *names[BENEATH_NAMES_MAX]; /* what the folder's names point to */
    const char *const
        *index; /* file names that stand for a folder, in order, NULL-terminated; the caller's */
    struct media_types types;
};

/* What is no longer than this is better read than sent from its file. */
enum { REPRESENTATION_LITTLE = 16 << 10 };

/* A regular file, open to be sent, as fstat(2) of that very fd describes it; or its bytes, read from it. */
struct representation {
    int fd;            /* owned by whoever holds the struct; -1: none */
    int error;         /* none because of this negative errno, with 500 and 503 */
    const char *bytes; /* all of it, and then there is no fd; somebody else's. NULL: they are in the file */
    uint64_t device;
    struct version version;
    struct timespec changed; /* its inode; nobody can set that back */
    struct str media_type;   /* points into the document root's table */
};

/*
 * Opens the folder and reads `mime_types` (its absence is no error; NULL: nothing is read). 0 or a negative
 * errno. document_root_close() takes what it filled.
 */
int document_root_open(const char *path, const char *const *index, const char *mime_types,
                       struct document_root *ret);
void document_root_close(struct document_root *root);

/*
 * Opens a path. 200 with the file in *ret; 301: it is a folder; 403, 404: RFC 9110 section 15.5; 500, 503:
 * the machine failed or is short of something. *ret holds a file only with 200.
 */
unsigned resource_open_path(const struct document_root *root, const char *path, struct representation *ret);

/*
 * The same for what a target names: a file, or for a folder its index. 301 where it is a folder and the
 * target lacks its slash. `path` receives the path of the file with 200, and that of the folder where it has
 * no index.
 */
unsigned resource_open(const struct document_root *root, const struct target *target,
                       char path[static PATH_MAX], struct representation *ret);

/* The status that a negative errno of opening comes to. */
unsigned resource_status(int error);

/* Reads `length` bytes from `offset` on. 0, -ENODATA where the file holds less, or another negative errno. */
int representation_read(const struct representation *representation, uint64_t offset, uint64_t length,
                        char *buffer);

void representation_close(struct representation *representation);

#endif
