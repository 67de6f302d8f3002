/* An eventfd and a mark; see attention.h. */
#include "attention.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int attention_open(struct attention *ret)
{
    atomic_init(&ret->watched, false);
    ret->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return ret->fd < 0 ? -errno : 0;
}

void attention_close(struct attention *attention)
{
    if (attention->fd >= 0)
        close(attention->fd);
    attention->fd = -1;
}

void attention_call(struct attention *attention)
{
    ssize_t n = write(attention->fd, &(uint64_t){1}, sizeof(uint64_t));
    assert(n == sizeof(uint64_t));
}

void attention_want_sweep(struct attention *attention)
{
    if (!atomic_load_explicit(&attention->watched, memory_order_relaxed) &&
        !atomic_exchange(&attention->watched, true))
        attention_call(attention);
}

void attention_end_watch(struct attention *attention)
{
    atomic_store(&attention->watched, false);
}

bool attention_take_watch(struct attention *attention)
{
    return !atomic_exchange(&attention->watched, true);
}
