/* hellod: from the command line to the last connection. */
#include "cleanup.h"
#include "config.h"
#include "listener.h"
#include "log.h"
#include "options.h"
#include "server.h"
#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static int act(const struct options *options, const struct config *config)
{
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

static int serve(const struct options *options, const struct config *config)
{
    struct listeners listeners;
    struct server *server;

    log_set_level(config->level);
    server_block_signals();
    if (listeners_open(&listeners, config->address, config->port) < 0)
        return EXIT_FAILURE;
    int r = server_start(&server, config, &listeners, options->exit_after);
    if (r == 0) {
        announce(config, &listeners);
        r = server_run(server);
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

    log_open();
    if (options_parse(argc, argv, &options) < 0)
        return EX_USAGE;
    if (options.action == OPTIONS_EXIT)
        return EXIT_SUCCESS;
    if (load(options.config, &config) < 0)
        return EX_CONFIG;
    int status = options.action == OPTIONS_SERVE ? serve(&options, &config) : act(&options, &config);
    config_free(&config);
    return status;
}
