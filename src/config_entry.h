#ifndef HELLOD_CONFIG_ENTRY_H
#define HELLOD_CONFIG_ENTRY_H

#include "config_file.h"
#include "config_value.h"

/* An entry's value as one of a domain: where the file's words meet what they may mean. */

/*
 * Stores the value in the field as config_value_read() does. Where that can't be, the mistake is noted, and
 * the field is not touched. The entry has a value.
 */
void config_entry_read(struct config_file *file, const struct config_entry *entry,
                       const struct config_domain *domain, void *field);

#endif
