/* One event or every edge; see arming.h. */
#include "arming.h"

#include <sys/epoll.h>

/* A client that closes its half behind a request: both may come as one edge. */
#define CLOSED (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

static uint64_t key_of(int fd, uint32_t turn)
{
    return (uint64_t)turn << 32 | (uint32_t)fd;
}

/* While it waits for a timer nothing of the socket is to be heard. (If that fails, it costs empty turns.) */
static void silence(struct pool *pool, struct connection *connection)
{
    if (connection->armed_for_edges)
        (void)pool_arm(pool, connection->fd, 0, key_of(connection->fd, 0));
}

int arming_arm(struct pool *pool, struct connection *connection, enum connection_want want)
{
    bool timer = want == WANT_TIMER, first = timer || !connection->watched;
    bool for_edges = want == WANT_READ && connection_phase(connection) != PHASE_LINGERING;
    int fd = timer ? connection_timer(connection) : connection->fd, slot_number = connection->fd;
    uint32_t events = want == WANT_WRITE ? EPOLLOUT : for_edges ? EPOLLIN | EPOLLRDHUP | EPOLLET : EPOLLIN;
    if (timer)
        silence(pool, connection);
    else
        connection->watched = true;
    connection->armed_for_edges = for_edges;
    /* From here on nothing of it may be looked at but the slot: once armed, it is another worker's. */
    uint32_t turn = slot_offer(&connection->slot);
    uint64_t key = key_of(slot_number, turn);
    int r = first ? pool_watch(pool, fd, events, key) : pool_arm(pool, fd, events, key);
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
