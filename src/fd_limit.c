/* RLIMIT_NOFILE: the soft limit is ours to raise, the hard one only with the right to. */
#include "fd_limit.h"

#include "event.h"
#include "log.h"

#include <assert.h>
#include <sys/resource.h>

enum { FDS_A_CONNECTION = 2 };

size_t fd_limit_raise(size_t needed)
{
    struct rlimit limit;
    int r = getrlimit(RLIMIT_NOFILE, &limit);
    assert(r == 0);
    if (limit.rlim_cur >= needed && limit.rlim_cur <= FD_LIMIT_MAX)
        return limit.rlim_cur;
    if (limit.rlim_cur > FD_LIMIT_MAX && needed <= FD_LIMIT_MAX)
        needed = FD_LIMIT_MAX;
    struct rlimit wanted = {.rlim_cur = needed,
                            .rlim_max = needed > limit.rlim_max ? needed : limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0)
        return needed;
    wanted = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &wanted) == 0 ? limit.rlim_max : limit.rlim_cur;
}

unsigned fd_limit_connections(unsigned wanted, unsigned workers, size_t *ret_fds)
{
    size_t reserved = FD_LIMIT_RESERVED + (size_t)workers * FD_LIMIT_A_WORKER;
    size_t fds = fd_limit_raise((size_t)wanted * FDS_A_CONNECTION + reserved);
    size_t fit = fds > reserved ? (fds - reserved) / FDS_A_CONNECTION : 0;
    *ret_fds = fds;
    if (fit >= wanted)
        return wanted;
    if (fit == 0)
        log_event(EVENT_SHORTAGE, LOG_ERR,
                  "The limit of open files, %zu, leaves none for connections; LimitNOFILE= raises it", fds);
    else
        log_event(
            EVENT_SHORTAGE, LOG_NOTICE,
            "Taking %zu connections at most, not %u: the limit of open files is %zu; LimitNOFILE= raises it",
            fit, wanted, fds);
    return (unsigned)fit;
}
