/* The command line: long options only, the last of a kind wins, nothing but options. */
#include "options.h"

#include "config.h"
#include "config_word.h"
#include "http/str.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

/* Beyond any character, so that getopt's own answers stay apart. */
enum option_name {
    OPTION_CONFIG = UCHAR_MAX + 1,
    OPTION_EXIT_AFTER,
    OPTION_LOG_LEVEL,
    OPTION_METRICS,
    OPTION_RELOAD,
    OPTION_TOP,
    OPTION_CAN_RESUME,
    OPTION_RESUME,
    OPTION_VERSION,
    OPTION_HELP,
    OPTION_ACTION = 0x1000, /* plus an enum options_action: that is all the option says */
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"check", no_argument, NULL, OPTION_ACTION + OPTIONS_CHECK},
    {"check-site", no_argument, NULL, OPTION_ACTION + OPTIONS_CHECK_SITE},
    {"apply", no_argument, NULL, OPTION_ACTION + OPTIONS_APPLY},
    {"apply-missed", no_argument, NULL, OPTION_ACTION + OPTIONS_APPLY_MISSED},
    {"apply-socket", no_argument, NULL, OPTION_ACTION + OPTIONS_APPLY_SOCKET},
    {"socket-starting", no_argument, NULL, OPTION_ACTION + OPTIONS_SOCKET_STARTING},
    {"socket-started", no_argument, NULL, OPTION_ACTION + OPTIONS_SOCKET_STARTED},
    {"socket-stopped", no_argument, NULL, OPTION_ACTION + OPTIONS_SOCKET_STOPPED},
    {"dump-config", no_argument, NULL, OPTION_ACTION + OPTIONS_DUMP_CONFIG},
    {"exit-after", required_argument, NULL, OPTION_EXIT_AFTER},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"metrics", required_argument, NULL, OPTION_METRICS},
    {"top", optional_argument, NULL, OPTION_TOP},
    {"reload", required_argument, NULL, OPTION_RELOAD},
    {"can-resume", required_argument, NULL, OPTION_CAN_RESUME},
    {"resume", required_argument, NULL, OPTION_RESUME},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static void print_help(void)
{
    puts(
        "Usage: hellod [OPTION...]\n"
        "Serves the files of a folder over HTTP, on the sockets that systemd hands over or on one of its "
        "own.\n"
        "\n"
        "  --config=FILE   read FILE instead of /etc/hello.ini\n"
        "  --check         say whether the configuration is right, or all that is wrong with it, whether the "
        "service\n"
        "                  can get at the document root, and whether the socket listens where it should\n"
        "  --check-site    list what clients can't get of the document root, and why\n"
        "  --apply         bring a changed configuration into force, the address and port too (as root)\n"
        "  --dump-config   print the configuration in force, and exit\n"
        "  --exit-after=N  serve N connections, finish them and exit\n"
        "  --log-level=L   log error, warning, notice, info or debug, whatever the configuration says\n"
        "  --metrics=PATH  tell Prometheus how it goes, on a unix socket at PATH; systemd passes one by "
        "name\n"
        "  --top[=SOCKET]  show live what a server does, by the socket of its metrics: "
        "/run/hellod/metrics.sock\n"
        "                  or another, and end with q\n"
        "  --reload=PID    ask the hellod with that process id to reload, and wait for how it went\n"
        "  --version       print the version, and exit\n"
        "  --help          print this, and exit\n"
        "\n"
        "What the units run: --apply-socket within a reload of hello.service, --apply-missed after --apply,\n"
        "--socket-started and --socket-stopped when hello.socket has begun to listen and has ended.\n"
        "\n"
        "What the configuration may say, with what holds where it says nothing:\n");
    config_help(stdout);
}

__attribute__((format(printf, 1, 2))) static int refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("hellod: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("; try hellod --help\n", stderr);
    va_end(arguments);
    return -EINVAL;
}

/* getopt_long(3) says '?' of what it doesn't know; optopt is the option where it knew that but not the value
 * given with it. */
static int refuse_unknown(char **argv)
{
    if (optopt > UCHAR_MAX)
        return refuse("%s: this option takes no value", argv[optind - 1]);
    if (optopt)
        return refuse("-%c: unknown option", optopt);
    return refuse("%s: unknown option", argv[optind - 1]);
}

/* The option's value, from 1 up to `most`: 0, or -EINVAL. */
static int take_number(const char *option, const char *mistake, unsigned long most, unsigned long *ret)
{
    uint64_t number;
    if (str_to_uint64(str_of(optarg), &number) < 0 || number == 0 || number > most)
        return refuse("%s=%s: %s", option, optarg, mistake);
    *ret = (unsigned long)number;
    return 0;
}

/* 1 where the option was answered and there is nothing more to do, 0, or -EINVAL. */
static int take_option(int name, char **argv, struct options *options)
{
    unsigned long fd = 0;
    int r, level;
    if (name >= OPTION_ACTION) {
        options->action = (enum options_action)(name - OPTION_ACTION);
        return 0;
    }
    switch (name) {
    case OPTION_CONFIG:
        if (!*optarg)
            return refuse("--config: needs the name of a file");
        options->config = optarg;
        return 0;
    case OPTION_EXIT_AFTER:
        return take_number("--exit-after", "not a number of connections, 1 or more", ULONG_MAX,
                           &options->exit_after);
    case OPTION_LOG_LEVEL:
        if (config_word_read(config_levels, optarg, &level) < 0)
            return refuse("--log-level=%s: not error, warning, notice, info or debug", optarg);
        options->log_level = optarg;
        return 0;
    case OPTION_METRICS:
        if (*optarg != '/')
            return refuse("--metrics=%s: needs the path of a unix socket, from / on", optarg);
        options->metrics = optarg;
        return 0;
    case OPTION_TOP:
        options->action = OPTIONS_TOP;
        options->top = optarg ? optarg : options->top;
        return 0;
    case OPTION_RELOAD:
        options->action = OPTIONS_RELOAD;
        /* systemd puts nothing here for a main process that has ended. */
        return *optarg ? take_number("--reload", "not a process id", INT_MAX, &options->number) : 0;
    case OPTION_CAN_RESUME:
        options->action = OPTIONS_CAN_RESUME;
        return take_number("--can-resume", "not a version", INT_MAX, &options->number);
    case OPTION_RESUME:
        r = take_number("--resume", "not a file descriptor", INT_MAX, &fd);
        options->resume_fd = (int)fd;
        return r;
    case OPTION_VERSION:
        puts("hellod " HELLOD_VERSION);
        options->action = OPTIONS_EXIT;
        return 1;
    case OPTION_HELP:
        print_help();
        options->action = OPTIONS_EXIT;
        return 1;
    case ':':
        return refuse("%s: needs a value", argv[optind - 1]);
    default:
        return refuse_unknown(argv);
    }
}

int options_parse(int argc, char **argv, struct options *ret)
{
    struct options options = {.action = OPTIONS_SERVE,
                              .config = "/etc/hello.ini",
                              .top = "/run/hellod/metrics.sock",
                              .resume_fd = -1};
    int name;
    int r = 0;
    opterr = 0;
    optind = 0; /* glibc: from the start, also when called again */
    while (r == 0 && (name = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
        r = take_option(name, argv, &options);
    if (r == 0 && optind < argc)
        r = refuse("%s: unexpected; hellod takes options only", argv[optind]);
    if (r < 0)
        return r;
    *ret = options;
    return 0;
}
