/*
 * The table of connections and the way of an event through it. Every event's key names a slot and a turn of
 * it, or a listening socket; slot.h says who may touch what, and when.
 */
#include "clients.h"

#include "admission.h"
#include "arming.h"
#include "attention.h"
#include "connection_state.h"
#include "connection_table.h"
#include "excess.h"
#include "fd_limit.h"
#include "linger.h"
#include "log.h"
#include "pages.h"
#include "tally.h"
#include "trouble.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct clients {
    struct clients_options options;
    struct pool *pool;
    struct connection_table table;
    struct workspace *workspaces; /* one a worker, and the last one for the main thread */
    struct address_table *addresses;
    struct attention attention;
    struct admission admission;
    struct tally_probe probe;
    unsigned transfers; /* found by the last sweep; the main thread's */
    _Atomic uint64_t requests;
};

_Static_assert((int)REASON_COUNT <= (int)COUNTERS_REASONS, "a counter for each");

static void close_client(struct clients *clients, struct workspace *workspace, struct connection *connection)
{
    int fd = connection->fd;
    address_table_leave(clients->addresses, &clients->table.peers[fd]);
    counter_add(&workspace->counters.closes[connection->reason], 1);
    log_debug("Connection %d ended after %u requests: %s", fd, connection->requests,
              connection_reason_text(connection->reason));
    atomic_fetch_add_explicit(&clients->requests, connection->requests, memory_order_relaxed);
    connection_cut(connection, workspace, &clients->table.peers[fd]);
    if (connection->reason == REASON_SEND_TIMEOUT)
        linger_forgo(connection);
    connection_close(connection);
    slot_release(&connection->slot);
    close(fd);
    admission_leave(&clients->admission);
}

static void arm_client(struct clients *clients, struct workspace *workspace, struct connection *connection,
                       enum connection_want want)
{
    int r = arming_arm(clients->pool, connection, want);
    if (r == 0)
        return;
    trouble_with_connection("watch", r);
    connection->reason = REASON_MEMORY;
    close_client(clients, workspace, connection);
}

static struct connection_context context_of(const struct clients *clients,
                                            const struct connection *connection)
{
    return (struct connection_context){
        .site = clients->options.site,
        .limits = &clients->options.limits,
        .draining = &clients->admission.draining,
        .peer = &clients->table.peers[connection->fd],
        .addresses = address_table_limits_requests(clients->addresses) ? clients->addresses : NULL,
    };
}

static void run_client(struct clients *clients, struct workspace *workspace, struct connection *connection,
                       uint32_t events)
{
    const struct connection_context context = context_of(clients, connection);
    enum connection_want want = connection_run(connection, workspace, &context);
    connection_table_note(&clients->table, connection);
    if (want == WANT_CLOSE)
        close_client(clients, workspace, connection);
    else if (!arming_lasts(connection, workspace, want, events) || !slot_give_back(&connection->slot))
        arm_client(clients, workspace, connection, want);
}

static void turn_away(struct clients *clients, struct workspace *workspace, struct connection *connection)
{
    enum connection_want want = connection_turn_away(
        connection, workspace, &clients->table.peers[connection->fd], 429, REASON_ADDRESS);
    if (want == WANT_CLOSE)
        close_client(clients, workspace, connection);
    else
        arm_client(clients, workspace, connection, want);
}

/* One that was accepted by that socket and is told nothing. */
static void refuse(struct clients *clients, struct workspace *workspace, unsigned index, int fd,
                   enum connection_reason reason)
{
    close(fd);
    counter_add(&workspace->counters.closes[reason], 1);
    admission_go_on(&clients->admission, index);
    admission_leave(&clients->admission);
}

