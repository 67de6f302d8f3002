/* RLIMIT_NOFILE: the soft limit is ours to raise, the hard one only with the right to. */
#include "fd_limit.h"

#include <assert.h>
#include <sys/resource.h>

size_t fd_limit_raise(size_t needed)
{
    struct rlimit limit;
    int r = getrlimit(RLIMIT_NOFILE, &limit);
    assert(r == 0);
    if (limit.rlim_cur >= needed)
        return limit.rlim_cur;
    struct rlimit wanted = {.rlim_cur = needed,
                            .rlim_max = needed > limit.rlim_max ? needed : limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0)
        return needed;
    wanted = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &wanted) == 0 ? limit.rlim_max : limit.rlim_cur;
}
