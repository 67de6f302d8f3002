/* The names of calls, and what their manual pages let them fail with where a machine is in need. */
#include "fault_calls.h"

#include <errno.h>

enum { ERRORS_MAX = 9 };

static const struct {
    const char *name;
    int errors[ERRORS_MAX + 1];
} calls[FAULT_COUNT] = {
    [FAULT_MALLOC] = {"malloc", {ENOMEM}},
    [FAULT_CALLOC] = {"calloc", {ENOMEM}},
    [FAULT_REALLOCARRAY] = {"reallocarray", {ENOMEM}},
    [FAULT_STRDUP] = {"strdup", {ENOMEM}},
    [FAULT_MMAP] = {"mmap", {ENOMEM, EAGAIN, ENFILE}},
    [FAULT_ACCEPT4] = {"accept4",
                       {EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, EINTR, ECONNABORTED, EPROTO, EPERM}},
    [FAULT_EPOLL_CREATE1] = {"epoll_create1", {EMFILE, ENFILE, ENOMEM}},
    [FAULT_EPOLL_CTL] = {"epoll_ctl", {ENOMEM, ENOSPC}},
    [FAULT_EPOLL_WAIT] = {"epoll_wait", {EINTR}},
    [FAULT_EVENTFD] = {"eventfd", {EMFILE, ENFILE, ENOMEM}},
    [FAULT_TIMERFD_CREATE] = {"timerfd_create", {EMFILE, ENFILE, ENOMEM}},
    [FAULT_TIMERFD_SETTIME] = {"timerfd_settime", {EINVAL}},
    [FAULT_SYSCALL] = {"syscall", {EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR, EIO}},
    [FAULT_OPEN] = {"open", {EMFILE, ENFILE, ENOMEM, EIO}},
    [FAULT_OPENAT] = {"openat", {EMFILE, ENFILE, ENOMEM, EINTR, EIO}},
    [FAULT_FSTAT] = {"fstat", {ENOMEM, EIO}},
    [FAULT_FSTATAT] = {"fstatat", {ENOMEM, EIO}},
    [FAULT_FDOPENDIR] = {"fdopendir", {ENOMEM}},
    [FAULT_READDIR] = {"readdir", {ENOMEM, EIO}},
    [FAULT_READLINKAT] = {"readlinkat", {ENOMEM, EIO}},
    [FAULT_READ] = {"read", {EIO, EINTR}},
    [FAULT_WRITE] = {"write", {ENOSPC, EIO, EINTR}},
    [FAULT_PREAD] = {"pread", {EIO, EINTR}},
    [FAULT_PWRITE] = {"pwrite", {ENOSPC, EIO}},
    [FAULT_SENDFILE] = {"sendfile", {EAGAIN, EINTR, EIO, ENOMEM, EPIPE, ECONNRESET}},
    [FAULT_SEND] = {"send", {EAGAIN, EINTR, ENOBUFS, ENOMEM, EPIPE, ECONNRESET}},
    [FAULT_RECV] = {"recv", {EAGAIN, EINTR, ENOMEM, ECONNRESET}},
    [FAULT_SHUTDOWN] = {"shutdown", {ENOTCONN}},
    [FAULT_IOCTL] = {"ioctl", {ENOTTY}},
    [FAULT_PTHREAD_CREATE] = {"pthread_create", {EAGAIN}},
    [FAULT_MEMFD_CREATE] = {"memfd_create", {EMFILE, ENFILE, ENOMEM}},
    [FAULT_FTRUNCATE] = {"ftruncate", {EFBIG, EIO}},
    [FAULT_MADVISE] = {"madvise", {ENOMEM, EINVAL}},
    [FAULT_FCNTL] = {"fcntl", {EBADF}},
    [FAULT_GETRANDOM] = {"getrandom", {EAGAIN, EINTR}},
    [FAULT_STRNDUP] = {"strndup", {ENOMEM}},
    [FAULT_ALIGNED_ALLOC] = {"aligned_alloc", {ENOMEM}},
    [FAULT_ASPRINTF] = {"asprintf", {ENOMEM}},
    [FAULT_FOPEN] = {"fopen", {EMFILE, ENFILE, ENOMEM, EIO}},
    [FAULT_FDOPEN] = {"fdopen", {ENOMEM}},
    [FAULT_OPEN_MEMSTREAM] = {"open_memstream", {ENOMEM}},
    [FAULT_FREAD] = {"fread", {EIO}},
    [FAULT_FWRITE] = {"fwrite", {ENOSPC, EIO}},
    [FAULT_FFLUSH] = {"fflush", {ENOSPC, EIO}},
    [FAULT_LSEEK] = {"lseek", {EOVERFLOW}},
    [FAULT_READLINK] = {"readlink", {ENOMEM, EIO}},
    [FAULT_SIGNALFD] = {"signalfd", {EMFILE, ENFILE, ENOMEM}},
    [FAULT_SOCKET] = {"socket", {EMFILE, ENFILE, ENOMEM, ENOBUFS}},
    [FAULT_SETSOCKOPT] = {"setsockopt", {ENOMEM}},
    [FAULT_BIND] = {"bind", {ENOMEM, EADDRINUSE}},
    [FAULT_LISTEN] = {"listen", {EADDRINUSE}},
    [FAULT_POLL] = {"poll", {EINTR}},
    [FAULT_POSIX_SPAWN] = {"posix_spawn", {ENOMEM, EAGAIN, ENOENT}},
    [FAULT_WAITPID] = {"waitpid", {EINTR}},
    [FAULT_EXECVE] = {"execve", {ENOMEM, ENOENT, ETXTBSY}},
    [FAULT_DLOPEN] = {"dlopen", {ENOMEM}},
    [FAULT_SD_EVENT] = {"sd_event", {ENOMEM, EMFILE}},
    [FAULT_SD_LISTEN] = {"sd_listen_fds", {ENOMEM}},
};

const char *fault_name(enum fault_call call)
{
    return calls[call].name;
}

const int *fault_errors(enum fault_call call)
{
    return calls[call].errors;
}
