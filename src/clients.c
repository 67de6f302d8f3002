/*
 * The table of connections and the way of an event through it. Every event's key names a slot and a turn of
 * it, or a listening socket; slot.h says who may touch what, and when.
 */
#include "clients.h"

#include "connection_state.h"
#include "fd_limit.h"
#include "log.h"
#include "log_limit.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Keys of connections are turn << 32 | fd, with turns of 30 bits; those of listening sockets lie above. */
#define LISTENER_KEY (UINT64_C(1) << 62)

struct clients {
    struct clients_options options;
    struct pool *pool;
    struct connection *table;
    size_t table_size;
    unsigned max_connections;
    struct workspace *workspaces; /* one a worker, and the last one for the main thread */
    int event_fd;

    _Atomic bool draining;
    _Atomic bool watched; /* the main thread sweeps */
    _Atomic unsigned count;
    _Atomic int highest_fd;
    _Atomic unsigned long left_to_accept; /* of exit_after */
    _Atomic uint64_t connections, requests;
    _Atomic bool parked[LISTENERS_MAX]; /* listening sockets not armed for want of fds or slots */
};

static void call_main(struct clients *clients)
{
    ssize_t n = write(clients->event_fd, &(uint64_t){1}, sizeof(uint64_t));
    assert(n == sizeof(uint64_t));
}

static void want_sweep(struct clients *clients)
{
    if (!atomic_load_explicit(&clients->watched, memory_order_relaxed) &&
        !atomic_exchange(&clients->watched, true))
        call_main(clients);
}

static int arm_listener(struct clients *clients, unsigned index)
{
    return pool_arm(clients->pool, clients->options.listeners->list[index].fd, EPOLLIN, LISTENER_KEY + index);
}

static void unpark(struct clients *clients)
{
    for (unsigned i = 0; i < clients->options.listeners->count; i++)
        if (atomic_load(&clients->parked[i]) && atomic_exchange(&clients->parked[i], false) &&
            !atomic_load(&clients->draining))
            (void)arm_listener(clients, i);
}

/* The clients of this socket wait in its backlog until a connection closes or the sweep comes by. */
static void park(struct clients *clients, unsigned index)
{
    atomic_store(&clients->parked[index], true);
    want_sweep(clients);
}

static void close_client(struct clients *clients, struct connection *connection)
{
    int fd = connection->fd;
    log_debug("Connection %d ended after %u requests: %s", fd, connection->requests,
              connection_reason_text(connection->reason));
    atomic_fetch_add_explicit(&clients->requests, connection->requests, memory_order_relaxed);
    connection_close(connection);
    slot_release(&connection->slot);
    close(fd);
    if (atomic_fetch_sub(&clients->count, 1) == 1 && atomic_load(&clients->draining))
        call_main(clients);
    unpark(clients);
}

static void arm_client(struct clients *clients, struct connection *connection, enum connection_want want)
{
    bool first = want == WANT_TIMER || !connection->watched;
    int fd = want == WANT_TIMER ? connection_timer(connection) : connection->fd;
    uint32_t events = want == WANT_WRITE ? EPOLLOUT : EPOLLIN;
    uint64_t slot_number = (uint32_t)connection->fd;
    if (want != WANT_TIMER)
        connection->watched = true;
    uint32_t turn = slot_offer(&connection->slot);
    uint64_t key = (uint64_t)turn << 32 | slot_number;
    int r = first ? pool_watch(clients->pool, fd, events, key) : pool_arm(clients->pool, fd, events, key);
    if (r == 0) {
        slot_settle(&connection->slot, turn);
        return;
    }
    slot_withdraw(&connection->slot, turn);
    log_limit(LOG_CAUSE_CONNECTION, "A connection is closed: it can't be watched: %s", strerror(-r));
    connection->reason = REASON_MEMORY;
    close_client(clients, connection);
}

static void run_client(struct clients *clients, struct workspace *workspace, struct connection *connection)
{
    const struct connection_context context = {
        .site = clients->options.site,
        .limits = &clients->options.limits,
        .draining = &clients->draining,
    };
    workspace_start_turn(workspace);
    enum connection_want want = connection_run(connection, workspace, &context);
    if (want == WANT_CLOSE)
        close_client(clients, connection);
    else
        arm_client(clients, connection, want);
}

