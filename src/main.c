/* hellod: from the command line to the last connection. */
#include "apply.h"
#include "check.h"
#include "check_site.h"
#include "cleanup.h"
#include "config.h"
#include "config_word.h"
#include "event.h"
#include "libsystemd.h"
#include "listener.h"
#include "listening.h"
#include "log.h"
#include "mismatch.h"
#include "missed.h"
#include "options.h"
#include "reload.h"
#include "reload_ask.h"
#include "server.h"
#include "service.h"
#include "socket_hooks.h"
#include "socket_state.h"
#include "top.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum { STATUS_MAX = 256 };

/* 75 tells systemd that a stop was faster, for which the units have SuccessExitStatus=. */
static int ask_to_reload(pid_t server)
{
    int r = reload_ask(server);
    return r == 0 ? EXIT_SUCCESS : r == -ESRCH ? EX_TEMPFAIL : EXIT_FAILURE;
}

/* What is done to the units and to a running server, or asked of it, and reads the configuration by itself if
 * at all. -1: the action is none of these. */
static int act_on_units(const struct options *options)
{
    switch (options->action) {
    case OPTIONS_RELOAD:
        return ask_to_reload((pid_t)options->number);
    case OPTIONS_TOP:
        return top(options->top);
    case OPTIONS_APPLY:
        return apply_all(options->config);
    case OPTIONS_APPLY_MISSED:
        return missed_look(options->config);
    case OPTIONS_APPLY_SOCKET:
        return apply_socket(options->config);
    case OPTIONS_SOCKET_STARTING:
        return socket_hooks_starting(options->config) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    case OPTIONS_SOCKET_STARTED:
        return socket_hooks_started(options->config) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    case OPTIONS_SOCKET_STOPPED:
        return socket_hooks_stopped(options->config) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    default:
        return -1;
    }
}

static int check_all(const struct options *options, const struct config *config)
{
    printf("%s: OK\n", options->config);
    return check(options->config, config);
}

static int list_findings(const struct options *options, const struct config *config)
{
    struct service_view view;
    check_view(options->config, &view);
    return check_site(config, &view, stdout, isatty(STDERR_FILENO) ? stderr : NULL);
}

/* What the predecessor makes of the answer: reload.c. */
static int can_resume(long version)
{
    if (version != STATE_VERSION)
        return EX_UNAVAILABLE;
    return libsystemd_load() < 0 ? EX_OSFILE : EXIT_SUCCESS;
}

static int act(const struct options *options, const struct config *config)
{
    int status = EXIT_SUCCESS;
    if (options->action == OPTIONS_CAN_RESUME)
        status = can_resume(options->number);
    else if (options->action == OPTIONS_DUMP_CONFIG)
        config_dump(config, stdout);
    else if (options->action == OPTIONS_CHECK_SITE)
        status = list_findings(options, config);
    else
        status = check_all(options, config);
    return fflush(stdout) == 0 ? status : EX_IOERR;
}

static void announce(const struct options *options, const struct config *config,
                     const struct listeners *listeners)
{
    char mismatch[STATUS_MAX];
    struct addresses wanted;
    for (size_t i = 0; i < listeners->count; i++) {
        const struct listener *listener = &listeners->list[i];
        log_info("Listening on %s%s%s", listener->address, listener->name[0] ? ", passed as " : "",
                 listener->name);
    }
    for (size_t i = 0; i < listeners->metrics_count; i++)
        log_info("Telling metrics on %s", listeners->metrics[i].address);
    log_info("Serving %s with %u workers", config->document_root, config->pool_size);
    listening_of(config, options->config, &wanted);
    if (options->resume_fd < 0)
        log_event(EVENT_STARTED, LOG_INFO, "Started hellod " HELLOD_VERSION ": %s on %s, %u workers",
                  config->document_root, listeners->list[0].address, config->pool_size);
    mismatch_tell(listeners, &wanted, options->config, mismatch, sizeof mismatch);
    service_ready("Serving %s on %s%s", config->document_root, listeners->list[0].address, mismatch);
    log_event(EVENT_READY, LOG_INFO, "Ready");
}

