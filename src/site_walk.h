#ifndef HELLOD_SITE_WALK_H
#define HELLOD_SITE_WALK_H

#include "config.h"
#include "service_view.h"

#include <stddef.h>

/*
 * A walk through the document root that finds what clients can't get from it, or not as it is meant. Each
 * folder is a job of a pool, the one that else serves requests.
 */

struct site_finding {
    char *path; /* absolute, of the file or folder */
    char *text; /* what is wrong with it, and what helps */
};

struct site_counts {
    unsigned long long files, folders, findings;
};

struct site_walk;

/*
 * Begins a walk. 0, or a negative errno: nothing has begun then. `config` and `view` must outlive it.
 */
int site_walk_start(struct site_walk **ret, const struct config *config, const struct service_view *view);

/* Waits for its end, `msec` at most. True when it has ended. */
bool site_walk_wait(struct site_walk *walk, unsigned msec);

/* So far. */
struct site_counts site_walk_counts(struct site_walk *walk);

/*
 * Once it has ended: the findings, in the order of their paths, until site_walk_free(). 0, or a negative
 * errno where the walk could not be made as a whole.
 */
int site_walk_findings(struct site_walk *walk, const struct site_finding **ret, size_t *ret_count);

/* Waits for the end of the walk. NULL is fine. */
void site_walk_free(struct site_walk *walk);

#endif