static void raise_highest(struct clients *clients, int fd)
{
    int highest = atomic_load_explicit(&clients->highest_fd, memory_order_relaxed);
    while (fd > highest && !atomic_compare_exchange_weak(&clients->highest_fd, &highest, fd))
        ;
}

/* Counted before anything else, so that a drain that sees 0 has seen all. */
static bool reserve(struct clients *clients)
{
    if (atomic_fetch_add(&clients->count, 1) < clients->max_connections)
        return true;
    atomic_fetch_sub(&clients->count, 1);
    return false;
}

static void unreserve(struct clients *clients)
{
    if (atomic_fetch_sub(&clients->count, 1) == 1 && atomic_load(&clients->draining))
        call_main(clients);
}

/* Of the clients that exit_after allows, is there one left to accept? */
static bool take_ticket(struct clients *clients)
{
    if (clients->options.exit_after == 0)
        return true;
    unsigned long left = atomic_load(&clients->left_to_accept);
    while (left > 0)
        if (atomic_compare_exchange_weak(&clients->left_to_accept, &left, left - 1))
            return true;
    return false;
}

static void return_ticket(struct clients *clients)
{
    if (clients->options.exit_after > 0)
        atomic_fetch_add(&clients->left_to_accept, 1);
}

/* Whether accepting can go on at once after this errno of accept4(2), which also hands on errors of the new
 * socket. */
static bool accept_again(int error)
{
    return error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM;
}

static int accept_from(struct clients *clients, unsigned index)
{
    /* Not close-on-exec: it is the process itself that executes its successor, and any child closes all it
     * has. */
    int fd = accept4(clients->options.listeners->list[index].fd, NULL, NULL, SOCK_NONBLOCK);
    if (fd >= 0)
        return fd;
    int error = errno;
    return_ticket(clients);
    if (accept_again(error)) {
        (void)arm_listener(clients, index);
    } else {
        log_limit(LOG_CAUSE_ACCEPT, "Can't accept a client: %s; it waits", strerror(error));
        park(clients, index);
    }
    return -error;
}

/* The socket of a client that is counted, or a negative errno. */
static int accept_counted(struct clients *clients, unsigned index)
{
    if (atomic_load(&clients->draining))
        return -ESHUTDOWN;
    if (take_ticket(clients))
        return accept_from(clients, index);
    /* The last ticket may come back from an accept(2) that finds nobody. */
    park(clients, index);
    return -EAGAIN;
}

static void accept_client(struct clients *clients, unsigned worker, unsigned index)
{
    if (!reserve(clients)) {
        park(clients, index);
        /* A connection may have closed before it could see the mark. */
        if (clients_count(clients) < clients->max_connections)
            unpark(clients);
        return;
    }
    int fd = accept_counted(clients, index);
    if (fd < 0) {
        unreserve(clients);
        return;
    }
    assert((size_t)fd < clients->table_size);
    atomic_fetch_add_explicit(&clients->connections, 1, memory_order_relaxed);
    struct workspace *workspace = &clients->workspaces[worker];
    struct connection *connection = &clients->table[fd];
    slot_take(&connection->slot);
    raise_highest(clients, fd);
    want_sweep(clients);
    workspace_start_turn(workspace);
    connection_open(connection, fd, &clients->options.limits, workspace->now_usec);
    if (clients->options.exit_after > 0 && atomic_load(&clients->left_to_accept) == 0) {
        atomic_store(&clients->draining, true);
        call_main(clients);
    } else {
        (void)arm_listener(clients, index);
    }
    run_client(clients, workspace, connection);
}

void clients_ready(void *context, unsigned worker, uint64_t key, uint32_t events)
{
    (void)events; /* a hint at most: recv and send tell better what there is */
    struct clients *clients = context;
    if (key >= LISTENER_KEY) {
        accept_client(clients, worker, (unsigned)(key - LISTENER_KEY));
        return;
    }
    struct connection *connection = &clients->table[(uint32_t)key];
    if (slot_claim(&connection->slot, (uint32_t)(key >> 32)))
        run_client(clients, &clients->workspaces[worker], connection);
}

