#ifndef HELLOD_LOOKUP_H
#define HELLOD_LOOKUP_H

#include "cache.h"
#include "http/date.h"
#include "resolve.h"

/*
 * What a target comes to, by way of the cache: resolve() for who has asked lately. Any thread may ask.
 */

/* The time of a turn. */
struct moment {
    int64_t usec;   /* CLOCK_MONOTONIC */
    int64_t second; /* real time, since the epoch, and as the value of Date: */
    char date[DATE_LENGTH];
};

/* What is held of the cache, and up to when it is to be trusted; held NULL: nothing. */
struct kept {
    const struct cached *held;
    int64_t until_usec;
    uint64_t again; /* how often it was at hand; the cache hears of it when it is forgotten */
};

/* A path that led to nothing lately. */
enum { ABSENCE_PATH_MAX = 128 };

struct absence {
    int64_t until_usec; /* up to which that is to be trusted */
    size_t length;      /* 0: none */
    char path[ABSENCE_PATH_MAX];
};

/*
 * What a thread has found last, and what it has not. Asked for it again, within the time that it may be
 * trusted, it has it at hand: no lock is taken and no line of memory goes from one processor to another. It
 * may be of what the cache has dropped meanwhile. All zero at first.
 */
struct recent {
    struct kept kept;
    struct absence target, file; /* of lookup_target() and lookup_file() */
};

struct lookup {
    const struct document_root *root;
    const struct rules *rules;
    struct cache *cache;
    const struct moment *now;
    struct recent *recent;     /* of the thread */
    struct siblings *siblings; /* of the thread */
};

struct found {
    struct resolution resolution;
    struct str head; /* of a 200, as response_write_kept() wants it; empty: not known yet */
    enum cache_use use;
    struct kept kept; /* that is of it */
};

/* To be ended by lookup_end(), before or after the representation's file was taken over. */
void lookup_target(const struct lookup *lookup, const struct target *target, const struct wishes *wishes,
                   struct found *ret);

/* The same for a file beneath the document root, whatever the rules say of it: 200, or another status and
 * nothing found. */
unsigned lookup_file(const struct lookup *lookup, const char *file, struct found *ret);

void lookup_end(const struct lookup *lookup, struct found *found);

/* Forgets all, and lets go of it. */
void recent_forget(struct recent *recent);

#endif
