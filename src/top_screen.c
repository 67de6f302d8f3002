/* Two samples and the time between them, a function a line; see top_screen.h. */
#include "top_screen.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 512, FIGURE_MAX = 24 };

struct screen {
    const struct top_view *view;
    const struct top_sample *before, *now;
    double seconds; /* between them */
    FILE *out;
    unsigned lines;
};

__attribute__((format(printf, 2, 3))) static void write_line(struct screen *screen, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list arguments;
    if (screen->view->rows > 0 && screen->lines == screen->view->rows)
        return;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t shown = strlen(line);
    if (screen->view->columns > 0 && shown > screen->view->columns)
        shown = screen->view->columns;
    fprintf(screen->out, "%.*s\n", (int)shown, line);
    screen->lines++;
}

/* What a counter has grown by; one that began anew has grown by all it has. */
static double growth(double before, double now)
{
    return now >= before ? now - before : now;
}

static const char *number(double value, char buffer[static FIGURE_MAX])
{
    snprintf(buffer, FIGURE_MAX, value < 99.95 ? "%.1f" : "%.0f", value);
    return buffer;
}

/* A second's share of the growth of a counter. */
static const char *rate(const struct screen *screen, double before, double now,
                        char buffer[static FIGURE_MAX])
{
    char figure[FIGURE_MAX];
    if (!screen->before)
        return "-";
    snprintf(buffer, FIGURE_MAX, "%.20s/s", number(growth(before, now) / screen->seconds, figure));
    return buffer;
}

static const char *bytes(double value, char buffer[static FIGURE_MAX])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    unsigned unit = 0;
    for (; value >= 999.5 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        value /= 1000;
    snprintf(buffer, FIGURE_MAX, unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return buffer;
}

static const char *duration(double seconds, char buffer[static FIGURE_MAX])
{
    if (seconds < 0.0009995)
        snprintf(buffer, FIGURE_MAX, "%.0f us", seconds * 1e6);
    else if (seconds < 0.9995)
        snprintf(buffer, FIGURE_MAX, "%.3g ms", seconds * 1e3);
    else
        snprintf(buffer, FIGURE_MAX, "%.3g s", seconds);
    return buffer;
}

static const char *percent(double part, double whole, char buffer[static FIGURE_MAX])
{
    if (whole <= 0)
        return "-";
    snprintf(buffer, FIGURE_MAX, "%.1f %%", 100 * part / whole);
    return buffer;
}

/* In how much time that share of what was noted between the samples was done, as if what is in a bucket were
 * spread evenly over it; "-" where nothing was noted. */
static const char *quantile(const struct top_histogram *before, const struct top_histogram *now, double share,
                            char buffer[static FIGURE_MAX])
{
    double below = 0, lower = 0;
    bool anew = !before || before->count != now->count || now->count == 0 ||
                before->total[now->count - 1] > now->total[now->count - 1];
    double wanted =
        share *
        (now->count == 0 ? 0 : now->total[now->count - 1] - (anew ? 0 : before->total[now->count - 1]));
    if (wanted <= 0)
        return "-";
    for (unsigned i = 0; i < now->count; i++) {
        double total = now->total[i] - (anew ? 0 : before->total[i]);
        if (total >= wanted && isfinite(now->limit[i]))
            return duration(lower + (now->limit[i] - lower) * (wanted - below) / (total - below), buffer);
        if (!isfinite(now->limit[i]))
            break;
        below = total;
        lower = now->limit[i];
    }
    char limit[FIGURE_MAX];
    snprintf(buffer, FIGURE_MAX, "over %.18s", duration(lower, limit));
    return buffer;
}

static void write_title(struct screen *screen)
{
    const struct top_sample *now = screen->now;
    double up = now->time > now->started ? now->time - now->started : 0;
    unsigned long seconds = up < 1e9 ? (unsigned long)up : 0;
    write_line(screen, "hellod %s on %s, up %lud %02lu:%02lu:%02lu, %.0f reload%s%s", now->version,
               screen->view->source, seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60,
               now->reloads, now->reloads == 1 ? "" : "s", now->draining > 0 ? ", draining" : "");
    write_line(screen, "%s", screen->view->trouble ? screen->view->trouble : "");
}

static void write_requests(struct screen *screen)
{
    const struct top_sample *before = screen->before ? screen->before : screen->now, *now = screen->now;
    char all[FIGURE_MAX], class[TOP_CLASSES][FIGURE_MAX], sent[FIGURE_MAX];
    double sum_before = 0, sum = 0;
    for (unsigned i = 0; i < TOP_CLASSES; i++) {
        sum_before += before->requests[i];
        sum += now->requests[i];
    }
    const char *rates[TOP_CLASSES];
    for (unsigned i = 0; i < TOP_CLASSES; i++)
        rates[i] = rate(screen, before->requests[i], now->requests[i], class[i]);
    write_line(screen, "Requests     %-11s 2xx %-10s 3xx %-10s 4xx %-10s 5xx %s",
               rate(screen, sum_before, sum, all), rates[0], rates[1], rates[2], rates[3]);
    if (screen->before)
        write_line(screen, "Sent         %s/s",
                   bytes(growth(before->sent_bytes, now->sent_bytes) / screen->seconds, sent));
    else
        write_line(screen, "Sent         -");
}

static void write_quantiles(struct screen *screen, const char *label, const struct top_histogram *before,
                            const struct top_histogram *now)
{
    char half[FIGURE_MAX], most[FIGURE_MAX], nearly_all[FIGURE_MAX];
    write_line(screen, "%s50 %% in %-12s 90 %% in %-12s 99 %% in %s", label, quantile(before, now, 0.5, half),
               quantile(before, now, 0.9, most), quantile(before, now, 0.99, nearly_all));
}

static void write_latency(struct screen *screen)
{
    const struct top_sample *before = screen->before;
    write_quantiles(screen, "Service      ", before ? &before->service : NULL, &screen->now->service);
    write_quantiles(screen, "Queue        ", before ? &before->queue : NULL, &screen->now->queue);
}

static void write_connections(struct screen *screen)
{
    const struct top_sample *before = screen->before ? screen->before : screen->now, *now = screen->now;
    char text[LINE_MAX_BYTES] = "", accepted[FIGURE_MAX];
    double all = 0;
    size_t length = 0;
    for (unsigned i = 0; i < TOP_STATES; i++) {
        all += now->connections[i];
        if (now->connections[i] > 0 && length < sizeof text)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%.0f %s",
                                       length > 0 ? ", " : ": ", now->connections[i], top_states[i]);
    }
    write_line(screen, "Connections  %.0f of %.0f, %s accepted%s", all, now->connections_max,
               rate(screen, before->accepted, now->accepted, accepted), text);
}

