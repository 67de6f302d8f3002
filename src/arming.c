/* One event or every edge; see arming.h. */
#include "arming.h"

#include <sys/epoll.h>

/* A client that closes its half behind a request: both may come as one edge. */
#define CLOSED (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

static uint64_t key_of(const struct connection *connection, uint32_t turn)
{
    return (uint64_t)turn << 32 | (uint32_t)connection->fd;
}

/* While it waits for a timer nothing of the socket is to be heard. (If that fails, it costs empty turns.) */
static void silence(struct pool *pool, struct connection *connection)
{
    if (connection->armed_for_edges)
        (void)pool_arm(pool, connection->fd, 0, key_of(connection, 0));
    connection->armed_for_edges = false;
}

static int arm_timer(struct pool *pool, struct connection *connection, uint32_t turn)
{
    return pool_watch(pool, connection_timer(connection), EPOLLIN, key_of(connection, turn));
}

static int arm_socket(struct pool *pool, struct connection *connection, bool first, uint32_t events,
                      uint32_t turn)
{
    uint64_t key = key_of(connection, turn);
    return first ? pool_watch(pool, connection->fd, events, key)
                 : pool_arm(pool, connection->fd, events, key);
}

int arming_arm(struct pool *pool, struct connection *connection, enum connection_want want)
{
    bool first = !connection->watched, timer = want == WANT_TIMER;
    bool for_edges = want == WANT_READ && connection_phase(connection) != PHASE_LINGERING;
    uint32_t events = want == WANT_WRITE ? EPOLLOUT : for_edges ? EPOLLIN | EPOLLRDHUP | EPOLLET : EPOLLIN;
    if (timer)
        silence(pool, connection);
    else
        connection->watched = true;
    connection->armed_for_edges = for_edges;
    /* From here on another worker may have it. */
    uint32_t turn = slot_offer(&connection->slot);
    int r = timer ? arm_timer(pool, connection, turn) : arm_socket(pool, connection, first, events, turn);
    if (r == 0)
        slot_settle(&connection->slot, turn);
    else
        slot_withdraw(&connection->slot, turn);
    return r;
}

bool arming_lasts(const struct connection *connection, const struct workspace *workspace,
                  enum connection_want want, uint32_t events)
{
    return want == WANT_READ && connection->armed_for_edges && workspace->drained && !(events & CLOSED);
}
