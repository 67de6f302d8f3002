/* Half-closed, and reading on; see linger.h. */
#include "linger.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* For how many bytes the client's close is waited for, and how many are read in one turn, times the desk's
 * input. */
enum { BYTES_MAX = 64 << 20, READS_A_TURN = 16 };

/* How much of what was sent the client has yet to take; what can't be told counts as all. */
static uint32_t untaken(const struct connection *c)
{
    int bytes;
    return ioctl(c->fd, SIOCOUTQ, &bytes) == 0 && bytes >= 0 ? (uint32_t)bytes : UINT32_MAX;
}

void linger_note_untaken(struct connection *c)
{
    c->untaken = untaken(c);
}

uint64_t linger_count_taken(struct connection *c, uint64_t sent)
{
    uint64_t before = c->untaken + sent;
    linger_note_untaken(c);
    return before > c->untaken ? before - c->untaken : 0;
}

void linger_forgo(const struct connection *c)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

bool linger_may_close(const struct connection *c, const struct workspace *w)
{
    int unread;
    return w->input_start == w->input_end && ioctl(c->fd, FIONREAD, &unread) == 0 && unread == 0 &&
           untaken(c) == 0;
}

enum connection_want linger_start(struct connection *c, struct workspace *w, int64_t patience_usec)
{
    w->input_start = w->input_end = w->head_length = 0;
    if (shutdown(c->fd, SHUT_WR) < 0)
        return connection_give_up(c, REASON_BROKEN);
    linger_note_untaken(c);
    connection_set_phase(c, PHASE_LINGERING, w->now.usec + patience_usec);
    return WANT_READ;
}

/* What has come is read into the desk's input, and forgotten. */
static ssize_t throw_away(struct connection *c, struct workspace *w)
{
    ssize_t n;
    do
        n = recv(c->fd, w->input, sizeof w->input, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

enum connection_want linger_run(struct connection *c, struct workspace *w)
{
    for (int reads = 0; reads < READS_A_TURN; reads++) {
        ssize_t n = throw_away(c, w);
        if (n == -EAGAIN)
            return WANT_READ;
        if (n <= 0)
            return WANT_CLOSE;
        c->thrown_away += (uint32_t)n;
        if (c->thrown_away > BYTES_MAX)
            return WANT_CLOSE;
    }
    return WANT_READ;
}
