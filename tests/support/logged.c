/* Standard error as a pipe that is read without waiting; see logged.h. */
#include "logged.h"

#include "harness.h"
#include "log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int stderr_before = -1, reader = -1;

void logged_start(void)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
    reader = fds[0];
    stderr_before = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    unsetenv("JOURNAL_STREAM");
    log_open();
}

const char *logged(void)
{
    static char text[65536];
    ssize_t n = read(reader, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

void logged_end(void)
{
    if (reader < 0)
        return;
    dup2(stderr_before, STDERR_FILENO);
    close(stderr_before);
    close(reader);
    stderr_before = reader = -1;
    log_open();
}
