/* One child at a time, waited for. */
#include "systemctl.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* Standard output goes to `out`, standard error to nowhere where it is `quiet`. */
static int spawn(const char *const *arguments, int out, bool quiet, pid_t *ret)
{
    char *argv[SYSTEMCTL_ARGUMENTS_MAX + 2] = {};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    for (size_t i = 0; i < SYSTEMCTL_ARGUMENTS_MAX && arguments[i]; i++)
        argv[i + 1] = strdupa(arguments[i]);
    argv[0] = strdupa("systemctl");
    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -ENOMEM;
    }
    int r = posix_spawnattr_setsigmask(&attributes, &none);
    if (r == 0)
        r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (r == 0 && quiet)
        r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (r == 0)
        r = posix_spawnp(ret, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int systemctl_run(const char *const *arguments)
{
    pid_t pid;
    int r = spawn(arguments, STDERR_FILENO, false, &pid);
    return r < 0 ? r : wait_for(pid);
}

/* All that comes out of the pipe, until its other end is closed. */
static int read_all(FILE *stream, char **ret)
{
    char *text = NULL;
    size_t size = 0;
    if (getdelim(&text, &size, '\0', stream) < 0) {
        free(text);
        return -EIO;
    }
    *ret = text;
    return 0;
}

int systemctl_show(const char *unit, const char *properties, char **ret)
{
    int ends[2];
    pid_t pid = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    CLEANUP(close_file) FILE *stream = fdopen(ends[0], "re");
    int r = stream ? 0 : -errno;
    if (r == 0)
        r = spawn((const char *const[]){"show", "--property", properties, "--", unit, NULL}, ends[1], true,
                  &pid);
    if (!stream)
        close(ends[0]);
    close(ends[1]);
    if (r < 0)
        return r;
    char *text = NULL;
    r = read_all(stream, &text);
    if (wait_for(pid) != 0)
        r = -EIO;
    if (r == 0)
        *ret = text;
    else
        free(text);
    return r;
}

bool systemctl_value(const char *shown, const char *property, unsigned index, char *buffer, size_t size)
{
    size_t length = strlen(property);
    for (const char *line = shown; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, property, length) != 0 || line[length] != '=' || index-- > 0)
            continue;
        snprintf(buffer, size, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
        return true;
    }
    return false;
}

bool systemctl_is(const char *shown, const char *property, const char *value)
{
    char text[256];
    return systemctl_value(shown, property, 0, text, sizeof text) && strcmp(text, value) == 0;
}
