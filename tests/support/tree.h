#ifndef HELLOD_TESTS_TREE_H
#define HELLOD_TESTS_TREE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Temporary folders with what a test wants in them. A name may hold slashes: the folders on the way are made.
 * Every function fails the running test where the file system refuses. A tree goes away with the test, or
 * before.
 */

struct tree;

struct tree *tree_make(void);
void tree_remove(struct tree *tree);
void tree_remove_all(void);

/* The folder's absolute path; lives as long as the tree. */
const char *tree_root(const struct tree *tree);

/* The absolute path of a name in it; to be freed by free(3). */
char *tree_path(const struct tree *tree, const char *name);

void tree_file(struct tree *tree, const char *name, const void *data, size_t length);
void tree_text(struct tree *tree, const char *name, const char *text);

/* `size` bytes that look random and are the same for the same seed: tree_bytes() tells them again. */
void tree_noise(struct tree *tree, const char *name, size_t size, uint32_t seed);
void tree_bytes(char *buffer, size_t size, uint32_t seed);

/* A copy of a file from elsewhere; a relative path counts from the top of the repository, where tests run. */
void tree_copy(struct tree *tree, const char *name, const char *from);

void tree_folder(struct tree *tree, const char *name);
void tree_link(struct tree *tree, const char *name, const char *target);
void tree_fifo(struct tree *tree, const char *name);

/* A file's time of modification becomes `seconds` since the epoch. */
void tree_set_time(struct tree *tree, const char *name, int64_t seconds);

/* Every file's and folder's time of modification becomes `seconds` since the epoch. */
void tree_set_times(struct tree *tree, int64_t seconds);

/*
 * Until the clock of the file system has gone on: of two changes within one of its ticks, some milliseconds,
 * the second doesn't show in a time of change.
 */
void tree_await_tick(void);

#endif
