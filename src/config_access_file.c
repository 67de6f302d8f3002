/* From a name in the configuration to a file that takes lines; see config_access_file.h. */
#include "config_access_file.h"

#include "cleanup.h"
#include "config_folder.h"
#include "log_file.h"

#include <errno.h>
#include <string.h>

/* The first one, where a drop-in has added more; NULL where this is no service with such a folder. */
static char *folder_of_service(void)
{
    const char *folders = getenv("LOGS_DIRECTORY");
    return folders && *folders ? strndup(folders, strcspn(folders, ":")) : NULL;
}

static char *path_of(const char *config_path, const char *name)
{
    CLEANUP(free_memory) char *folder = folder_of_service();
    char *path = NULL;
    if (folder && *name != '/')
        return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
    path = strdup(name);
    if (path && config_folder_make_absolute(config_path, &path) < 0) {
        free(path);
        return NULL;
    }
    return path;
}

static void refuse(struct config_file *file, const struct config_entry *entry, const char *path, int error)
{
    CLEANUP(free_memory) char *folder = folder_of_service();
    bool shut_out = (error == -EROFS || error == -EACCES) && getenv("INVOCATION_ID");
    const char *cure = shut_out && folder ? "the service may write in its folder for logs only, "
                       : shut_out         ? "the service gets a folder for logs when it is restarted"
                       : error == -ENOENT ? "create its folder or name another"
                       : error == -EISDIR ? "name a file"
                                          : "name a file that can be written";
    config_file_mistake(file, entry ? entry->line : 0, "[log] %s = %s: %s: %s; %s%s",
                        entry ? entry->key : "access_file", entry ? entry->value : path, path,
                        strerrordesc_np(-error), cure, shut_out && folder ? folder : "");
}

char *config_access_file(struct config_file *file, const struct config_entry *entry, const char *name,
                         bool open_it)
{
    char *path = path_of(file->path, name);
    if (!path) {
        file->error = -ENOMEM;
        return NULL;
    }
    CLEANUP(close_fd) int fd = open_it ? log_file_open(path) : -1;
    if (open_it && fd < 0 && !log_file_may_recover(fd))
        refuse(file, entry, path, fd);
    return path;
}
