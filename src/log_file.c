/* One open(2), with what its flags are for; see log_file.h. */
#include "log_file.h"

#include <errno.h>
#include <fcntl.h>

int log_file_open(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0640);
    return fd < 0 ? -errno : fd;
}

bool log_file_may_recover(int error)
{
    switch (error) {
    case -ENOSPC:
    case -EDQUOT:
    case -EIO:
    case -EMFILE:
    case -ENFILE:
    case -ENOMEM:
    case -ENXIO: /* a pipe that nobody reads now */
        return true;
    default:
        return false;
    }
}
