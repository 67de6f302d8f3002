#ifndef HELLOD_TOP_SAMPLE_H
#define HELLOD_TOP_SAMPLE_H

#include "http/str.h"

#include <stdbool.h>

/* What the live screen knows of a server at one moment, read from the text of its metrics. Plain data. */

enum { TOP_CLASSES = 4, TOP_STATES = 8, TOP_BUCKETS_MAX = 32, TOP_PATHS_MAX = 64, TOP_PATH_TEXT_MAX = 200 };

/* What connections wait for, as the metrics name it, in the order of `connections`. */
extern const char *const top_states[TOP_STATES];

/* Cumulative: what took up to each limit. */
struct top_histogram {
    unsigned count;
    double limit[TOP_BUCKETS_MAX]; /* seconds, the last one infinite */
    double total[TOP_BUCKETS_MAX];
};

/* A path, safe for a terminal: percent-encoded as in a URL, and cut where it is very long. */
struct top_path {
    char text[TOP_PATH_TEXT_MAX];
    double requests;
};

struct top_sample {
    double clock; /* when it was taken, in seconds, by a clock that doesn't jump, */
    double time;  /* and by the time of day; both are the caller's to set */
    char version[32];
    double started, reloads, draining;
    double requests[TOP_CLASSES]; /* 2xx to 5xx */
    double sent_bytes;
    struct top_histogram service, queue;
    double connections[TOP_STATES], connections_max, accepted;
    double cache_hits, cache_misses, cache_bytes;
    double workers, busy_seconds;
    double memory_bytes, fds, fds_max, cpu_seconds; /* 0: not told */
    double log_dropped;
    unsigned path_count;
    struct top_path paths[TOP_PATHS_MAX];
};

/* Of all that the text doesn't tell it is 0. False where that is no text of hellod's metrics. */
bool top_sample_read(struct str text, struct top_sample *ret);

/* Adds the paths of the text of /paths. */
void top_sample_read_paths(struct str text, struct top_sample *sample);

#endif
