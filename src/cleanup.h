#ifndef HELLOD_CLEANUP_H
#define HELLOD_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Cleanup by scope: CLEANUP(close_fd) int fd = -1; hand over what you keep with `fd = -1; // consumed`. */
#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void close_file(FILE *const *file)
{
    if (*file)
        fclose(*file);
}

static inline void free_memory(void *pointer)
{
    free(*(void **)pointer);
}

#endif
