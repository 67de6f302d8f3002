#ifndef HELLOD_METRICS_PATHS_H
#define HELLOD_METRICS_PATHS_H

#include "cache.h"

#include <stdio.h>

/*
 * The paths of the site that are asked for most, in the text format of Prometheus, a sample each. Not among
 * the metrics: names that clients choose, as labels, would be time series without end.
 */

/* So many at most. */
enum { METRICS_PATHS_MAX = 64 };

void metrics_write_paths(struct cache *cache, FILE *out);

#endif
