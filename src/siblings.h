#ifndef HELLOD_SIBLINGS_H
#define HELLOD_SIBLINGS_H

#include "http/negotiation.h"
#include "resource.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/*
 * Which folders have no precompressed files at all: in these the look for each file's siblings, three calls
 * that find nothing, can be left out. A folder whose time of change is the same as before has the same names,
 * save that they are read anew every few seconds.
 * A thread has a memory of its own; all zero at first, of which pages cost memory from their first use on.
 */

enum { SIBLINGS_FOLDERS = 512, SIBLINGS_PATH_MAX = 64 };

/* So many names of a folder are read; one that has more is taken for one that has siblings. */
enum { SIBLINGS_NAMES_MAX = 1024 };

/* Then the names are read anew whatever the time of change says: some network file systems make it up. */
enum { SIBLINGS_READ_USEC = 5000000 };

/* For so long a folder isn't looked at again. */
enum { SIBLINGS_TRUST_USEC = 200000 };

struct siblings_folder {
    int64_t seen_usec; /* when it was last looked at, or asked for first; 0: this is a free place */
    int64_t read_usec; /* when its names were last read; 0: not yet */
    uint64_t device, inode;
    struct timespec changed;
    uint8_t length; /* of the path */
    bool settled;   /* a later change shows in `changed`, as far as that can be told */
    bool has_none;
    char path[SIBLINGS_PATH_MAX];
};

struct siblings {
    struct siblings_folder folders[SIBLINGS_FOLDERS];
};

struct siblings_look {
    struct siblings *memory;
    int64_t usec;       /* now, CLOCK_MONOTONIC */
    int64_t second;     /* now, real time */
    int64_t since_usec; /* to begin with, `usec`; then when the oldest was seen of what was relied on */
};

/* ".br" and the like; of CODING_IDENTITY, empty. */
struct str siblings_suffix(enum coding coding);

/*
 * Whether the folder of a file beneath the document root had, at look->since_usec, no file with such a
 * suffix. False where that isn't known: at the first time that it is asked of a folder, for one.
 */
bool siblings_are_absent(struct siblings_look *look, const struct document_root *root, const char *file);

#endif
