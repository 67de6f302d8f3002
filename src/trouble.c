/* Which errno is whose fault, and the words for it; see trouble.h. */
#include "trouble.h"

#include "log_limit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SHOWN = 256 };

void trouble_answer(unsigned status, struct str target, int error)
{
    char shown[NAME_SHOWN] = "";
    enum log_cause cause = error == -ENODATA ? LOG_CAUSE_FILE_SHORT
                           : status == 503   ? LOG_CAUSE_SHORTAGE
                                             : LOG_CAUSE_FAILURE;
    if (log_limit_wants_text(cause))
        str_escape(target, shown, sizeof shown);
    if (error == -ENODATA)
        log_limit(cause, "Answered %u to a request for %s: the file was shortened meanwhile", status, shown);
    else
        log_limit(cause, "Answered %u to a request for %s: %s", status, shown, strerror(-error));
}

/* The path of an open file, to be shown. */
static void name_file(int fd, char name[static NAME_SHOWN])
{
    char link[64], path[NAME_SHOWN];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path);
    if (n > 0)
        str_escape((struct str){path, (size_t)n}, name, NAME_SHOWN);
    else
        snprintf(name, NAME_SHOWN, "a file");
}

/* A socket has none of these: they are the disk's, or a network file system's. */
static bool is_of_file(int error)
{
    switch (-error) {
    case ENODATA:
    case EIO:
    case EBADMSG:
    case ENODEV:
    case ENXIO:
    case EREMOTEIO:
    case ESTALE:
    case EUCLEAN:
        return true;
    default:
        return false;
    }
}

bool trouble_with_file(int file_fd, int error)
{
    char name[NAME_SHOWN] = "";
    if (!is_of_file(error))
        return false;
    enum log_cause cause = error == -ENODATA ? LOG_CAUSE_FILE_SHORT : LOG_CAUSE_FILE_ERROR;
    if (log_limit_wants_text(cause))
        name_file(file_fd, name);
    if (error == -ENODATA)
        log_limit(cause, "A response was cut short: %s was shortened while it was sent", name);
    else
        log_limit(cause, "A response was cut short: can't read %s: %s", name, strerror(-error));
    return true;
}

void trouble_with_connection(const char *what, int error)
{
    if (error == -ENOMEM || error == -ENOBUFS || error == -ENOSPC)
        log_limit(LOG_CAUSE_CONNECTION, "A connection was closed: can't %s: %s", what, strerror(-error));
}
