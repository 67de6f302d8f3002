#ifndef HELLOD_TESTS_SITE_H
#define HELLOD_TESTS_SITE_H

#include "client.h"
#include "tree.h"

/* A real site: ten thousand files of many sizes and names, in folders. Returns the bytes in all. */
size_t site_make(struct tree *root);

/*
 * Fetches every file, each connection with several requests under way, and fails the running test where a
 * byte is not the file's.
 */
void site_fetch(struct client *const clients[], unsigned count);

#endif