static void accept_client(struct clients *clients, struct workspace *workspace, unsigned index)
{
    struct peer peer;
    unsigned refused = 0;
    uint64_t id;
    int fd = admission_accept(&clients->admission, index, &peer, &id);
    if (fd < 0)
        return;
    assert((size_t)fd < clients->table.places);
    counter_add(&workspace->counters.accepted, 1);
    if (!connection_table_make_room(&clients->table, fd)) {
        trouble_with_connection("keep", -ENOMEM);
        refuse(clients, workspace, index, fd, REASON_MEMORY);
        return;
    }
    enum address_verdict verdict =
        address_table_enter(clients->addresses, &peer, workspace->now.usec, &refused);
    if (verdict != ADDRESS_WELCOME)
        excess_of_connections(clients->addresses, &peer, refused);
    if (verdict == ADDRESS_EXCESS) {
        refuse(clients, workspace, index, fd, REASON_ADDRESS);
        return;
    }
    struct connection *connection = &clients->table.connections[fd];
    slot_take(&connection->slot);
    clients->table.peers[fd] = peer;
    attention_want_sweep(&clients->attention);
    connection_open(connection, fd, &clients->options.limits, workspace->now.usec);
    connection->id = id;
    admission_go_on(&clients->admission, index);
    if (verdict == ADDRESS_WELCOME)
        run_client(clients, workspace, connection, 0);
    else
        turn_away(clients, workspace, connection);
}

void clients_ready(void *context, unsigned worker, uint64_t key, uint32_t events)
{
    struct clients *clients = context;
    struct workspace *workspace = &clients->workspaces[worker];
    workspace_start_turn(workspace);
    if (key >= ADMISSION_KEY)
        accept_client(clients, workspace, (unsigned)(key - ADMISSION_KEY));
    else if (slot_claim(&clients->table.connections[arming_fd(key)].slot, arming_turn(key)))
        run_client(clients, workspace, &clients->table.connections[arming_fd(key)], events);
    workspace_end_turn(workspace);
}

int clients_listen(struct clients *clients, struct pool *pool, bool taken_up)
{
    clients->pool = pool;
    if (clients_count(clients) > 0)
        attention_want_sweep(&clients->attention);
    return admission_begin(&clients->admission, pool, taken_up);
}

int clients_event_fd(const struct clients *clients)
{
    return clients->attention.fd;
}

unsigned clients_count(const struct clients *clients)
{
    return admission_clients(&clients->admission);
}

bool clients_draining(const struct clients *clients)
{
    return admission_draining(&clients->admission);
}

void clients_drain(struct clients *clients)
{
    admission_drain(&clients->admission);
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
        return deadline > now_usec + LINGER_USEC;
    default:
        return false;
    }
}

/* Its time is over. Who was too slow at something is told of; who never began was not. */
static enum connection_want expire_client(struct clients *clients, struct workspace *workspace,
                                          struct connection *connection)
{
    enum connection_phase phase = connection_phase(connection);
    const struct connection_context context = context_of(clients, connection);
    enum connection_want want = connection_expire(connection, workspace, &context);
    bool over = want == WANT_CLOSE || connection->reason != REASON_NONE;
    if (over && (phase == PHASE_HEAD || phase == PHASE_BODY || phase == PHASE_SENDING))
        excess_of_time(&clients->table.peers[connection->fd], connection_reason_text(connection->reason));
    return want;
}

enum due { DUE_NOTHING, DUE_EXPIRY, DUE_DRAIN };

static enum due what_is_due(const struct clients *clients, const struct connection *connection, int64_t now,
                            uint64_t grace_usec)
{
    if (atomic_load_explicit(&connection->deadline_usec, memory_order_relaxed) <= now)
        return DUE_EXPIRY;
    bool drains = clients_draining(clients) && drain_concerns(clients, connection, now, grace_usec);
    return drains ? DUE_DRAIN : DUE_NOTHING;
}

static void sweep_client(struct clients *clients, struct connection *connection, uint64_t grace_usec)
{
    struct workspace *workspace = &clients->workspaces[clients->options.pool_size];
    int64_t now = workspace->now.usec;
    struct slot_seen seen;
    if (!slot_is_waiting(&connection->slot, &seen))
        return;
    clients->transfers += connection_phase(connection) == PHASE_SENDING;
    if (what_is_due(clients, connection, now, grace_usec) == DUE_NOTHING ||
        !slot_claim_seen(&connection->slot, seen))
        return;
    /* A worker may have served it and given it back in between. */
    enum due due = what_is_due(clients, connection, now, grace_usec);
    enum connection_want want = due == DUE_NOTHING ? WANT_READ
                                : due == DUE_DRAIN ? connection_drain(connection, workspace)
                                                   : expire_client(clients, workspace, connection);
    if (want == WANT_CLOSE)
        close_client(clients, workspace, connection);
    else
        arm_client(clients, workspace, connection, want);
}

