#ifndef HELLOD_TESTS_FAULT_CALLS_H
#define HELLOD_TESTS_FAULT_CALLS_H

/* The calls that tests let fail, and how; see fault.h. */

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
    FAULT_WRITE, /* to regular files other than standard error */
    FAULT_PREAD,
    FAULT_PWRITE,
    FAULT_SENDFILE,
    FAULT_SEND, /* on sockets other than standard error */
    FAULT_RECV,
    FAULT_SHUTDOWN,
    FAULT_IOCTL,
    FAULT_PTHREAD_CREATE,
    FAULT_MEMFD_CREATE,
    FAULT_FTRUNCATE,
    FAULT_MADVISE,
    FAULT_FCNTL,
    FAULT_GETRANDOM,
    FAULT_STRNDUP,
    FAULT_ALIGNED_ALLOC,
    FAULT_ASPRINTF, /* and vasprintf */
    FAULT_FOPEN,
    FAULT_FDOPEN,
    FAULT_OPEN_MEMSTREAM,
    FAULT_FREAD,
    FAULT_FWRITE,
    FAULT_FFLUSH,
    FAULT_LSEEK,
    FAULT_READLINK,
    FAULT_SIGNALFD,
    FAULT_SOCKET,
    FAULT_SETSOCKOPT,
    FAULT_BIND,
    FAULT_LISTEN,
    FAULT_POLL,
    FAULT_POSIX_SPAWN,
    FAULT_WAITPID,
    FAULT_EXECVE,
    FAULT_DLOPEN,
    FAULT_SD_EVENT, /* making one, and its sources */
    FAULT_SD_LISTEN,
    FAULT_COUNT
};

const char *fault_name(enum fault_call call);

/* What the call's manual page lets it fail with, of all that a machine in need does to it; ends with 0. */
const int *fault_errors(enum fault_call call);

/* That a fault has struck, as an entry of the log. */
#define FAULT_TOLD "A fault has struck"

#endif
