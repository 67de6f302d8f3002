#ifndef HELLOD_MEDIA_TYPES_STATE_H
#define HELLOD_MEDIA_TYPES_STATE_H

#include "media_types.h"

/*
 * The host's media types on their way from one process image to the next: they are read for it while the
 * workers still run, as it takes a millisecond.
 */

/* Reads them anew, as media_types_load() does. An fd that outlives execve(2), or a negative errno. */
int media_types_lay_down(const char *path);

/* Takes the fd over. 0, or -EBADMSG or another negative errno; then *ret is empty. */
int media_types_take(int fd, struct media_types *ret);

#endif
