#ifndef HELLOD_BENEATH_H
#define HELLOD_BENEATH_H

#include <sys/stat.h>

/*
 * Opening files that may not lie outside of a folder, whatever links and ".." a path holds. The kernel does
 * it in one call, openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS; where a system call filter refuses
 * that call (RestrictSUIDSGID= and so DynamicUser= of systemd.exec(5) do, since they can't look at its
 * flags), the path is walked step by step, no step following a link.
 *
 * An absolute link leads out for the kernel, wherever it points. One that begins with a name of the folder is
 * a link into the folder, and the walk takes it for one: so what people make with `ln -s "$PWD/x" y` works.
 *
 * Any thread may call these; the struct is const to them.
 */

enum { BENEATH_NAMES_MAX = 2 };

struct beneath {
    int fd;                               /* the folder, O_PATH will do */
    const char *names[BENEATH_NAMES_MAX]; /* its absolute paths, without a slash at the end; NULL: none */
};

/*
 * For reading, non-blocking (a FIFO must not hold a worker), close-on-exec. An fd, or a negative errno:
 * -EXDEV for a path or link that leads out; -ELOOP for links without end.
 */
int beneath_open(const struct beneath *folder, const char *path);

/* The second way alone; for tests. */
int beneath_walk(const struct beneath *folder, const char *path);

/* What is there, without opening it or asking for leave to read it. 0, or a negative errno as above. */
int beneath_stat(const struct beneath *folder, const char *path, struct stat *ret);

#endif