static void write_cache(struct screen *screen)
{
    const struct top_sample *before = screen->before, *now = screen->now;
    char share[FIGURE_MAX], size[FIGURE_MAX];
    double hits = growth(before ? before->cache_hits : 0, now->cache_hits);
    double misses = growth(before ? before->cache_misses : 0, now->cache_misses);
    write_line(screen, "Cache        %s hits, %s", percent(hits, hits + misses, share),
               bytes(now->cache_bytes, size));
}

static void write_process(struct screen *screen)
{
    const struct top_sample *before = screen->before, *now = screen->now;
    char busy[FIGURE_MAX], cpu[FIGURE_MAX], memory[FIGURE_MAX];
    double busy_seconds = before ? growth(before->busy_seconds, now->busy_seconds) : 0;
    double cpu_seconds = before ? growth(before->cpu_seconds, now->cpu_seconds) : 0;
    write_line(screen, "Workers      %.0f, %s busy", now->workers,
               percent(busy_seconds, before ? screen->seconds * now->workers : 0, busy));
    write_line(screen, "Process      %s CPU, %s memory, %.0f of %.0f fds",
               percent(cpu_seconds, before ? screen->seconds : 0, cpu), bytes(now->memory_bytes, memory),
               now->fds, now->fds_max);
    write_line(screen, "Log          %.0f entries dropped", now->log_dropped);
}

/* A path that was not among the busiest may have had as many as the last of them; of a short list, which
 * holds all there are, none. */
static double requests_before(const struct top_sample *before, const char *path)
{
    double least = before->path_count > 0 ? before->paths[0].requests : 0;
    for (unsigned i = 0; i < before->path_count; i++) {
        if (strcmp(before->paths[i].text, path) == 0)
            return before->paths[i].requests;
        least = before->paths[i].requests < least ? before->paths[i].requests : least;
    }
    return before->path_count < TOP_PATHS_MAX / 4 ? 0 : least;
}

static int compare_requests(const void *a, const void *b)
{
    const struct top_path *x = a, *y = b;
    int order = (x->requests < y->requests) - (x->requests > y->requests);
    return order != 0 ? order : strcmp(x->text, y->text);
}

/* By what they grew by since the sample before; without one, by what they are. */
static void write_paths(struct screen *screen)
{
    struct top_path paths[TOP_PATHS_MAX];
    char figure[FIGURE_MAX];
    unsigned count = screen->now->path_count;
    memcpy(paths, screen->now->paths, count * sizeof paths[0]);
    for (unsigned i = 0; screen->before && i < count; i++)
        paths[i].requests =
            growth(requests_before(screen->before, paths[i].text), paths[i].requests) / screen->seconds;
    qsort(paths, count, sizeof paths[0], compare_requests);
    write_line(screen, "%s", "");
    write_line(screen, "%10s  path", screen->before ? "requests/s" : "requests");
    for (unsigned i = 0; i < count && i < TOP_PATHS_SHOWN && paths[i].requests > 0; i++)
        write_line(screen, "%10s  %s", number(paths[i].requests, figure), paths[i].text);
}

void top_screen_write(const struct top_view *view, FILE *out)
{
    struct screen screen = {.view = view, .before = view->before, .now = view->now, .out = out};
    /* Of another process, or of the same moment. */
    if (screen.before &&
        (screen.before->started != screen.now->started || screen.now->clock <= screen.before->clock))
        screen.before = NULL;
    screen.seconds = screen.before ? screen.now->clock - screen.before->clock : 0;
    write_title(&screen);
    write_requests(&screen);
    write_latency(&screen);
    write_connections(&screen);
    write_cache(&screen);
    write_process(&screen);
    write_paths(&screen);
}
