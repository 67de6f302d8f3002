/* Metrics as text: a function a group, each metric's name, help and type with it; see metrics.h. */
#include "metrics.h"

#include <inttypes.h>

#define NSEC_PER_SEC 1e9
#define USEC_PER_SEC 1e6

static void describe(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_count(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
    describe(out, name, type, help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void write_real(FILE *out, const char *name, const char *type, const char *help, double value)
{
    describe(out, name, type, help);
    fprintf(out, "%s %.9g\n", name, value);
}

static void write_seconds(FILE *out, uint64_t nsec)
{
    fprintf(out, "%" PRIu64 ".%09" PRIu64 "\n", nsec / UINT64_C(1000000000), nsec % UINT64_C(1000000000));
}

static void write_build(FILE *out)
{
    describe(out, "hellod_build_info", "gauge", "Which hellod this is; always 1.");
    fputs("hellod_build_info{version=\"" HELLOD_VERSION "\"} 1\n", out);
}

static void write_requests(const struct counters *counters, FILE *out)
{
    static const char *const methods[COUNTERS_METHODS] = {"GET", "HEAD", "OPTIONS", "other"};
    static const char name[] = "hellod_http_requests_total";
    describe(out, name, "counter",
             "Requests answered, by method and class of status; what could not be read as a request has the "
             "method other.");
    for (unsigned method = 0; method < COUNTERS_METHODS; method++)
        for (unsigned class = 0; class < COUNTERS_CLASSES; class ++)
            fprintf(out, "%s{method=\"%s\",code_class=\"%uxx\"} %" PRIu64 "\n", name, methods[method],
                    class + COUNTERS_CLASS_FIRST, counter_get(&counters->answers[method][class]));
    write_count(out, "hellod_http_response_bytes_total", "counter",
                "Bytes of responses that the sockets took, heads and content.",
                counter_get(&counters->sent_bytes));
}

static void write_connections(const struct clients_measures *clients, FILE *out)
{
    static const char *const states[PHASE_COUNT] = {
        [PHASE_FRESH] = "new",           [PHASE_HEAD] = "head",       [PHASE_BODY] = "body",
        [PHASE_IDLE] = "idle",           [PHASE_SENDING] = "sending", [PHASE_SLEEPING] = "sleeping",
        [PHASE_LINGERING] = "lingering",
    };
    static const char name[] = "hellod_connections";
    describe(out, name, "gauge",
             "Connections by what they wait for: a first request (new), the rest of a head or of a body, a "
             "further request (idle), the client's taking of a response (sending), the end of /sleep, the "
             "client's close (lingering), or nothing, as a worker is at them (running).");
    for (unsigned phase = 0; phase < PHASE_COUNT; phase++)
        fprintf(out, "%s{state=\"%s\"} %u\n", name, states[phase], clients->waiting[phase]);
    fprintf(out, "%s{state=\"running\"} %u\n", name, clients->in_hand);
    write_count(out, "hellod_connections_max", "gauge", "How many connections may be open at a time.",
                clients->max_connections);
    write_count(out, "hellod_connections_accepted_total", "counter", "Connections accepted.",
                counter_get(&clients->counters.accepted));
}

static void write_closes(const struct counters *counters, FILE *out)
{
    static const char name[] = "hellod_connection_closes_total";
    describe(out, name, "counter", "Connections closed, by why.");
    for (unsigned reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
        fprintf(out, "%s{reason=\"%s\"} %" PRIu64 "\n", name,
                connection_reason_word((enum connection_reason)reason),
                counter_get(&counters->closes[reason]));
}

/* The counts are read one by one while workers go on, so the total is made of those that were read. */
static void write_histogram(FILE *out, const char *name, const char *help, const struct histogram *histogram)
{
    uint64_t count = 0;
    describe(out, name, "histogram", help);
    for (unsigned i = 0; i < COUNTERS_BUCKETS; i++) {
        count += counter_get(&histogram->bucket[i]);
        if (i + 1 < COUNTERS_BUCKETS)
            fprintf(out, "%s_bucket{le=\"%.6f\"} %" PRIu64 "\n", name,
                    (double)histogram_limit_usec(i) / USEC_PER_SEC, count);
        else
            fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
    }
    fprintf(out, "%s_sum ", name);
    write_seconds(out, counter_get(&histogram->sum_nsec));
    fprintf(out, "%s_count %" PRIu64 "\n", name, count);
}

static void write_workers(const struct clients_measures *clients, FILE *out)
{
    static const char busy[] = "hellod_worker_busy_seconds_total";
    write_count(out, "hellod_workers", "gauge", "Threads that serve.", clients->workers);
    describe(
        out, busy, "counter",
        "How long each worker has been at its jobs, which includes waiting for a disk, not for a client.");
    for (unsigned i = 0; i < clients->workers; i++) {
        fprintf(out, "%s{worker=\"%u\"} ", busy, i);
        write_seconds(out, clients->busy_nsec[i]);
    }
    write_histogram(
        out, "hellod_job_service_seconds",
        "How long a worker was at one event of a connection: from taking it, over all requests that "
        "had come, to being free for the next one.",
        &clients->counters.service);
    write_histogram(
        out, "hellod_job_queue_seconds",
        "How long a job waited for a free worker; measured by a job put in for it with each scrape, "
        "and every second while there are connections.",
        &clients->counters.queue);
}

static void write_cache(const struct metrics *metrics, FILE *out)
{
    const struct counters *counters = &metrics->clients.counters;
    write_count(out, "hellod_cache_hits_total", "counter", "Requests whose file was in the cache.",
                counter_get(&counters->cache_hits));
    write_count(out, "hellod_cache_misses_total", "counter", "Requests whose file was not in the cache.",
                counter_get(&counters->cache_misses));
    write_count(out, "hellod_cache_bytes", "gauge", "Bytes that the cache holds.",
                metrics->clients.cache_bytes);
}

static void write_service(const struct metrics *metrics, FILE *out)
{
    write_count(out, "hellod_draining", "gauge", "1 from the moment that a stop has begun, else 0.",
                metrics->clients.draining);
    write_count(out, "hellod_reloads_total", "counter", "Reloads that came to an end.",
                metrics->history.reloads);
    write_real(out, "hellod_reload_pause_seconds", "gauge",
               "How long no worker ran in the last reload; 0 before the first one.",
               (double)metrics->history.pause_usec / USEC_PER_SEC);
    write_count(out, "hellod_log_entries_dropped_total", "counter",
                "Log entries that were lost because they could not be written in time.",
                metrics->log_dropped);
}

static void write_access(const struct access_totals *access, FILE *out)
{
    static const char name[] = "hellod_access_entries_total";
    describe(out, name, "counter",
             "Requests that were to be logged: those written one by one, those above the rate, told of in "
             "sums, and those dropped because they could not be written in time.");
    fprintf(out, "%s{outcome=\"written\"} %" PRIu64 "\n", name, access->written);
    fprintf(out, "%s{outcome=\"summed\"} %" PRIu64 "\n", name, access->summed);
    fprintf(out, "%s{outcome=\"dropped\"} %" PRIu64 "\n", name, access->dropped);
}

/* What the kernel doesn't tell, for a sandbox that hides it, is no sample rather than a wrong one. */
static void write_usage(FILE *out, const char *name, const char *help, uint64_t value)
{
    if (value > 0)
        write_count(out, name, "gauge", help, value);
}

static void write_process(const struct metrics *metrics, FILE *out)
{
    const struct process_usage *process = &metrics->process;
    write_usage(out, "process_resident_memory_bytes", "Memory in use.", process->resident_bytes);
    write_usage(out, "process_virtual_memory_bytes", "Address space in use.", process->virtual_bytes);
    write_usage(out, "process_open_fds", "File descriptors that are open.", process->fds);
    write_usage(out, "process_max_fds", "File descriptors that may be open.", process->fds_max);
    write_real(out, "process_cpu_seconds_total", "counter", "CPU time of all threads.",
               (double)process->cpu_nsec / NSEC_PER_SEC);
    describe(out, "process_start_time_seconds", "gauge",
             "When the process started, in seconds since the epoch; a reload doesn't change it.");
    fprintf(out, "process_start_time_seconds %.3f\n", (double)metrics->history.started_usec / USEC_PER_SEC);
}

void metrics_write(const struct metrics *metrics, FILE *out)
{
    write_build(out);
    write_requests(&metrics->clients.counters, out);
    write_connections(&metrics->clients, out);
    write_closes(&metrics->clients.counters, out);
    write_workers(&metrics->clients, out);
    write_cache(metrics, out);
    write_service(metrics, out);
    write_access(&metrics->clients.access, out);
    write_process(metrics, out);
}