bool clients_sweep(struct clients *clients, uint64_t grace_usec)
{
    workspace_start_turn(&clients->workspaces[clients->options.pool_size]);
    clients->transfers = 0;
    struct connection *connection;
    for (int fd = 0; (connection = connection_table_next_waiting(&clients->table, &fd)); fd++)
        sweep_client(clients, connection, grace_usec);
    address_table_sweep(clients->addresses, clients->workspaces[clients->options.pool_size].now.usec);
    if (admission_unpark(&clients->admission) || clients_count(clients) > 0)
        return true;
    /* A client may come, or a socket be parked, between the look and the mark: look again. */
    attention_end_watch(&clients->attention);
    return (clients_count(clients) > 0 || admission_any_parked(&clients->admission)) &&
           attention_take_watch(&clients->attention);
}

unsigned clients_cut(struct clients *clients)
{
    struct workspace *workspace = &clients->workspaces[clients->options.pool_size];
    unsigned cut = 0;
    workspace_start_turn(workspace);
    struct connection *connection;
    for (int fd = 0; (connection = connection_table_next_waiting(&clients->table, &fd)); fd++) {
        struct slot_seen seen;
        bool mine = slot_is_waiting(&connection->slot, &seen) && slot_claim_seen(&connection->slot, seen);
        assert(mine);
        connection->reason = REASON_CUT;
        close_client(clients, workspace, connection);
        cut++;
    }
    return cut;
}

struct clients_totals clients_totals(const struct clients *clients)
{
    return (struct clients_totals){
        .connections = atomic_load(&clients->admission.accepted),
        .requests = atomic_load(&clients->requests),
    };
}

void clients_measure(struct clients *clients, struct clients_measures *ret)
{
    unsigned workers = clients->options.pool_size;
    *ret = (struct clients_measures){
        .workers = workers,
        .max_connections = clients->admission.max_clients,
        .draining = clients_draining(clients),
        .cache_bytes = cache_bytes(clients->options.site->cache),
        .access = access_totals(clients->options.access),
    };
    tally_sum(clients->workspaces, workers, &ret->counters);
    for (unsigned i = 0; i < workers; i++)
        ret->busy_nsec[i] = counter_get(&clients->workspaces[i].counters.service.sum_nsec);
    unsigned waiting = 0;
    const struct connection *connection;
    for (int fd = 0; (connection = connection_table_next_waiting(&clients->table, &fd)); fd++) {
        ret->waiting[connection_phase(connection)]++;
        waiting++;
    }
    /* Those who come and go meanwhile make it a little more or less. */
    unsigned all = clients_count(clients);
    ret->in_hand = all > waiting ? all - waiting : 0;
}

struct clients_pulse clients_pulse(const struct clients *clients)
{
    struct counters counters;
    struct clients_pulse pulse = {.connections = clients_count(clients), .transfers = clients->transfers};
    tally_sum(clients->workspaces, clients->options.pool_size, &counters);
    for (unsigned method = 0; method < COUNTERS_METHODS; method++)
        for (unsigned class = 0; class < COUNTERS_CLASSES; class ++)
            pulse.answers += counter_get(&counters.answers[method][class]);
    return pulse;
}

void clients_probe_queue(struct clients *clients)
{
    tally_probe_queue(&clients->probe, clients->pool);
}

struct totals_record {
    struct connection_limits limits;
    uint64_t connections, requests, left_to_accept;
    uint64_t count; /* of connections */
};

void clients_put(const struct clients *clients, struct state *state)
{
    const struct totals_record totals = {
        .limits = clients->options.limits,
        .connections = atomic_load(&clients->admission.accepted),
        .requests = atomic_load(&clients->requests),
        .left_to_accept = atomic_load(&clients->admission.tickets),
        .count = clients_count(clients),
    };
    state_put(state, &totals, sizeof totals);
    tally_put(clients->workspaces, clients->options.pool_size, state);
    address_table_put(clients->addresses, state);
    connection_table_put(&clients->table, state);
}

