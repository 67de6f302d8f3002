/*
 * The main thread. It serves nobody: it waits for signals, and once a second, while there are clients, sweeps
 * for those whose time is over, and tells the service manager how it goes. While it drains it looks more
 * often, and leaves when the last one has gone or the time is up.
 */
#include "server.h"

#include "access.h"
#include "clients.h"
#include "event.h"
#include "idle.h"
#include "journal.h"
#include "log.h"
#include "log_limit.h"
#include "pool.h"
#include "reload_ask.h"
#include "service.h"
#include "site.h"
#include "status.h"
#include "telemetry.h"
#include "watchdog.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

enum {
    SWEEP_USEC = 1000000,
    SWEEP_ACCURACY_USEC = 250000,
    DRAIN_SWEEP_USEC = 50000,
    /* For clients that have said nothing yet: their request may be on its way, or never come. */
    DRAIN_GRACE_USEC = 1000000,
    /* From the end of the drain to the end of the process. */
    STOP_SPARE_USEC = 5000000,
    /* While one worker is still at a job, say with a disk that doesn't answer, the others stand still. */
    PAUSE_PATIENCE_USEC = 1000000,
    /* What the access log has yet to write is written before a reload; a disk may not answer. */
    FLUSH_PATIENCE_USEC = 500000,
};

struct server {
    const struct config *config;
    struct site site;
    struct access *access; /* NULL: off */
    struct clients *clients;
    struct pool *pool;
    struct telemetry telemetry;
    struct status status;
    struct watchdog watchdog;
    struct idle idle;
    sd_event *event;
    sd_event_source *sweep;
    pid_t asker; /* who sent SIGHUP */
    uint64_t grace_usec;
    int64_t paused_usec;  /* CLOCK_MONOTONIC, when the last worker stood still */
    int64_t resumed_usec; /* and when they ran again */
    bool draining, stopped, reload_wanted;
    bool told_to_stop; /* by a signal; another one doesn't wait */
};

void server_block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    int r = sigprocmask(SIG_BLOCK, &set, NULL);
    assert(r == 0);
    /* sendfile(2) has no MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    /* A file of the log that may not become larger is no reason to end. */
    signal(SIGXFSZ, SIG_IGN);
}

static int schedule_sweep(struct server *server)
{
    uint64_t in = server->draining ? DRAIN_SWEEP_USEC : SWEEP_USEC;
    int r = sd_event_source_set_time_relative(server->sweep, in);
    return r < 0 ? r : sd_event_source_set_enabled(server->sweep, SD_EVENT_ONESHOT);
}

static int64_t now_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int leave_if_drained(struct server *server)
{
    server->stopped |= server->draining && clients_count(server->clients) == 0;
    return 0;
}

bool server_is_draining(const struct server *server)
{
    return server->draining || clients_draining(server->clients);
}

static int on_drain_over(sd_event_source *source, uint64_t usec, void *context)
{
    (void)source;
    (void)usec;
    struct server *server = context;
    log_event(EVENT_DRAIN_CUT, LOG_WARNING, "Draining has taken its time; %u connections are cut short",
              clients_count(server->clients));
    server->stopped = true;
    return 0;
}

static void tell_stopping(const struct server *server)
{
    service_stopping(server->config->drain_usec + STOP_SPARE_USEC, "Stopping: %u connections to finish",
                     clients_count(server->clients));
}

int server_drain(struct server *server, const char *why)
{
    server->draining = true;
    clients_drain(server->clients);
    tell_stopping(server);
    log_event(EVENT_STOPPING, LOG_INFO, "%s: stopping, %u connections to finish", why,
              clients_count(server->clients));
    int r = sd_event_add_time_relative(server->event, NULL, CLOCK_MONOTONIC, server->config->drain_usec, 1000,
                                       on_drain_over, server);
    if (r >= 0) {
        clients_sweep(server->clients, server->grace_usec);
        r = schedule_sweep(server);
    }
    return r < 0 ? r : leave_if_drained(server);
}

/* The socket stays, and whoever came this very moment is served. */
static int leave_idle(void *context)
{
    struct server *server = context;
    if (server->draining)
        return 0;
    server->grace_usec = server->config->drain_usec;
    return server_drain(server, "Nobody has come for as long as idle_exit says");
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    (void)source;
    struct server *server = context;
    const char *name = info->ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT";
    if (!server->told_to_stop) {
        server->told_to_stop = true;
        return server->draining ? 0 : server_drain(server, name);
    }
    log_warning("%s again: %u connections are cut short", name, clients_count(server->clients));
    server->stopped = true;
    return 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
    (void)source;
    struct server *server = context;
    server->asker = reload_asker((pid_t)info->ssi_pid, info->ssi_code, info->ssi_int);
    server->reload_wanted |= !server_is_draining(server);
    if (!server_is_draining(server))
        return 0;
    reload_answer(server->asker, RELOAD_STOPPING, "the server is stopping");
    /* With each command of ExecReload= systemd begins to count anew, by the unit's own limit. */
    tell_stopping(server);
    return 0;
}

