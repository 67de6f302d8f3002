/* What --wrap leads the program's calls to: each counts, and fails if it is its turn, or is the real one. */
#include "fault.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

static _Atomic unsigned counts[FAULT_COUNT];
static _Atomic int set_call = FAULT_COUNT, set_error;
static _Atomic unsigned set_first, set_times;
static _Atomic bool struck, tells;
static _Atomic int64_t clock_shift, date_shift, clock_stands_at;
static _Thread_local bool is_spared;

void fault_set(enum fault_call call, unsigned first, unsigned times, int error)
{
    set_call = FAULT_COUNT;
    for (int i = 0; i < FAULT_COUNT; i++)
        counts[i] = 0;
    set_first = first;
    set_times = times;
    set_error = error;
    struck = false;
    set_call = (int)call;
}

void fault_clear(void)
{
    set_call = FAULT_COUNT;
}

unsigned fault_calls(enum fault_call call)
{
    return counts[call];
}

bool fault_has_struck(void)
{
    return struck;
}

void fault_tell(void)
{
    tells = true;
}

void fault_spare(bool spared)
{
    is_spared = spared;
}

void fault_shift_clock(int64_t usec)
{
    clock_shift = usec;
}

void fault_stop_clock(int64_t usec)
{
    clock_stands_at = usec;
}

void fault_set_date(int64_t usec_ahead)
{
    date_shift = usec_ahead;
}

ssize_t __real_write(int fd, const void *data, size_t length);

static void tell(void)
{
    static const char entry[] = "<7>" FAULT_TOLD "\n";
    (void)!__real_write(STDERR_FILENO, entry, sizeof entry - 1);
}

/* Whether this call is to fail; errno is set then. */
static bool strikes(enum fault_call call)
{
    if (is_spared)
        return false;
    unsigned n = ++counts[call];
    if (set_call != (int)call || n < set_first || n - set_first >= set_times)
        return false;
    if (!atomic_exchange(&struck, true) && tells)
        tell();
    errno = set_error;
    return true;
}

static bool is_regular(int fd);

/* A wrapped call: TYPE NAME(PARAMETERS) fails as FAILURE or does NAME(ARGUMENTS). */
#define WRAP_IF(condition, call, failure, type, name, parameters, arguments)                                 \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters                                                                            \
    {                                                                                                        \
        if ((condition) && strikes(call))                                                                    \
            return failure;                                                                                  \
        return __real_##name arguments;                                                                      \
    }

#define WRAP(...) WRAP_IF(true, __VA_ARGS__)

WRAP(FAULT_MALLOC, NULL, void *, malloc, (size_t size), (size))
WRAP(FAULT_CALLOC, NULL, void *, calloc, (size_t n, size_t size), (n, size))
WRAP(FAULT_REALLOCARRAY, NULL, void *, reallocarray, (void *p, size_t n, size_t size), (p, n, size))
WRAP(FAULT_STRDUP, NULL, char *, strdup, (const char *s), (s))
WRAP(FAULT_MMAP, MAP_FAILED, void *, mmap, (void *p, size_t n, int prot, int flags, int fd, off_t at),
     (p, n, prot, flags, fd, at))
WRAP(FAULT_ACCEPT4, -1, int, accept4, (int fd, struct sockaddr *from, socklen_t *length, int flags),
     (fd, from, length, flags))
WRAP(FAULT_EPOLL_CREATE1, -1, int, epoll_create1, (int flags), (flags))
WRAP(FAULT_EPOLL_CTL, -1, int, epoll_ctl, (int set, int operation, int fd, struct epoll_event *event),
     (set, operation, fd, event))
WRAP(FAULT_EPOLL_WAIT, -1, int, epoll_wait, (int set, struct epoll_event *events, int most, int timeout),
     (set, events, most, timeout))
WRAP(FAULT_EVENTFD, -1, int, eventfd, (unsigned count, int flags), (count, flags))
WRAP(FAULT_TIMERFD_CREATE, -1, int, timerfd_create, (int which, int flags), (which, flags))
WRAP(FAULT_TIMERFD_SETTIME, -1, int, timerfd_settime,
     (int fd, int flags, const struct itimerspec *when, struct itimerspec *before), (fd, flags, when, before))