/* Until the server is stopped; a reload that succeeds doesn't come back. */
static int run(struct server *server, const struct reload *reload, const struct config *config,
               const struct listeners *listeners)
{
    int r;
    while ((r = server_run(server)) == SERVER_RELOAD)
        if (reload_run(reload, server, config, listeners, server_asker(server)) == RELOAD_NO_WAY_ON)
            (void)server_drain(server, "Making way for the installed version");
    return r;
}

static int open_listeners(const struct options *options, const struct config *config, struct arrival *arrival,
                          struct listeners *ret)
{
    struct addresses addresses;
    if (options->resume_fd >= 0)
        return reload_arrive(arrival, options->resume_fd, ret);
    listening_of(config, options->config, &addresses);
    return listeners_open(ret, &addresses, options->metrics);
}

static int serve(const struct options *options, const struct config *config, const struct reload *reload)
{
    struct arrival arrival = {.types_fd = -1};
    struct listeners listeners;
    struct server *server;

    int level = config->level;
    if (options->log_level)
        (void)config_word_read(config_levels, options->log_level, &level);
    log_set_level(level);
    server_block_signals();
    int r = open_listeners(options, config, &arrival, &listeners);
    if (r < 0)
        return r == -ENOTCONN ? SOCKET_STATE_NO_SOCKETS : EXIT_FAILURE;
    r = server_start(&server, &(struct server_options){
                                  .config = config,
                                  .listeners = &listeners,
                                  .exit_after = options->exit_after,
                                  .state = arrival.state.data ? &arrival.state : NULL,
                                  .types_fd = arrival.types_fd,
                              });
    if (r == 0) {
        reload_tell(&arrival, server, config);
        announce(options, config, &listeners);
        reload_complete(&arrival);
        (void)malloc_trim(0); /* what only the start needed */
        r = run(server, reload, config, &listeners);
        server_end(server);
    }
    reload_leave(&arrival);
    listeners_close(&listeners);
    return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* What the mistakes come to: but for the document root, which can't be opened, the file may be right. */
static void sum_up_mistakes(const char *path, const char *mistakes)
{
    CLEANUP(close_file) FILE *nowhere = fopen("/dev/null", "we");
    struct config config;
    bool reached = true;
    if (nowhere && config_read(path, nowhere, &config) == 0) {
        reached = access(config.document_root, X_OK) == 0;
        config_free(&config);
    }
    if (reached)
        log_lines(LOG_ERR, mistakes, EVENT_CONFIG_REFUSED, "The configuration has mistakes and is not used");
    else
        log_lines(LOG_ERR, mistakes, EVENT_ROOT,
                  "The document root can't be opened, and the configuration is not used");
}

/* Each mistake is a log entry of its own. */
static int load(const char *path, bool to_serve, struct config *ret)
{
    CLEANUP(free_memory) char *mistakes = NULL;
    size_t length;
    FILE *stream = open_memstream(&mistakes, &length);
    int r = -ENOMEM;
    if (stream)
        r = to_serve ? config_load_to_serve(path, stream, ret) : config_load(path, stream, ret);
    if (!stream || fclose(stream) != 0) {
        log_error("Can't read %s: %s", path, strerror(ENOMEM));
        if (r == 0)
            config_free(ret);
        return -ENOMEM;
    }
    if (r < 0)
        sum_up_mistakes(path, mistakes);
    return r;
}

int main(int argc, char **argv)
{
    struct options options;
    struct config config = {0};
    struct reload reload;

    /* Threads allocate seldom: a heap of its own for each would only cost memory. */
    (void)mallopt(M_ARENA_MAX, 1);
    log_open();
    if (options_parse(argc, argv, &options) < 0)
        return EX_USAGE;
    if (options.action == OPTIONS_EXIT)
        return EXIT_SUCCESS;
    int status = act_on_units(&options);
    if (status >= 0)
        return status;
    if (options.resume_fd >= 0)
        reload_prepare();
    int r = reload_init(&reload, options.config, options.log_level);
    if (r < 0) {
        log_error("Can't tell where this program lies: %s", strerror(-r));
        return EX_OSERR;
    }
    status = EX_CONFIG;
    bool to_serve = options.action == OPTIONS_SERVE || options.action == OPTIONS_CAN_RESUME;
    if (load(options.config, to_serve, &config) == 0) {
        status = options.action == OPTIONS_SERVE ? serve(&options, &config, &reload) : act(&options, &config);
        config_free(&config);
    }
    reload_free(&reload);
    return status;
}
