/* The busiest entries of the cache, as samples; see metrics_paths.h. */
#include "metrics_paths.h"

#include <inttypes.h>

/* The text format knows these three escapes in the value of a label, and takes all else as it is. */
static void write_label(struct str text, FILE *out)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '\n') {
            fputs("\\n", out);
            continue;
        }
        if (c == '\\' || c == '"')
            fputc('\\', out);
        fputc(c, out);
    }
}

/* Of the same path, what is kept for other wishes; it counts there. */
static uint64_t take_others(struct cache_popular *list, unsigned first, unsigned count)
{
    uint64_t requests = 0;
    for (unsigned i = first + 1; i < count; i++) {
        if (list[i].requests > 0 && str_equal(list[i].path, list[first].path)) {
            requests += list[i].requests;
            list[i].requests = 0;
        }
    }
    return requests;
}

void metrics_write_paths(struct cache *cache, FILE *out)
{
    struct cache_popular list[METRICS_PATHS_MAX];
    unsigned count = cache_busiest(cache, list, METRICS_PATHS_MAX);
    fputs(
        "# HELP hellod_path_requests_total Requests of what the cache holds, since it holds it; of the paths "
        "that are asked for most.\n"
        "# TYPE hellod_path_requests_total counter\n",
        out);
    for (unsigned i = 0; i < count; i++) {
        /* Pages for errors are kept, too, by their files' names. */
        if (list[i].requests == 0 || !str_starts_with(list[i].path, STR("/")))
            continue;
        fputs("hellod_path_requests_total{path=\"", out);
        write_label(list[i].path, out);
        fprintf(out, "\"} %" PRIu64 "\n", list[i].requests + take_others(list, i, count));
    }
    for (unsigned i = 0; i < count; i++)
        cache_release(list[i].held);
}
