/* The pages of the metrics' sockets; see telemetry.h. */
#include "telemetry.h"

#include "metrics_paths.h"

int telemetry_begin(struct telemetry *ret, struct clients *clients, struct cache *cache, struct state *state)
{
    *ret = (struct telemetry){.clients = clients, .cache = cache};
    if (state)
        return history_get(&ret->history, state);
    history_begin(&ret->history);
    return 0;
}

void telemetry_put(const struct telemetry *telemetry, struct state *state)
{
    history_put(&telemetry->history, state);
}

static const char *write_metrics(const struct telemetry *telemetry, FILE *out)
{
    struct metrics metrics;
    metrics_gather(telemetry->clients, &telemetry->history, &metrics);
    metrics_write(&metrics, out);
    clients_probe_queue(telemetry->clients);
    return METRICS_MEDIA_TYPE;
}

static const char *write_page(void *context, struct str path, FILE *out)
{
    const struct telemetry *telemetry = context;
    if (str_equal(path, STR("/metrics")))
        return write_metrics(telemetry, out);
    if (str_equal(path, STR("/paths"))) {
        metrics_write_paths(telemetry->cache, out);
        return METRICS_MEDIA_TYPE;
    }
    return NULL;
}

int telemetry_serve(struct telemetry *telemetry, sd_event *event, const struct listeners *listeners)
{
    if (listeners->metrics_count == 0)
        return 0;
    return metrics_socket_open(&telemetry->socket, event, listeners->metrics, listeners->metrics_count,
                               write_page, telemetry);
}

void telemetry_end(struct telemetry *telemetry)
{
    metrics_socket_close(telemetry->socket);
    telemetry->socket = NULL;
}
