#ifndef HELLOD_BENEATH_H
#define HELLOD_BENEATH_H

/*
 * Opening files that may not lie outside of a folder, whatever links and ".." a path holds. The kernel does
 * it in one call, openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS; where a system call filter refuses
 * that call (RestrictSUIDSGID= and so DynamicUser= of systemd.exec(5) do, since they can't look at its
 * flags), the path is walked step by step, no step following a link.
 *
 * Both open for reading, non-blocking (a FIFO must not hold a worker), close-on-exec. An fd, or a negative
 * errno: -EXDEV for a path or link that leads out, also for every absolute one; -ELOOP for links without end.
 * Any thread may call them.
 */

int beneath_open(int folder, const char *path);

/* The second way alone; for tests. */
int beneath_walk(int folder, const char *path);

#endif
