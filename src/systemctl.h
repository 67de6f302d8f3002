#ifndef HELLOD_SYSTEMCTL_H
#define HELLOD_SYSTEMCTL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * systemd, asked and told by systemctl(1): that works where no D-Bus daemon runs, waits until the thing is
 * done, and says on standard error why it could not be. It is looked for in $PATH, and started with all
 * signals let through.
 */

enum { SYSTEMCTL_ARGUMENTS_MAX = 8 };

/* The exit status, 128 + N where signal N ended it, or a negative errno. The arguments end with NULL. */
int systemctl_run(const char *const *arguments);

/*
 * What `systemctl show` tells of a unit: "Name=value" lines of the properties, names with a comma between. 0
 * with *ret for free(), -EIO where it failed (nothing is said then), or another negative errno.
 */
int systemctl_show(const char *unit, const char *properties, char **ret);

/* The value of the property's line number `index`, from 0; false where there is no such line. Cut at `size`.
 */
bool systemctl_value(const char *shown, const char *property, unsigned index, char *buffer, size_t size);

/* Whether the property's first line has that very value. */
bool systemctl_is(const char *shown, const char *property, const char *value);

#endif