/* `watched`: the next sweep is sure to come. Somebody may be counted who isn't there, for a moment. */
static int tell(struct server *server, bool watched)
{
    struct clients_pulse pulse = clients_pulse(server->clients);
    int64_t now = now_usec();
    if (!watched)
        pulse.connections = 0;
    watchdog_look(&server->watchdog, server->pool, server->config->pool_size, watched, now);
    if (server->draining)
        return 0;
    if (status_update(&server->status, &pulse, server->watchdog.stuck, now) &&
        !service_status(server->status.text, !watched))
        status_forget(&server->status);
    return idle_look(&server->idle, pulse.connections > 0);
}

static int on_sweep(sd_event_source *source, uint64_t usec, void *context)
{
    (void)source;
    (void)usec;
    struct server *server = context;
    bool again = clients_sweep(server->clients, server->grace_usec);
    again = log_limit_tell() || again;
    int r = again ? schedule_sweep(server) : 0;
    if (r >= 0)
        r = tell(server, again);
    return r < 0 ? r : leave_if_drained(server);
}

static int on_clients(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source;
    (void)events;
    struct server *server = context;
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return -errno;
    if (clients_draining(server->clients) && !server->draining)
        return server_drain(server, "Served as many clients as --exit-after says");
    const struct clients_pulse pulse = clients_pulse(server->clients);
    status_begin(&server->status, &pulse, now_usec());
    int r = schedule_sweep(server);
    return r < 0 ? r : leave_if_drained(server);
}

static int make_event_loop(struct server *server)
{
    int r = sd_event_new(&server->event);
    if (r >= 0)
        r = sd_event_add_signal(server->event, NULL, SIGTERM, on_signal, server);
    if (r >= 0)
        r = sd_event_add_signal(server->event, NULL, SIGINT, on_signal, server);
    if (r >= 0)
        r = sd_event_add_signal(server->event, NULL, SIGHUP, on_hangup, server);
    if (r >= 0)
        r = sd_event_add_io(server->event, NULL, clients_event_fd(server->clients), EPOLLIN, on_clients,
                            server);
    if (r >= 0)
        r = sd_event_add_time(server->event, &server->sweep, CLOCK_MONOTONIC, 0, SWEEP_ACCURACY_USEC,
                              on_sweep, server);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->sweep, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

/* What becomes an entry of its own, and where it goes. */
static int open_access(struct server *server)
{
    const struct config *config = server->config;
    const struct access_options options = {
        .mode = (enum access_mode)config->access,
        .rate = config->access_rate,
        .client_errors = config->access_client_errors,
        .writers = config->pool_size + 1,
        .journal = log_is_journal() ? JOURNAL_SOCKET : NULL,
        .file = config->access_path,
        .format = (enum access_format)config->access_format,
    };
    return options.mode == ACCESS_OFF ? 0 : access_open(&server->access, &options);
}

static int make_clients(struct server *server, const struct server_options *options)
{
    const struct config *config = server->config;
    const struct clients_options clients_options = {
        .site = &server->site,
        .access = server->access,
        .limits = {.head_usec = config->head_usec,
                   .idle_usec = config->idle_usec,
                   .body_usec = config->body_usec,
                   .request_usec = config->request_usec,
                   .send_usec = config->send_usec,
                   .send_rate = config->send_rate},
        .max_connections = config->max_connections,
        .address_limits = {.connections = config->connections_per_address,
                           .requests_per_second = config->requests_per_second,
                           .burst = config->requests_burst},
        .pool_size = config->pool_size,
        .exit_after = options->exit_after,
        .resumes = options->state,
        .listeners = options->listeners,
    };
    return clients_new(&server->clients, &clients_options);
}

/* That the process may run on; 0: unknown. */
static unsigned cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) < 0 ? 0 : (unsigned)CPU_COUNT(&set);
}

static int start_pool(struct server *server, int epoll_fd)
{
    const struct pool_options options = {
        .size = server->config->pool_size,
        .concurrency = cpus(),
        .name = "hellod",
        .ready = clients_ready,
        .context = server->clients,
        .unmanned = true, /* a set that is taken over may have events at once, and clients don't know their
                             pool yet */
        .epoll_fd = epoll_fd,
    };
    int r = pool_start(&server->pool, &options);
    if (r == 0)
        r = clients_listen(server->clients, server->pool, epoll_fd > 0);
    /* The predecessor's clients wait for one, not for all of them. */
    if (r == 0)
        r = pool_man(server->pool, 1);
    server->resumed_usec = now_usec();
    if (r == 0)
        r = pool_man(server->pool, server->config->pool_size);
    return r;
}

/* What a server puts into a state before its clients do. */
struct record {
    int32_t epoll_fd;
    int32_t reserved;
    struct access_totals access;
};