int clients_listen(struct clients *clients, struct pool *pool, bool taken_up)
{
    clients->pool = pool;
    if (clients_count(clients) > 0)
        want_sweep(clients);
    for (unsigned i = 0; i < clients->options.listeners->count; i++) {
        int fd = clients->options.listeners->list[i].fd;
        int r = taken_up ? arm_listener(clients, i) : pool_watch(pool, fd, EPOLLIN, LISTENER_KEY + i);
        if (r < 0)
            return r;
    }
    return 0;
}

int clients_event_fd(const struct clients *clients)
{
    return clients->event_fd;
}

unsigned clients_count(const struct clients *clients)
{
    return atomic_load(&clients->count);
}

bool clients_draining(const struct clients *clients)
{
    return atomic_load(&clients->draining);
}

void clients_drain(struct clients *clients)
{
    atomic_store(&clients->draining, true);
    for (unsigned i = 0; i < clients->options.listeners->count; i++)
        (void)pool_unwatch(clients->pool, clients->options.listeners->list[i].fd);
}

/* Whether a drain has to look at a connection, by what may be read without owning it. */
static bool drain_concerns(const struct clients *clients, const struct connection *connection,
                           int64_t now_usec, uint64_t grace_usec)
{
    int64_t deadline = atomic_load_explicit(&connection->deadline_usec, memory_order_relaxed);
    switch ((enum connection_phase)atomic_load_explicit(&connection->phase, memory_order_relaxed)) {
    case PHASE_IDLE:
        return true;
    case PHASE_FRESH: /* accepted so long ago */
        return deadline - (int64_t)clients->options.limits.head_usec + (int64_t)grace_usec <= now_usec;
    case PHASE_LINGERING: /* for a body that nobody waits for any more */
        return deadline > now_usec + CONNECTION_LINGER_USEC;
    default:
        return false;
    }
}

static void sweep_client(struct clients *clients, struct connection *connection, uint64_t grace_usec)
{
    struct workspace *workspace = &clients->workspaces[clients->options.pool_size];
    int64_t now = workspace->now_usec;
    struct slot_seen seen;
    if (!slot_is_waiting(&connection->slot, &seen))
        return;
    bool expired = atomic_load_explicit(&connection->deadline_usec, memory_order_relaxed) <= now;
    bool drained =
        !expired && clients_draining(clients) && drain_concerns(clients, connection, now, grace_usec);
    if ((!expired && !drained) || !slot_claim_seen(&connection->slot, seen))
        return;
    enum connection_want want = drained ? connection_drain(connection, workspace)
                                        : connection_expire(connection, workspace, &clients->options.limits);
    if (want == WANT_CLOSE)
        close_client(clients, connection);
    else
        arm_client(clients, connection, want);
}

static bool any_parked(const struct clients *clients)
{
    for (unsigned i = 0; i < clients->options.listeners->count; i++)
        if (atomic_load(&clients->parked[i]))
            return true;
    return false;
}

bool clients_sweep(struct clients *clients, uint64_t grace_usec)
{
    workspace_start_turn(&clients->workspaces[clients->options.pool_size]);
    int highest = atomic_load(&clients->highest_fd);
    for (int fd = 0; fd <= highest; fd++)
        sweep_client(clients, &clients->table[fd], grace_usec);
    bool parked = any_parked(clients);
    unpark(clients);
    if (parked || clients_count(clients) > 0)
        return true;
    /* A client may come, or a socket be parked, between the look and the mark: look again. */
    atomic_store(&clients->watched, false);
    return (clients_count(clients) > 0 || any_parked(clients)) && !atomic_exchange(&clients->watched, true);
}

unsigned clients_cut(struct clients *clients)
{
    unsigned cut = 0;
    int highest = atomic_load(&clients->highest_fd);
    for (int fd = 0; fd <= highest; fd++) {
        struct connection *connection = &clients->table[fd];
        struct slot_seen seen;
        if (!slot_is_waiting(&connection->slot, &seen))
            continue;
        bool mine = slot_claim_seen(&connection->slot, seen);
        assert(mine);
        connection->reason = REASON_CUT;
        close_client(clients, connection);
        cut++;
    }
    return cut;
}

