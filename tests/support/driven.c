/* A connection without a server round it; see driven.h. */
#include "driven.h"

#include "connection_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct driven driven;

int driven_set_up(void **state)
{
    (void)state;
    static const char *const index[] = {"hello.html", NULL};
    driven.tree = tree_make();
    tree_text(driven.tree, "hello.html", "hello");
    tree_noise(driven.tree, "big", DRIVEN_BIG, 1);
    assert_int_equal(document_root_open(tree_root(driven.tree), index, "/nonexistent", &driven.site.root), 0);
    driven.site.sleep_usec = 1000;
    driven.site.limits = (struct request_limits){
        .request_line = 8 << 10, .head = 16 << 10, .fields = 100, .body = DRIVEN_BODY_MAX};
    driven.limits = (struct connection_limits){
        .head_usec = 10, .idle_usec = 20, .body_usec = 30, .request_usec = 35, .send_usec = 40};
    driven.draining = false;
    static const struct peer local;
    driven.context = (struct connection_context){
        .site = &driven.site, .limits = &driven.limits, .draining = &driven.draining, .peer = &local};
    driven_open();
    return 0;
}

void driven_open(void)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &(int){DRIVEN_SEND_BUFFER}, sizeof(int)), 0);
    driven.client = pair[0];
    workspace_init(&driven.workspace, &driven.site, driven.access, 0);
    workspace_start_turn(&driven.workspace);
    driven.workspace.now.usec = 1000;
    driven.connection = (struct connection){0};
    connection_open(&driven.connection, pair[1], &driven.limits, 1000);
}

void driven_close(void)
{
    connection_close(&driven.connection);
    close(driven.connection.fd);
    if (driven.client >= 0)
        close(driven.client);
}

int driven_tear_down(void **state)
{
    (void)state;
    driven_close();
    document_root_close(&driven.site.root);
    tree_remove_all();
    return 0;
}

void driven_say(const char *text)
{
    assert_int_equal(send(driven.client, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void assert_outlives_exec(int fd)
{
    if (fd >= 0)
        assert_int_equal(fcntl(fd, F_GETFD), 0);
}

/* The connection as it waits for its turn; the other way round after it. */
static uint32_t offer_slot(struct slot *slot)
{
    slot_take(slot);
    uint32_t turn = slot_offer(slot);
    slot_settle(slot, turn);
    return turn;
}

static void put(const struct connection *connection, struct state *ret)
{
    struct state state;
    int fd;
    assert_int_equal(state_create(&state), 0);
    connection_put(connection, &state);
    assert_int_equal(state_finish(&state, &fd), 0);
    if (connection->unfinished) {
        assert_outlives_exec(connection->unfinished->timer_fd);
        assert_outlives_exec(connection->unfinished->file_fd);
    }
    int taken = dup(fd);
    state_close(&state);
    assert_int_equal(state_open(ret, taken), 0);
}

void driven_carry(void)
{
    struct connection *connection = &driven.connection;
    struct state state;
    char beyond;
    int64_t now_usec = driven.workspace.now.usec;
    uint32_t turn = offer_slot(&connection->slot);
    put(connection, &state);
    free(connection->unfinished);
    memset(connection, 0xa5, sizeof *connection);
    memset(&driven.workspace, 0xa5, sizeof driven.workspace);
    driven.workspace.parsed.length = 0;
    workspace_init(&driven.workspace, &driven.site, driven.access, 0);
    workspace_start_turn(&driven.workspace);
    driven.workspace.now.usec = now_usec;
    assert_int_equal(connection_get(connection, &state), 0);
    assert_int_equal(state_get(&state, &beyond, 1), -EBADMSG);
    state_close(&state);
    assert_true(slot_claim(&connection->slot, turn));
    slot_release(&connection->slot);
}

static bool carries_on;

void driven_carry_on(bool always)
{
    carries_on = always;
}

enum connection_want driven_run(int64_t now_usec)
{
    driven.workspace.now.usec = now_usec;
    enum connection_want want = connection_run(&driven.connection, &driven.workspace, &driven.context);
    if (carries_on && want != WANT_CLOSE)
        driven_carry();
    return want;
}

char *driven_receive(size_t *length)
{
    static char buffer[1 << 20];
    ssize_t n = recv(driven.client, buffer, sizeof buffer - 1, MSG_DONTWAIT);
    assert_true(n >= 0 || errno == EAGAIN);
    *length = n > 0 ? (size_t)n : 0;
    buffer[*length] = '\0';
    return buffer;
}

char *driven_receive_text(void)
{
    size_t length;
    return driven_receive(&length);
}

void driven_assert_end(void)
{
    char byte;
    assert_int_equal(recv(driven.client, &byte, 1, MSG_DONTWAIT), 0);
}

void driven_assert_phase(enum connection_phase phase, int64_t deadline)
{
    assert_int_equal(atomic_load(&driven.connection.phase), phase);
    assert_int_equal(atomic_load(&driven.connection.deadline_usec), deadline);
}

unsigned driven_count(const char *text, const char *word)
{
    unsigned n = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        n++;
    return n;
}