WRAP(FAULT_FSTAT, -1, int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(FAULT_FSTATAT, -1, int, fstatat, (int fd, const char *path, struct stat *st, int flags),
     (fd, path, st, flags))
WRAP(FAULT_FDOPENDIR, NULL, DIR *, fdopendir, (int fd), (fd))
WRAP(FAULT_READDIR, NULL, struct dirent *, readdir, (DIR * dir), (dir))
WRAP(FAULT_READLINKAT, -1, ssize_t, readlinkat, (int fd, const char *path, char *text, size_t size),
     (fd, path, text, size))
WRAP_IF(is_regular(fd), FAULT_READ, -1, ssize_t, read, (int fd, void *data, size_t length),
        (fd, data, length))
WRAP_IF(fd != STDERR_FILENO && is_regular(fd), FAULT_WRITE, -1, ssize_t, write,
        (int fd, const void *data, size_t length), (fd, data, length))
WRAP(FAULT_PREAD, -1, ssize_t, pread, (int fd, void *data, size_t length, off_t at), (fd, data, length, at))
WRAP(FAULT_PWRITE, -1, ssize_t, pwrite, (int fd, const void *data, size_t length, off_t at),
     (fd, data, length, at))
WRAP(FAULT_SENDFILE, -1, ssize_t, sendfile, (int out, int in, off_t *at, size_t length),
     (out, in, at, length))
WRAP_IF(fd != STDERR_FILENO, FAULT_SEND, -1, ssize_t, send, (int fd, const void *data, size_t n, int flags),
        (fd, data, n, flags))
WRAP(FAULT_RECV, -1, ssize_t, recv, (int fd, void *data, size_t length, int flags), (fd, data, length, flags))
WRAP(FAULT_SHUTDOWN, -1, int, shutdown, (int fd, int how), (fd, how))
WRAP(FAULT_PTHREAD_CREATE, errno, int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument),
     (thread, attributes, run, argument))
