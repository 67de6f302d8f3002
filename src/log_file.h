#ifndef HELLOD_LOG_FILE_H
#define HELLOD_LOG_FILE_H

#include <stdbool.h>

/* Files that lines are added to. Any thread. */

/*
 * Opens a file to write at its end. Where there is none it is made, readable for its owner and group as far
 * as umask(2) lets it. It never waits, neither now nor in write(2), for who reads a pipe. The fd, which is
 * the caller's to close, or a negative errno.
 */
int log_file_open(const char *path);

/* Whether a later try may go well with nothing changed but how the machine is doing: a full disk, say. */
bool log_file_may_recover(int error);

#endif
