/* A table from the names of metrics to the fields of a sample; see top_sample.h. */
#include "top_sample.h"

#include "exposition.h"
#include "http/octet.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char *const top_states[TOP_STATES] = {"new",     "head",     "body",      "idle",
                                            "sending", "sleeping", "lingering", "running"};

/* What has the name, and the label with that value (NULL: whatever its labels), adds up in a field. */
static const struct row {
    const char *name, *label, *value;
    size_t offset;
} rows[] = {
    {"process_start_time_seconds", NULL, NULL, offsetof(struct top_sample, started)},
    {"hellod_reloads_total", NULL, NULL, offsetof(struct top_sample, reloads)},
    {"hellod_draining", NULL, NULL, offsetof(struct top_sample, draining)},
    {"hellod_http_requests_total", "code_class", "2xx", offsetof(struct top_sample, requests[0])},
    {"hellod_http_requests_total", "code_class", "3xx", offsetof(struct top_sample, requests[1])},
    {"hellod_http_requests_total", "code_class", "4xx", offsetof(struct top_sample, requests[2])},
    {"hellod_http_requests_total", "code_class", "5xx", offsetof(struct top_sample, requests[3])},
    {"hellod_http_response_bytes_total", NULL, NULL, offsetof(struct top_sample, sent_bytes)},
    {"hellod_connections_max", NULL, NULL, offsetof(struct top_sample, connections_max)},
    {"hellod_connections_accepted_total", NULL, NULL, offsetof(struct top_sample, accepted)},
    {"hellod_cache_hits_total", NULL, NULL, offsetof(struct top_sample, cache_hits)},
    {"hellod_cache_misses_total", NULL, NULL, offsetof(struct top_sample, cache_misses)},
    {"hellod_cache_bytes", NULL, NULL, offsetof(struct top_sample, cache_bytes)},
    {"hellod_workers", NULL, NULL, offsetof(struct top_sample, workers)},
    {"hellod_worker_busy_seconds_total", NULL, NULL, offsetof(struct top_sample, busy_seconds)},
    {"process_resident_memory_bytes", NULL, NULL, offsetof(struct top_sample, memory_bytes)},
    {"process_open_fds", NULL, NULL, offsetof(struct top_sample, fds)},
    {"process_max_fds", NULL, NULL, offsetof(struct top_sample, fds_max)},
    {"process_cpu_seconds_total", NULL, NULL, offsetof(struct top_sample, cpu_seconds)},
    {"hellod_log_entries_dropped_total", NULL, NULL, offsetof(struct top_sample, log_dropped)},
};

static bool is_named(const struct exposition_sample *read, const char *name)
{
    return str_equal(read->name, str_of(name));
}

static bool has_label(const struct exposition_sample *read, const char *label, const char *value)
{
    char found[32];
    size_t length;
    return exposition_label(read, label, found, sizeof found, &length) &&
           str_equal((struct str){found, length}, str_of(value));
}

static void take_plain(const struct exposition_sample *read, struct top_sample *sample)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        if (is_named(read, row->name) && (!row->label || has_label(read, row->label, row->value)))
            *(double *)(void *)((char *)sample + row->offset) += read->value;
    }
    for (unsigned i = 0; is_named(read, "hellod_connections") && i < TOP_STATES; i++)
        if (has_label(read, "state", top_states[i]))
            sample->connections[i] = read->value;
}

static void take_bucket(const struct exposition_sample *read, struct top_histogram *histogram)
{
    char limit[32];
    size_t length;
    if (histogram->count == TOP_BUCKETS_MAX ||
        !exposition_label(read, "le", limit, sizeof limit - 1, &length))
        return;
    limit[length] = '\0';
    histogram->limit[histogram->count] = strtod(limit, NULL);
    histogram->total[histogram->count++] = read->value;
}

/* As long as it fits, whole triplets only. */
static void encode(struct str text, char buffer[static TOP_PATH_TEXT_MAX])
{
    static const char digits[] = "0123456789ABCDEF";
    size_t length = 0;
    for (size_t i = 0; i < text.length && length + 3 < TOP_PATH_TEXT_MAX; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (octet_is(text.data[i], OCTET_PATH)) {
            buffer[length++] = text.data[i];
            continue;
        }
        buffer[length++] = '%';
        buffer[length++] = digits[c >> 4];
        buffer[length++] = digits[c & 15];
    }
    buffer[length] = '\0';
}

bool top_sample_read(struct str text, struct top_sample *ret)
{
    struct exposition_sample read;
    char version[sizeof ret->version];
    size_t length;
    *ret = (struct top_sample){.clock = 0};
    while (exposition_next(&text, &read)) {
        take_plain(&read, ret);
        if (is_named(&read, "hellod_job_service_seconds_bucket"))
            take_bucket(&read, &ret->service);
        else if (is_named(&read, "hellod_job_queue_seconds_bucket"))
            take_bucket(&read, &ret->queue);
        else if (is_named(&read, "hellod_build_info") &&
                 exposition_label(&read, "version", version, sizeof version / 4 - 1, &length))
            str_escape((struct str){version, length}, ret->version, sizeof ret->version);
    }
    return ret->version[0] != '\0';
}

void top_sample_read_paths(struct str text, struct top_sample *sample)
{
    struct exposition_sample read;
    char path[TOP_PATH_TEXT_MAX];
    size_t length;
    while (sample->path_count < TOP_PATHS_MAX && exposition_next(&text, &read)) {
        if (!is_named(&read, "hellod_path_requests_total") ||
            !exposition_label(&read, "path", path, sizeof path, &length))
            continue;
        struct top_path *place = &sample->paths[sample->path_count++];
        encode((struct str){path, length}, place->text);
        place->requests = read.value;
    }
}
