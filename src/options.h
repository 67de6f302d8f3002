#ifndef HELLOD_OPTIONS_H
#define HELLOD_OPTIONS_H

/* The command line. */

enum options_action {
    OPTIONS_SERVE,
    OPTIONS_CHECK,           /* --check: read the configuration, say "OK" or what is wrong */
    OPTIONS_CHECK_SITE,      /* --check-site: list what clients can't get */
    OPTIONS_APPLY,           /* --apply: bring the configuration into force */
    OPTIONS_APPLY_MISSED,    /* --apply-missed: what was saved as nobody watched */
    OPTIONS_APPLY_SOCKET,    /* --apply-socket: the part of it that is the socket's, within a reload */
    OPTIONS_SOCKET_STARTING, /* --socket-starting, --socket-started, --socket-stopped: what hello.socket runs
                              */
    OPTIONS_SOCKET_STARTED,
    OPTIONS_SOCKET_STOPPED,
    OPTIONS_DUMP_CONFIG, /* --dump-config: print the configuration in force */
    OPTIONS_CAN_RESUME, /* --can-resume=VERSION: check, and say whether a state of that version can be read */
    OPTIONS_RELOAD,     /* --reload=PID: ask that server to reload, and wait for how it went */
    OPTIONS_TOP,        /* --top[=SOCKET]: show live what that server does */
    OPTIONS_EXIT,       /* --help or --version was answered: exit 0 */
};

struct options {
    enum options_action action;
    const char *config;       /* --config FILE, /etc/hello.ini by default; points into argv */
    unsigned long exit_after; /* --exit-after=N: serve N connections, then drain and exit 0; 0: never */
    const char
        *log_level;      /* --log-level=LEVEL: instead of the configuration's; NULL: that; points into argv */
    const char *metrics; /* --metrics=PATH: a unix socket for the metrics; NULL: none; points into argv */
    const char *top;     /* of --top; /run/hellod/metrics.sock by default; points into argv */
    unsigned long number; /* of --can-resume and --reload */
    int resume_fd;        /* --resume=FD: go on with what a predecessor left there; -1: none */
};

/* 0 with *ret filled, or -EINVAL after one line on standard error that names the mistake and --help. */
int options_parse(int argc, char **argv, struct options *ret);

#endif
