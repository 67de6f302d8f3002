#ifndef HELLOD_TESTS_FAULT_H
#define HELLOD_TESTS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Calls that fail when a test says so. A program that is linked with WRAPS (see the Makefile) calls the C
 * library through here. Threads may call at any time; a test changes what fails while nobody else is at work,
 * or minds not which of the calls it is.
 */

enum fault_call {
    FAULT_MALLOC,
    FAULT_CALLOC,
    FAULT_REALLOCARRAY,
    FAULT_STRDUP,
    FAULT_MMAP,
    FAULT_ACCEPT4,
    FAULT_EPOLL_CREATE1,
    FAULT_EPOLL_CTL,
    FAULT_EPOLL_WAIT,
    FAULT_EVENTFD,
    FAULT_TIMERFD_CREATE,
    FAULT_TIMERFD_SETTIME,
    FAULT_SYSCALL, /* openat2 and pidfd_open */
    FAULT_OPEN,
    FAULT_OPENAT,
    FAULT_FSTAT,
    FAULT_FSTATAT,
    FAULT_FDOPENDIR,
    FAULT_READDIR,
    FAULT_READLINKAT,
    FAULT_READ,  /* of regular files */
    FAULT_WRITE, /* to regular files */
    FAULT_PREAD,
    FAULT_PWRITE,
    FAULT_SENDFILE,
    FAULT_SEND, /* on sockets other than standard error */
    FAULT_RECV,
    FAULT_SHUTDOWN,
    FAULT_IOCTL,
    FAULT_PTHREAD_CREATE,
    FAULT_MEMFD_CREATE,
    FAULT_FCNTL,
    FAULT_GETRANDOM,
    FAULT_COUNT
};

const char *fault_name(enum fault_call call);

/* What the call's manual page lets it fail with, of all that a machine in need does to it; ends with 0. */
const int *fault_errors(enum fault_call call);

/* From the `first` call of it on (1: the next one), so many calls fail with that errno. The count of calls
 * begins anew. */
void fault_set(enum fault_call call, unsigned first, unsigned times, int error);

/* Nothing fails any more. */
void fault_clear(void);

/* Since fault_set(): the calls of it, and whether one has failed. */
unsigned fault_calls(enum fault_call call);
bool fault_has_struck(void);

/* The calling thread's own calls neither fail nor count, until it says otherwise. */
void fault_spare(bool spared);

/* CLOCK_MONOTONIC and CLOCK_REALTIME, and their coarse ones, are so much ahead from now on. */
void fault_shift_clock(int64_t usec);

/* CLOCK_REALTIME and its coarse one alone, on top of that: as where somebody sets the date. */
void fault_set_date(int64_t usec_ahead);

/* Open file descriptors of this process. */
unsigned fault_open_fds(void);

#endif