WRAP(FAULT_MEMFD_CREATE, -1, int, memfd_create, (const char *name, unsigned flags), (name, flags))
WRAP(FAULT_FTRUNCATE, -1, int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(FAULT_MADVISE, -1, int, madvise, (void *p, size_t n, int advice), (p, n, advice))
WRAP(FAULT_DLOPEN, NULL, void *, dlopen, (const char *name, int flags), (name, flags))
WRAP(FAULT_GETRANDOM, -1, ssize_t, getrandom, (void *data, size_t length, unsigned flags),
     (data, length, flags))

WRAP(FAULT_STRNDUP, NULL, char *, strndup, (const char *s, size_t most), (s, most))
WRAP(FAULT_ALIGNED_ALLOC, NULL, void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WRAP(FAULT_FOPEN, NULL, FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(FAULT_FDOPEN, NULL, FILE *, fdopen, (int fd, const char *mode), (fd, mode))
WRAP(FAULT_OPEN_MEMSTREAM, NULL, FILE *, open_memstream, (char **text, size_t *length), (text, length))
WRAP(FAULT_FREAD, 0, size_t, fread, (void *data, size_t size, size_t n, FILE *file), (data, size, n, file))
WRAP(FAULT_FWRITE, 0, size_t, fwrite, (const void *data, size_t size, size_t n, FILE *file),
     (data, size, n, file))
WRAP(FAULT_FFLUSH, EOF, int, fflush, (FILE * file), (file))
WRAP(FAULT_LSEEK, -1, off_t, lseek, (int fd, off_t at, int whence), (fd, at, whence))
WRAP(FAULT_READLINK, -1, ssize_t, readlink, (const char *path, char *text, size_t size), (path, text, size))
WRAP(FAULT_SIGNALFD, -1, int, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags))
WRAP(FAULT_SOCKET, -1, int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(FAULT_SETSOCKOPT, -1, int, setsockopt,
     (int fd, int level, int option, const void *value, socklen_t length), (fd, level, option, value, length))
WRAP(FAULT_BIND, -1, int, bind, (int fd, const struct sockaddr *address, socklen_t length),
     (fd, address, length))
WRAP(FAULT_LISTEN, -1, int, listen, (int fd, int backlog), (fd, backlog))
WRAP(FAULT_POLL, -1, int, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout))
WRAP(FAULT_POSIX_SPAWN, errno, int, posix_spawn_file_actions_init, (posix_spawn_file_actions_t * actions),
     (actions))
WRAP(FAULT_POSIX_SPAWN, errno, int, posix_spawnattr_init, (posix_spawnattr_t * attributes), (attributes))
WRAP(FAULT_POSIX_SPAWN, errno, int, posix_spawn,
     (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]),
     (pid, path, actions, attributes, argv, envp))
WRAP(FAULT_WAITPID, -1, pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
WRAP(FAULT_EXECVE, -1, int, execve, (const char *path, char *const argv[], char *const envp[]),
     (path, argv, envp))
WRAP(FAULT_SD_EVENT, -errno, int, sd_event_new, (sd_event * *ret), (ret))
WRAP(FAULT_SD_EVENT, -errno, int, sd_event_add_signal,
     (sd_event * event, sd_event_source **ret, int number, sd_event_signal_handler_t handler, void *context),
     (event, ret, number, handler, context))
WRAP(FAULT_SD_EVENT, -errno, int, sd_event_add_io,
     (sd_event * event, sd_event_source **ret, int fd, uint32_t events, sd_event_io_handler_t handler,
      void *context),
     (event, ret, fd, events, handler, context))
WRAP(FAULT_SD_EVENT, -errno, int, sd_event_add_time,
     (sd_event * event, sd_event_source **ret, clockid_t clock, uint64_t usec, uint64_t accuracy,
      sd_event_time_handler_t handler, void *context),
     (event, ret, clock, usec, accuracy, handler, context))
WRAP(FAULT_SD_EVENT, -errno, int, sd_event_source_set_enabled, (sd_event_source * source, int enabled),
     (source, enabled))
WRAP(FAULT_SD_LISTEN, -errno, int, sd_listen_fds_with_names, (int unset, char ***ret_names),
     (unset, ret_names))
WRAP(FAULT_ASPRINTF, -1, int, vasprintf, (char **ret, const char *format, va_list arguments),
     (ret, format, arguments))

int __wrap_asprintf(char **ret, const char *format, ...);

int __wrap_asprintf(char **ret, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int r = __wrap_vasprintf(ret, format, arguments);
    va_end(arguments);
    return r;
}

/* Those that may have one argument more; only numbers and pointers are passed on. */
#define WRAP_OPEN_ENDED(call, type, name, parameters, last, extra, ...)                                      \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters                                                                            \
    {                                                                                                        \
        va_list arguments;                                                                                   \
        if (strikes(call))                                                                                   \
            return -1;                                                                                       \
        va_start(arguments, last);                                                                           \
        extra value = va_arg(arguments, extra);                                                              \
        va_end(arguments);                                                                                   \
        return __real_##name(__VA_ARGS__, value);                                                            \
    }

WRAP_OPEN_ENDED(FAULT_OPEN, int, open, (const char *path, int flags, ...), flags, mode_t, path, flags)
WRAP_OPEN_ENDED(FAULT_OPENAT, int, openat, (int fd, const char *path, int flags, ...), flags, mode_t, fd,
                path, flags)
WRAP_OPEN_ENDED(FAULT_IOCTL, int, ioctl, (int fd, unsigned long request, ...), request, void *, fd, request)
WRAP_OPEN_ENDED(FAULT_FCNTL, int, fcntl, (int fd, int operation, ...), operation, void *, fd, operation)

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
    va_list list;
    long a[4];
    if (strikes(FAULT_SYSCALL))
        return -1;
    va_start(list, number);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    return __real_syscall(number, a[0], a[1], a[2], a[3]);
}

int __real_clock_gettime(clockid_t which, struct timespec *ret);
int __wrap_clock_gettime(clockid_t which, struct timespec *ret);

int __wrap_clock_gettime(clockid_t which, struct timespec *ret)
{
    int r = __real_clock_gettime(which, ret);
    int64_t stands_at = clock_stands_at;
    if (stands_at > 0) {
        *ret = (struct timespec){stands_at / 1000000, stands_at % 1000000 * 1000};
        return r;
    }
    bool is_date = which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE;
    int64_t shift = clock_shift + (is_date ? date_shift : 0);
    int64_t nsec = ret->tv_nsec + shift % 1000000 * 1000 + 1000000000;
    ret->tv_sec += shift / 1000000 + nsec / 1000000000 - 1;
    ret->tv_nsec = nsec % 1000000000;
    return r;
}

/* eventfds are written to and read by the same calls, and never fail. */
static bool is_regular(int fd)
{
    struct stat st;
    return __real_fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

unsigned fault_open_fds(void)
{
    unsigned n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && __real_readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}