struct clients_totals clients_totals(const struct clients *clients)
{
    return (struct clients_totals){
        .connections = atomic_load(&clients->connections),
        .requests = atomic_load(&clients->requests),
    };
}

struct totals_record {
    struct connection_limits limits;
    uint64_t connections, requests, left_to_accept;
    uint64_t count; /* of connections that follow */
};

void clients_put(const struct clients *clients, struct state *state)
{
    const struct totals_record totals = {
        .limits = clients->options.limits,
        .connections = atomic_load(&clients->connections),
        .requests = atomic_load(&clients->requests),
        .left_to_accept = atomic_load(&clients->left_to_accept),
        .count = clients_count(clients),
    };
    state_put(state, &totals, sizeof totals);
    int highest = atomic_load(&clients->highest_fd);
    for (int fd = 0; fd <= highest; fd++) {
        struct slot_seen seen;
        if (slot_is_waiting(&clients->table[fd].slot, &seen))
            connection_put(&clients->table[fd], state);
    }
}

static int get_client(struct clients *clients, const struct connection_limits *limits, struct state *state)
{
    struct connection connection;
    int r = connection_get(&connection, state);
    if (r < 0)
        return r;
    struct slot_seen seen;
    if ((size_t)connection.fd >= clients->table_size ||
        slot_is_waiting(&clients->table[connection.fd].slot, &seen)) {
        connection_close(&connection);
        return -EBADMSG;
    }
    struct connection *place = &clients->table[connection.fd];
    memcpy(place, &connection, sizeof connection);
    connection_change_limits(place, limits, &clients->options.limits);
    atomic_fetch_add(&clients->count, 1);
    raise_highest(clients, connection.fd);
    return 0;
}

int clients_get(struct clients *clients, struct state *state)
{
    struct totals_record totals;
    int r = state_get(state, &totals, sizeof totals);
    for (uint64_t i = 0; r == 0 && i < totals.count; i++)
        r = get_client(clients, &totals.limits, state);
    if (r < 0)
        return r;
    atomic_store(&clients->connections, totals.connections);
    atomic_store(&clients->requests, totals.requests);
    if (totals.left_to_accept > 0) {
        clients->options.exit_after = totals.left_to_accept;
        atomic_store(&clients->left_to_accept, totals.left_to_accept);
    }
    return 0;
}

/* The table covers every fd that the process can have, so that an fd is an index. */
static int make_table(struct clients *clients)
{
    clients->max_connections = fd_limit_connections(clients->options.max_connections, &clients->table_size);
    if (clients->max_connections == 0)
        return -EMFILE;
    /* Pages of it cost memory from their first use on only. */
    void *table = mmap(NULL, clients->table_size * sizeof *clients->table, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED)
        return -errno;
    clients->table = table;
    return 0;
}

static int make_workspaces(struct clients *clients)
{
    size_t n = clients->options.pool_size + 1;
    clients->workspaces = calloc(n, sizeof *clients->workspaces);
    if (!clients->workspaces)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        workspace_init(&clients->workspaces[i], clients->options.site);
    return 0;
}

int clients_new(struct clients **ret, const struct clients_options *options)
{
    struct clients *clients = calloc(1, sizeof *clients);
    if (!clients)
        return -ENOMEM;
    clients->options = *options;
    clients->left_to_accept = options->exit_after;
    clients->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int r = clients->event_fd < 0 ? -errno : make_workspaces(clients);
    if (r == 0)
        r = make_table(clients);
    if (r < 0) {
        clients_free(clients);
        return r;
    }
    *ret = clients;
    return 0;
}

void clients_free(struct clients *clients)
{
    if (!clients)
        return;
    assert(clients_count(clients) == 0);
    if (clients->table)
        munmap(clients->table, clients->table_size * sizeof *clients->table);
    if (clients->event_fd >= 0)
        close(clients->event_fd);
    free(clients->workspaces);
    free(clients);
}
