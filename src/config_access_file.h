#ifndef HELLOD_CONFIG_ACCESS_FILE_H
#define HELLOD_CONFIG_ACCESS_FILE_H

#include "config_file.h"

#include <stdbool.h>

/*
 * Where [log] access_file is. A relative path counts from the folder that the service has for its logs
 * ($LOGS_DIRECTORY, systemd.exec(5)), and where there is none from that of the configuration. `entry` names
 * the file, or, where that has its default, says that there is to be one; it may be NULL.
 *
 * With `open_it` the file is opened as the server will, and made where there is none; where that can't be, it
 * is noted as a mistake, save for what log_file_may_recover(). The path, for free(3), or NULL where memory
 * ran out.
 */
char *config_access_file(struct config_file *file, const struct config_entry *entry, const char *name,
                         bool open_it);

#endif
