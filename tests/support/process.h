#ifndef HELLOD_TESTS_PROCESS_H
#define HELLOD_TESTS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A program started the way systemd starts a service. It never outlives the test program (PR_SET_PDEATHSIG).
 * With TEST_UNDER="TOOL OPTION ..." in the environment, a program of ours is run by that tool.
 */

enum { PROCESS_ARGUMENTS_MAX = 16, PROCESS_FDS_MAX = 16 };

struct process_plan {
    const char *program;                              /* a path, or a name to be looked for in $PATH */
    const char *arguments[PROCESS_ARGUMENTS_MAX + 1]; /* without argv[0]; ends with NULL */
    int fds[PROCESS_FDS_MAX];                         /* handed over as fd 3, 4, ... */
    unsigned fd_count;                                /* 0: no LISTEN_* at all */
    const char *fd_names;                             /* LISTEN_FDNAMES, "a:b"; NULL: none */
    const char *notify_socket;                        /* NOTIFY_SOCKET; NULL: none */
    uint64_t watchdog_usec;                           /* WATCHDOG_USEC; 0: none */
    const char *output;                               /* a file that takes standard output; NULL: /dev/null */
    const char *errors;                               /* a file that takes standard error */
    bool journal;                                     /* JOURNAL_STREAM names standard error */
    bool mode_bits_bind;                              /* file modes count for root, too */
    bool without_tool;                                /* not under $TEST_UNDER either */
    unsigned long fd_limit;                           /* RLIMIT_NOFILE, soft and hard; 0: ours */
};

/* The process, running; fails the test where it can't be started. The files are emptied first. */
pid_t process_start(const struct process_plan *plan);

/* Waits for its end: the exit status, 128 + N for signal N, or -1 when the deadline came first. */
int process_wait(pid_t pid, int64_t deadline);

/* A pidfd of a child: readable when it has ended. To be closed. */
int process_fd(pid_t pid);

/* Bytes that are the process's own or lie in memory files, present in memory. */
size_t process_memory(pid_t pid);

/* Whether `mode_bits_bind` can be had: either we aren't root, or the capability can be given up. */
bool process_can_bind_mode_bits(void);

#endif
