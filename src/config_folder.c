/* Folders that the configuration names; see config_folder.h. */
#include "config_folder.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int config_folder_make_absolute(const char *file_path, char **path)
{
    CLEANUP(free_memory) char *working = NULL;
    const char *slash = strrchr(file_path, '/');
    char *absolute;
    if (**path == '/')
        return 0;
    if (*file_path != '/') {
        working = getcwd(NULL, 0);
        if (!working)
            return -errno;
    }
    if (asprintf(&absolute, "%s%s%.*s%s", working ?: "", working ? "/" : "",
                 slash ? (int)(slash - file_path) + 1 : 0, file_path, *path) < 0)
        return -ENOMEM;
    free(*path);
    *path = absolute;
    return 0;
}

int config_folder_try(const char *path)
{
    CLEANUP(close_fd) int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || faccessat(fd, ".", X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

/* What hello.service does not see of the host, if the path leads there, with what that takes; or NULL. */
static const char *hidden_by_sandbox(const char *path)
{
    if (strncmp(path, "/home/", 6) == 0 || strncmp(path, "/root/", 6) == 0)
        return "chmod a+x it and the folders above it, or take it out of the home, which hello.service hides";
    /* To others than services, /tmp is a folder like any. */
    if (getenv("INVOCATION_ID") && (strncmp(path, "/tmp/", 5) == 0 || strncmp(path, "/var/tmp/", 9) == 0))
        return "take it out of /tmp and /var/tmp, which hello.service hides";
    return NULL;
}

const char *config_folder_cure(const char *path, int error)
{
    switch (error) {
    case -ENOENT:
        return "create it or name another";
    case -ENOTDIR:
        return "name the folder that holds the pages";
    case -EACCES:
        return hidden_by_sandbox(path) ?: "chmod a+x it and the folders above it";
    default:
        return "name a folder that can be opened";
    }
}
