/* Accepting, counting and parking; see admission.h. */
#include "admission.h"

#include "log_limit.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

void admission_init(struct admission *ret, const struct listeners *listeners, struct attention *attention,
                    unsigned max_clients, unsigned long exit_after)
{
    *ret = (struct admission){
        .listeners = listeners,
        .attention = attention,
        .max_clients = max_clients,
        .counted_out = exit_after > 0,
    };
    atomic_store(&ret->tickets, exit_after);
}

static int arm(struct admission *admission, unsigned index)
{
    return pool_arm(admission->pool, admission->listeners->list[index].fd, EPOLLIN, ADMISSION_KEY + index);
}

static void park(struct admission *admission, unsigned index)
{
    atomic_store(&admission->parked[index], true);
    attention_want_sweep(admission->attention);
}

static void arm_or_park(struct admission *admission, unsigned index)
{
    int r = arm(admission, index);
    /* A drain takes the sockets out of the set. */
    if (r == 0 || atomic_load(&admission->draining))
        return;
    log_limit(LOG_CAUSE_ACCEPT, "Can't watch for clients: %s; they wait", strerror(-r));
    park(admission, index);
}

int admission_begin(struct admission *admission, struct pool *pool, bool taken_up)
{
    admission->pool = pool;
    for (unsigned i = 0; i < admission->listeners->count; i++) {
        int fd = admission->listeners->list[i].fd;
        int r = taken_up ? arm(admission, i) : pool_watch(pool, fd, EPOLLIN, ADMISSION_KEY + i);
        if (r < 0)
            return r;
    }
    return 0;
}

bool admission_any_parked(const struct admission *admission)
{
    for (unsigned i = 0; i < admission->listeners->count; i++)
        if (atomic_load(&admission->parked[i]))
            return true;
    return false;
}

bool admission_unpark(struct admission *admission)
{
    bool any = false;
    for (unsigned i = 0; i < admission->listeners->count; i++) {
        if (!atomic_load(&admission->parked[i]) || !atomic_exchange(&admission->parked[i], false))
            continue;
        any = true;
        if (!atomic_load(&admission->draining))
            arm_or_park(admission, i);
    }
    return any;
}

/* Counted before anything else, so that a drain that sees 0 has seen all. */
static bool reserve(struct admission *admission)
{
    if (atomic_fetch_add(&admission->clients, 1) < admission->max_clients)
        return true;
    atomic_fetch_sub(&admission->clients, 1);
    return false;
}

static void unreserve(struct admission *admission)
{
    if (atomic_fetch_sub(&admission->clients, 1) == 1 && atomic_load(&admission->draining))
        attention_call(admission->attention);
}

/* Of the clients that exit_after allows, is there one left to accept? */
static bool take_ticket(struct admission *admission)
{
    if (!admission->counted_out)
        return true;
    unsigned long left = atomic_load(&admission->tickets);
    while (left > 0)
        if (atomic_compare_exchange_weak(&admission->tickets, &left, left - 1))
            return true;
    return false;
}

static void return_ticket(struct admission *admission)
{
    if (admission->counted_out)
        atomic_fetch_add(&admission->tickets, 1);
}

/*
 * Whether accepting can go on at once after this errno of accept4(2): nobody was there, or whoever was is
 * gone (it hands on errors of the new socket). Any other may be there the next time as well, such as EMFILE,
 * or EPERM of a security module, while the client still waits: to go on at once would be to spin.
 */
static bool accept_again(int error)
{
    switch (error) {
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

static int accept_from(struct admission *admission, unsigned index, struct peer *ret)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    /* Not close-on-exec: it is the process itself that executes its successor, and any child closes all it
     * has. */
    int fd =
        accept4(admission->listeners->list[index].fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK);
    if (fd >= 0) {
        peer_from_address((const struct sockaddr *)&address, ret);
        return fd;
    }
    int error = errno;
    return_ticket(admission);
    if (accept_again(error)) {
        arm_or_park(admission, index);
    } else {
        log_limit(LOG_CAUSE_ACCEPT, "Can't accept a client: %s; it waits", strerror(error));
        park(admission, index);
    }
    return -error;
}

/* The socket of a client that is counted, or a negative errno. */
static int accept_counted(struct admission *admission, unsigned index, struct peer *ret)
{
    if (atomic_load(&admission->draining))
        return -ESHUTDOWN;
    if (take_ticket(admission))
        return accept_from(admission, index, ret);
    /* The last ticket may come back from an accept(2) that finds nobody. */
    park(admission, index);
    return -EAGAIN;
}

int admission_accept(struct admission *admission, unsigned index, struct peer *ret, uint64_t *ret_id)
{
    if (!reserve(admission)) {
        log_limit(LOG_CAUSE_FULL,
                  "All %u connections are taken ([server] max_connections); who comes now waits",
                  admission->max_clients);
        park(admission, index);
        /* A client may have left before it could see the mark. */
        if (admission_clients(admission) < admission->max_clients)
            (void)admission_unpark(admission);
        return -EAGAIN;
    }
    int fd = accept_counted(admission, index, ret);
    if (fd < 0)
        unreserve(admission);
    else
        *ret_id = atomic_fetch_add_explicit(&admission->accepted, 1, memory_order_relaxed) + 1;
    return fd;
}

void admission_go_on(struct admission *admission, unsigned index)
{
    if (admission->counted_out && atomic_load(&admission->tickets) == 0) {
        atomic_store(&admission->draining, true);
        attention_call(admission->attention);
    } else {
        arm_or_park(admission, index);
    }
}

void admission_leave(struct admission *admission)
{
    unreserve(admission);
    (void)admission_unpark(admission);
}

void admission_take_up(struct admission *admission, unsigned clients)
{
    atomic_fetch_add(&admission->clients, clients);
}

void admission_drain(struct admission *admission)
{
    atomic_store(&admission->draining, true);
    for (unsigned i = 0; i < admission->listeners->count; i++)
        (void)pool_unwatch(admission->pool, admission->listeners->list[i].fd);
}

unsigned admission_clients(const struct admission *admission)
{
    return atomic_load(&admission->clients);
}

bool admission_draining(const struct admission *admission)
{
    return atomic_load(&admission->draining);
}
