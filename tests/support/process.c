/*
 * Between fork and exec: the fds go to 3 and up, as sd_listen_fds(3) wants them, LISTEN_PID is the child's
 * own, and nothing else is inherited.
 */
#include "process.h"

#include "harness.h"
#include "patience.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_FD = 3, PARKED_FD = 64, EXIT_NOT_STARTED = 127, UNDER_MAX = 20 };

static void set_number(const char *name, unsigned long number)
{
    char text[32];
    snprintf(text, sizeof text, "%lu", number);
    setenv(name, text, 1);
}

/* Through numbers that are out of the way, since an fd of ours may itself be 3. */
static void place_fds(const struct process_plan *plan)
{
    int parked[PROCESS_FDS_MAX];
    for (unsigned i = 0; i < plan->fd_count; i++)
        parked[i] = fcntl(plan->fds[i], F_DUPFD_CLOEXEC, PARKED_FD);
    for (unsigned i = 0; i < plan->fd_count; i++)
        if (dup2(parked[i], FIRST_FD + (int)i) < 0)
            _exit(EXIT_NOT_STARTED);
    close_range(FIRST_FD + plan->fd_count, ~0U, CLOSE_RANGE_CLOEXEC);
}

static void place_output(const char *path, int fd)
{
    int file = open(path ? path : "/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(EXIT_NOT_STARTED);
}

static void set_environment(const struct process_plan *plan)
{
    const char *const names[] = {"LISTEN_PID",     "LISTEN_FDS",   "LISTEN_FDNAMES", "NOTIFY_SOCKET",
                                 "JOURNAL_STREAM", "WATCHDOG_PID", "WATCHDOG_USEC"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    if (plan->fd_count > 0) {
        set_number("LISTEN_PID", (unsigned long)getpid());
        set_number("LISTEN_FDS", plan->fd_count);
        if (plan->fd_names)
            setenv("LISTEN_FDNAMES", plan->fd_names, 1);
    }
    if (plan->notify_socket)
        setenv("NOTIFY_SOCKET", plan->notify_socket, 1);
    if (plan->watchdog_usec > 0) {
        set_number("WATCHDOG_PID", (unsigned long)getpid());
        set_number("WATCHDOG_USEC", plan->watchdog_usec);
    }
    struct stat st;
    if (plan->journal && fstat(STDERR_FILENO, &st) == 0) {
        char stream[64];
        snprintf(stream, sizeof stream, "%lu:%lu", (unsigned long)st.st_dev, (unsigned long)st.st_ino);
        setenv("JOURNAL_STREAM", stream, 1);
    }
}

/* Out of the bounding and the inheritable set, root's exec does not get them back: capabilities(7). */
static int give_up_override(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, sets) < 0)
        return -errno;
    sets[0].inheritable &= ~(1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH);
    if (syscall(SYS_capset, &header, sets) < 0 || prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) < 0 ||
        prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0) < 0)
        return -errno;
    return 0;
}

/* The tool that the program is to be run by, word by word; their number. What is no path is the system's. */
static unsigned put_tool(const struct process_plan *plan, char *argv[UNDER_MAX])
{
    bool wanted = strchr(plan->program, '/') && !plan->without_tool;
    const char *under = wanted ? getenv("TEST_UNDER") : NULL;
    char *rest = under ? strdup(under) : NULL;
    unsigned n = 0;
    while (rest && n < UNDER_MAX)
        argv[n++] = strsep(&rest, " ");
    return n;
}

_Noreturn static void become(const struct process_plan *plan, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_NOT_STARTED);
    char *argv[UNDER_MAX + PROCESS_ARGUMENTS_MAX + 2] = {0};
    unsigned n = put_tool(plan, argv);
    bool bare = n == 0;
    argv[n++] = strdup(plan->program);
    for (unsigned i = 0; plan->arguments[i]; i++)
        argv[n++] = strdup(plan->arguments[i]);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0)
        _exit(EXIT_NOT_STARTED);
    /* Found before the capability goes: the build folder need not be root's. */
    int program = plan->mode_bits_bind && bare ? open(plan->program, O_PATH | O_CLOEXEC) : -1;
    place_output(plan->output, STDOUT_FILENO);
    place_output(plan->errors, STDERR_FILENO);
    set_environment(plan);
    if (program >= 0)
        program = fcntl(program, F_DUPFD_CLOEXEC, PARKED_FD);
    place_fds(plan);
    const struct rlimit fds = {plan->fd_limit, plan->fd_limit};
    if (plan->fd_limit > 0 && setrlimit(RLIMIT_NOFILE, &fds) < 0)
        _exit(EXIT_NOT_STARTED);
    if (plan->mode_bits_bind && geteuid() == 0 && give_up_override() < 0)
        _exit(EXIT_NOT_STARTED);
    if (program >= 0)
        fexecve(program, argv, environ);
    else
        execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", plan->program, strerror(errno));
    _exit(EXIT_NOT_STARTED);
}

static void make_empty(const char *path)
{
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;
    assert_true(!path || fd >= 0);
    if (fd >= 0)
        close(fd);
}

pid_t process_start(const struct process_plan *plan)
{
    pid_t parent = getpid();
    fflush(NULL);
    /* They exist from now on, for whoever waits for what is written there. */
    make_empty(plan->output);
    make_empty(plan->errors);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        become(plan, parent);
    return pid;
}

int process_fd(pid_t pid)
{
    int fd = pidfd_open(pid, 0);
    assert_true(fd >= 0);
    return fd;
}

int process_wait(pid_t pid, int64_t deadline)
{
    int fd = process_fd(pid);
    bool ended = patience_poll(fd, POLLIN, deadline);
    close(fd);
    int status;
    if (!ended || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool process_can_bind_mode_bits(void)
{
    if (geteuid() != 0)
        return true;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(give_up_override() == 0 ? 0 : 1);
    return process_wait(pid, patience_deadline()) == 0;
}

static size_t kilobytes_of(const char *status, const char *what)
{
    const char *line = strstr(status, what);
    assert_non_null(line);
    return strtoul(line + strlen(what), NULL, 10);
}

size_t process_memory(pid_t pid)
{
    char *path = harness_text("/proc/%ld/status", (long)pid), *status = harness_read_file(path, NULL);
    assert_non_null(status);
    size_t kilobytes = kilobytes_of(status, "\nRssAnon:") + kilobytes_of(status, "\nRssShmem:");
    free(status), free(path);
    return kilobytes << 10;
}