static int take_up(struct server *server, struct state *state, int *ret_epoll_fd)
{
    struct record record = {0};
    *ret_epoll_fd = 0;
    if (!state)
        return telemetry_begin(&server->telemetry, server->clients, server->site.cache, NULL);
    int r = state_get(state, &record, sizeof record);
    if (r == 0 && record.epoll_fd <= 0)
        r = -EBADMSG;
    if (r == 0 && server->access)
        access_carry_on(server->access, &record.access);
    if (r == 0)
        r = telemetry_begin(&server->telemetry, server->clients, server->site.cache, state);
    if (r == 0)
        r = clients_get(server->clients, state);
    *ret_epoll_fd = record.epoll_fd;
    return r;
}

static int start(struct server *server, const struct server_options *options)
{
    int epoll_fd;
    int r = open_access(server);
    if (r == 0)
        r = make_clients(server, options);
    if (r == 0)
        r = take_up(server, options->state, &epoll_fd);
    if (r == 0)
        r = start_pool(server, epoll_fd);
    if (r == 0)
        r = access_start(server->access);
    if (r == 0)
        r = make_event_loop(server);
    if (r == 0)
        r = telemetry_serve(&server->telemetry, server->event, options->listeners);
    if (r < 0)
        return r;
    status_init(&server->status, server->telemetry.history.started_usec);
    watchdog_init(&server->watchdog, service_watchdog());
    return idle_init(&server->idle, server->event, server->clients, server->config->idle_exit_usec,
                     leave_idle, server);
}

int server_start(struct server **ret, const struct server_options *options)
{
    struct server *server = calloc(1, sizeof *server);
    if (!server) {
        log_error("Can't start serving: %s", strerror(ENOMEM));
        return -ENOMEM;
    }
    server->config = options->config;
    server->grace_usec = DRAIN_GRACE_USEC;
    int r = site_open(&server->site, server->config, options->types_fd);
    if (r < 0) {
        server_end(server);
        return r;
    }
    r = start(server, options);
    if (r < 0) {
        log_error("Can't start serving: %s", strerror(-r));
        server_end(server);
        return r;
    }
    *ret = server;
    return 0;
}

int server_run(struct server *server)
{
    server->reload_wanted = false;
    if (!server->watchdog.watches)
        watchdog_rest(&server->watchdog);
    while (!server->stopped && !server->reload_wanted) {
        int r = sd_event_run(server->event, UINT64_MAX);
        if (r < 0) {
            log_error("The main loop failed: %s", strerror(-r));
            return r;
        }
    }
    if (server->stopped)
        return SERVER_STOPPED;
    watchdog_ping(&server->watchdog, now_usec());
    return SERVER_RELOAD;
}

pid_t server_asker(const struct server *server)
{
    return server->asker;
}

unsigned server_connections(const struct server *server)
{
    return clients_count(server->clients);
}

int server_pause(struct server *server)
{
    int r = pool_pause(server->pool, PAUSE_PATIENCE_USEC);
    if (r < 0)
        return r;
    server->paused_usec = now_usec();
    r = access_flush(server->access, FLUSH_PATIENCE_USEC);
    if (r < 0)
        pool_resume(server->pool);
    return r < 0 ? -EIO : 0;
}

void server_reopen_logs(struct server *server)
{
    access_reopen(server->access);
}

void server_put(const struct server *server, struct state *state)
{
    const struct record record = {
        .epoll_fd = pool_epoll_fd(server->pool),
        .access = access_totals(server->access),
    };
    state_put(state, &record, sizeof record);
    state_keep_fd(state, record.epoll_fd);
    telemetry_put(&server->telemetry, state);
    clients_put(server->clients, state);
}

void server_resume(struct server *server)
{
    pool_resume(server->pool);
}

int64_t server_paused_usec(const struct server *server)
{
    return server->paused_usec;
}

int64_t server_note_pause(struct server *server, int64_t since_usec)
{
    server->telemetry.history.pause_usec = server->resumed_usec - since_usec;
    return server->telemetry.history.pause_usec;
}

void server_end(struct server *server)
{
    if (!server)
        return;
    if (server->pool)
        clients_drain(server->clients);
    (void)pool_end(server->pool);
    unsigned cut = server->clients ? clients_cut(server->clients) : 0;
    access_end(server->access);
    log_limit_tell_all();
    if (server->clients) {
        struct clients_totals totals = clients_totals(server->clients);
        log_event(EVENT_STOPPED, LOG_INFO,
                  "Stopped: %llu connections, %llu requests served, %u connections cut short",
                  (unsigned long long)totals.connections, (unsigned long long)totals.requests, cut);
    }
    telemetry_end(&server->telemetry);
    idle_end(&server->idle);
    sd_event_source_unref(server->sweep);
    sd_event_unref(server->event);
    clients_free(server->clients);
    site_close(&server->site);
    free(server);
}
