/* Waiting with a bound. */
#include "patience.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

int64_t patience_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* How much slower than else all goes. */
static long slowness(void)
{
    const char *text = getenv("TEST_PATIENCE");
    return text ? strtol(text, NULL, 10) : 1;
}

int64_t patience_deadline(void)
{
    return patience_now() + (int64_t)PATIENCE_MS * 1000 * slowness();
}

static bool poll_until(struct pollfd *fds, nfds_t count, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - patience_now();
        int n = poll(fds, count, left > 0 ? (int)((left + 999) / 1000) : 0);
        if (n > 0)
            return true;
        if (n == 0 && left <= 0)
            return false;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

bool patience_poll(int fd, short events, int64_t deadline)
{
    struct pollfd item = {.fd = fd, .events = events};
    return poll_until(&item, 1, deadline);
}

bool patience_poll_either(int one, int other, int64_t deadline)
{
    struct pollfd items[] = {{.fd = one, .events = POLLIN}, {.fd = other, .events = POLLIN}};
    return poll_until(items, 2, deadline);
}

bool patience_sanitized(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return slowness() > 1;
#endif
}
