/* Two looks at the counters, and the second between them; see status.h. */
#include "status.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void status_init(struct status *ret, int64_t started_usec)
{
    *ret = (struct status){.started_usec = started_usec};
}

void status_begin(struct status *status, const struct clients_pulse *pulse, int64_t now_usec)
{
    if (status->told_usec != 0)
        return;
    status->told_usec = now_usec;
    status->answers = pulse->answers;
}

/* As systemctl(1) writes moments. */
static void format_moment(int64_t usec, char *text, size_t size)
{
    time_t moment = (time_t)(usec / 1000000);
    struct tm parts;
    if (!localtime_r(&moment, &parts) || strftime(text, size, "%a %Y-%m-%d %H:%M:%S %Z", &parts) == 0)
        snprintf(text, size, "@%lld", (long long)moment);
}

static uint64_t rate(const struct status *status, const struct clients_pulse *pulse, int64_t now_usec)
{
    int64_t usec = now_usec - status->told_usec;
    if (status->told_usec == 0 || usec <= 0)
        return 0;
    return ((pulse->answers - status->answers) * 1000000 + (uint64_t)usec / 2) / (uint64_t)usec;
}

static void format(const struct status *status, const struct clients_pulse *pulse, unsigned stuck,
                   int64_t now_usec, char text[static STATUS_TEXT_MAX])
{
    char since[64], now[128] = "idle", workers[64] = "";
    format_moment(status->started_usec, since, sizeof since);
    if (pulse->connections > 0)
        snprintf(now, sizeof now, "connections: %u, transfers: %u, requests/s: %llu", pulse->connections,
                 pulse->transfers, (unsigned long long)rate(status, pulse, now_usec));
    if (stuck > 0)
        snprintf(workers, sizeof workers, ", workers stuck: %u", stuck);
    snprintf(text, STATUS_TEXT_MAX, "%s%s, requests: %llu since %s", now, workers,
             (unsigned long long)pulse->answers, since);
}

bool status_update(struct status *status, const struct clients_pulse *pulse, unsigned stuck, int64_t now_usec)
{
    char text[STATUS_TEXT_MAX];
    format(status, pulse, stuck, now_usec, text);
    status->told_usec = pulse->connections > 0 ? now_usec : 0;
    status->answers = pulse->answers;
    if (strcmp(text, status->text) == 0)
        return false;
    memcpy(status->text, text, sizeof text);
    return true;
}

void status_forget(struct status *status)
{
    status->text[0] = '\0';
}
