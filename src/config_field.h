#ifndef HELLOD_CONFIG_FIELD_H
#define HELLOD_CONFIG_FIELD_H

#include "config_file.h"

#include <stdbool.h>

/*
 * Values that go into the heads of responses, judged when the configuration is read, so that nothing wrong
 * ever leaves. Each of these notes at most one mistake about the entry and returns whether it was right.
 */

/* "Name: value", or "Name:" to take it away: a field (RFC 9110 section 5) that hellod doesn't send itself. */
bool config_field_check(struct config_file *file, const struct config_entry *entry);

/* Directives of Cache-Control (RFC 9111 section 5.2.2), or `off`. */
bool config_field_check_cache_control(struct config_file *file, const struct config_entry *entry);

#endif
