#ifndef HELLOD_INI_WATCH_H
#define HELLOD_INI_WATCH_H

#include <stdbool.h>
#include <sys/stat.h>

/* Which state of a file one has seen, so that a later one is noticed. */

struct ini_watch {
    bool there;
    struct stat st;
};

void ini_watch_look(const char *path, struct ini_watch *ret);

/*
 * Looks when the file has not changed for a fifth of a second: an editor that saves may remove it first, or
 * leave it empty for a moment. Waits for that, and for the file, a few seconds at most.
 */
void ini_watch_settle(const char *path, struct ini_watch *ret);

/* The same state as text, and other states as other texts. */
enum { INI_WATCH_TEXT_MAX = 160 };
void ini_watch_format(const struct ini_watch *watch, char text[static INI_WATCH_TEXT_MAX]);

/* The same file with the same content, as far as stat(2) tells. */
bool ini_watch_equal(const struct ini_watch *a, const struct ini_watch *b);

#endif
