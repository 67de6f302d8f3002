#ifndef HELLOD_TESTS_FAKE_SYSTEMCTL_H
#define HELLOD_TESTS_FAKE_SYSTEMCTL_H

#include "tree.h"

/*
 * A systemctl that stands first in $PATH until the test program ends: it writes each call's arguments as a
 * line into the file "calls" of the tree, prints the file "shown.UNIT" for `show ... UNIT`, and ends with the
 * status in the file "status", 0 without one.
 */
void fake_systemctl(struct tree *tree);

/* The calls so far, to be freed by free(3). */
char *fake_systemctl_calls(struct tree *tree);

#endif