/* Where what was handed over is not sound, whoever waits is counted one by one, to be closed. */
static void count_anew(struct clients *clients)
{
    unsigned count = 0;
    address_table_clear(clients->addresses);
    for (int fd = 0; connection_table_next_waiting(&clients->table, &fd); fd++, count++)
        address_table_take_up(clients->addresses, &clients->table.peers[fd]);
    admission_take_up(&clients->admission, count);
}

static int take_up(struct clients *clients, uint64_t connections, struct state *state)
{
    struct workspace *workspace = &clients->workspaces[clients->options.pool_size];
    uint64_t from_elsewhere;
    workspace_start_turn(workspace);
    int r = address_table_get(clients->addresses, state, workspace->now.usec, &from_elsewhere);
    if (r == 0 && (connections > FD_LIMIT_MAX || from_elsewhere > connections))
        r = -EBADMSG;
    struct connection_table_census census = {(unsigned)connections, (unsigned)from_elsewhere};
    if (r == 0)
        r = connection_table_get(&clients->table, state, &census);
    if (r == 0 && (census.connections != connections || census.from_elsewhere != from_elsewhere))
        r = -EBADMSG;
    if (r < 0)
        count_anew(clients);
    else
        admission_take_up(&clients->admission, census.connections);
    return r;
}

static void change_limits(struct clients *clients, const struct connection_limits *old)
{
    struct connection *connection;
    if (memcmp(old, &clients->options.limits, sizeof *old) == 0)
        return;
    for (int fd = 0; (connection = connection_table_next_waiting(&clients->table, &fd)); fd++)
        connection_change_limits(connection, old, &clients->options.limits);
}

int clients_get(struct clients *clients, struct state *state)
{
    struct totals_record totals;
    int r = state_get(state, &totals, sizeof totals);
    if (r == 0)
        r = tally_get(clients->workspaces, clients->options.pool_size, state);
    if (r == 0)
        r = take_up(clients, totals.count, state);
    if (r < 0)
        return r;
    change_limits(clients, &totals.limits);
    atomic_store(&clients->admission.accepted, totals.connections);
    atomic_store(&clients->requests, totals.requests);
    if (totals.left_to_accept > 0) {
        clients->admission.counted_out = true;
        atomic_store(&clients->admission.tickets, totals.left_to_accept);
    }
    return 0;
}

/* The tables cover every fd that the process can have, so that an fd is an index. */
static int make_tables(struct clients *clients)
{
    const struct clients_options *options = &clients->options;
    size_t fds;
    unsigned max = fd_limit_connections(options->max_connections, options->pool_size, &fds);
    if (max == 0)
        return -EMFILE;
    admission_init(&clients->admission, options->listeners, &clients->attention, max, options->exit_after);
    int r = 0;
    if (options->resumes)
        connection_table_await(&clients->table, fds);
    else
        r = connection_table_make(&clients->table, fds);
    return r < 0 ? r : address_table_new(&clients->addresses, &options->address_limits, (unsigned)fds);
}

static int make_workspaces(struct clients *clients)
{
    size_t n = clients->options.pool_size + 1;
    /* Zeroed pages, aligned as the desks are. */
    clients->workspaces = pages_map(n * sizeof *clients->workspaces);
    if (!clients->workspaces)
        return -ENOMEM;
    for (unsigned i = 0; i < n; i++)
        workspace_init(&clients->workspaces[i], clients->options.site, clients->options.access, i);
    clients->probe.desks = clients->workspaces;
    return 0;
}

int clients_new(struct clients **ret, const struct clients_options *options)
{
    struct clients *clients = calloc(1, sizeof *clients);
    if (!clients)
        return -ENOMEM;
    clients->options = *options;
    int r = attention_open(&clients->attention);
    if (r == 0)
        r = make_workspaces(clients);
    if (r == 0)
        r = make_tables(clients);
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
    connection_table_end(&clients->table);
    address_table_free(clients->addresses);
    attention_close(&clients->attention);
    unsigned desks = clients->workspaces ? clients->options.pool_size + 1 : 0;
    for (unsigned i = 0; i < desks; i++)
        workspace_end(&clients->workspaces[i]);
    pages_unmap(clients->workspaces, desks * sizeof *clients->workspaces);
    free(clients);
}
