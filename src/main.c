/* hellod: from the command line to the last connection. */
#include "cleanup.h"
#include "config.h"
#include "listener.h"
#include "log.h"
#include "options.h"
#include "reload.h"
#include "reload_ask.h"
#include "server.h"
#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static int act(const struct options *options, const struct config *config)
{
    if (options->action == OPTIONS_CAN_RESUME)
        return options->number == STATE_VERSION ? EXIT_SUCCESS : EX_UNAVAILABLE;
    if (options->action == OPTIONS_DUMP_CONFIG)
        config_dump(config, stdout);
    else
        printf("%s: OK\n", options->config);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EX_IOERR;
}

static void announce(const struct config *config, const struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++) {
        const struct listener *listener = &listeners->list[i];
        log_info("Listening on %s%s%s", listener->address, listener->name[0] ? ", passed as " : "",
                 listener->name);
    }
    log_info("Serving %s with %u workers", config->document_root, config->pool_size);
    service_ready("Serving %s on %s", config->document_root, listeners->list[0].address);
}

/* Until the server is stopped; a reload that succeeds doesn't come back. */
static int run(struct server *server, const struct reload *reload, const struct listeners *listeners)
{
    int r;
    while ((r = server_run(server)) == SERVER_RELOAD)
        if (reload_run(reload, server, listeners, server_asker(server)) == RELOAD_NO_WAY_ON)
            (void)server_drain(server, "Making way for the installed version");
    return r;
}

static int serve(const struct options *options, const struct config *config, const struct reload *reload)
{
    struct arrival arrival = {0};
    struct listeners listeners;
    struct server *server;

    log_set_level(config->level);
    server_block_signals();
    int r = options->resume_fd >= 0 ? reload_arrive(&arrival, options->resume_fd, &listeners)
                                    : listeners_open(&listeners, config->address, config->port);
    if (r < 0)
        return EXIT_FAILURE;
    r = server_start(&server, &(struct server_options){
                                  .config = config,
                                  .listeners = &listeners,
                                  .exit_after = options->exit_after,
                                  .state = arrival.state.file ? &arrival.state : NULL,
                              });
    if (r == 0) {
        reload_tell_pause(&arrival, server);
        announce(config, &listeners);
        reload_complete(&arrival);
        r = run(server, reload, &listeners);
        server_end(server);
    }
    listeners_close(&listeners);
    return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Each mistake is a log entry of its own. */
static int load(const char *path, struct config *ret)
{
    CLEANUP(free_memory) char *mistakes = NULL;
    size_t length;
    FILE *stream = open_memstream(&mistakes, &length);
    if (!stream)
        return -errno;
    int r = config_load(path, stream, ret);
    if (fclose(stream) != 0)
        return -ENOMEM;
    char *rest = mistakes;
    for (char *line; (line = strsep(&rest, "\n"));)
        if (*line)
            log_error("%s", line);
    return r;
}

int main(int argc, char **argv)
{
    struct options options;
    struct config config;
    struct reload reload;

    log_open();
    if (options_parse(argc, argv, &options) < 0)
        return EX_USAGE;
    if (options.action == OPTIONS_EXIT)
        return EXIT_SUCCESS;
    if (options.action == OPTIONS_RELOAD)
        return reload_ask((pid_t)options.number) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    if (reload_init(&reload, options.config) < 0)
        return EX_OSERR;
    int status = EX_CONFIG;
    if (load(options.config, &config) == 0) {
        status = options.action == OPTIONS_SERVE ? serve(&options, &config, &reload) : act(&options, &config);
        config_free(&config);
    }
    reload_free(&reload);
    return status;
}
