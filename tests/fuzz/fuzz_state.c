/*
 * What one process image hands to the next. The first line is a number: which connection is laid down. Each
 * further line is "OFFSET VALUE WIDTH": so many octets of its record become that number, or, where the width
 * is 0, the record ends there. A record that is taken must be one that the connection can go on with,
 * whatever it says.
 */
#include "wire.h"

#include "connection_state.h"

#include "http/octet.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What was said to connections that wait, each in another phase. */
static const char *const said[] = {
    "",
    "GET / HTTP/1.1\r\nHos",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123",
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /big HTTP/1.1\r\nHost: x\r\n\r\nGET /",
    "GET /sleep HTTP/1.1\r\nHost: x\r\n\r\nGET /",
    "GET / HTTP/1.0\r\n\r\nmore",
    "GET /big HTTP/1.1\r\nHost: x\r\nRange: bytes=0-99999,100001-149999,160000-\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7;a=\"b\r",
};

enum { SAID = sizeof said / sizeof *said, RECORD_MAX = 1 << 20 };

struct record {
    size_t length;
    char data[RECORD_MAX];
};

/* A state of these records, as the successor opens it. */
static void open_state(const struct record *record, struct state *ret)
{
    struct state state;
    int fd, r = state_create(&state);
    assert(r == 0);
    state_put(&state, record->data, record->length);
    r = state_finish(&state, &fd);
    assert(r == 0);
    int taken = dup(fd);
    state_close(&state);
    r = state_open(ret, taken);
    assert(r == 0);
}

/* The records of a state without its mark. */
static void lay_down(const struct connection *connection, struct record *ret)
{
    struct state state;
    int fd, r = state_create(&state);
    assert(r == 0);
    off_t mark = (off_t)state.length;
    connection_put(connection, &state);
    r = state_finish(&state, &fd);
    assert(r == 0);
    ssize_t n = pread(fd, ret->data, sizeof ret->data, mark);
    assert(n > 0 && n < RECORD_MAX);
    ret->length = (size_t)n;
    state_close(&state);
}

/* A connection that has had its turn with what is said, laid down. */
static void make_record(unsigned which, struct record *ret)
{
    wire_open();
    driven_say(said[which % SAID]);
    enum connection_want want = driven_run(1001);
    assert(want != WANT_CLOSE);
    slot_take(&driven.connection.slot);
    slot_settle(&driven.connection.slot, slot_offer(&driven.connection.slot));
    lay_down(&driven.connection, ret);
    wire_close();
}

static uint64_t next_number(struct str *line)
{
    while (line->length > 0 && !octet_is(line->data[0], OCTET_DIGIT))
        *line = str_after(*line, 1);
    uint64_t number = fuzz_number(*line, UINT64_MAX);
    *line = str_after(*line, octet_span(*line, OCTET_DIGIT));
    return number;
}

static void edit(struct record *record, struct str line)
{
    uint64_t offset = next_number(&line), value = next_number(&line), width = next_number(&line);
    if (width > sizeof value || offset > record->length || record->length - offset < width)
        return;
    memcpy(record->data + offset, &value, width);
    if (width == 0)
        record->length = offset;
}

/* fds of its own in the place of those that the record names. */
static void lend_fds(struct connection *connection, int socket)
{
    struct unfinished *u = connection->unfinished;
    connection->fd = socket;
    if (u && u->timer_fd >= 0) {
        u->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        assert(u->timer_fd >= 0);
        timerfd_settime(u->timer_fd, 0, &(struct itimerspec){.it_value = {.tv_nsec = 1}}, NULL);
    }
    if (u && u->file_fd >= 0) {
        char *path = tree_path(driven.tree, "big");
        u->file_fd = open(path, O_RDONLY | O_CLOEXEC);
        assert(u->file_fd >= 0);
        free(path);
    }
}

/* Laid down and taken up again it is the same. */
static void check_again(const struct connection *connection)
{
    static struct record once, twice;
    struct state state;
    struct connection again;
    lay_down(connection, &once);
    open_state(&once, &state);
    int r = connection_get(&again, &state);
    assert(r == 0);
    state_close(&state);
    lay_down(&again, &twice);
    assert(once.length == twice.length && memcmp(once.data, twice.data, once.length) == 0);
    free(again.unfinished); /* its fds are not its own */
}

static void go_on(uint64_t seed)
{
    static const enum connection_want wants[] = {
        [PHASE_FRESH] = WANT_READ,     [PHASE_HEAD] = WANT_READ,     [PHASE_BODY] = WANT_READ,
        [PHASE_IDLE] = WANT_READ,      [PHASE_SENDING] = WANT_WRITE, [PHASE_SLEEPING] = WANT_TIMER,
        [PHASE_LINGERING] = WANT_READ,
    };
    struct wire_talk talk = {.unsaid = STR("/ HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
                             .manner = {.seed = seed, .disturbed = seed != 0}};
    wire_play(&talk, wants[atomic_load(&driven.connection.phase)]);
    free(talk.heard);
}

static void take_up(const struct record *record, uint64_t seed)
{
    struct state state;
    struct connection connection;
    open_state(record, &state);
    int r = connection_get(&connection, &state);
    assert(r == 0 || r == -EBADMSG);
    state_close(&state);
    if (r < 0)
        return;
    wire_open();
    lend_fds(&connection, driven.connection.fd);
    check_again(&connection);
    driven.connection = connection;
    connection_change_limits(&driven.connection, &driven.limits, &driven.limits);
    bool mine = slot_claim(&driven.connection.slot, slot_word(&driven.connection.slot) >> 2);
    assert(mine);
    go_on(seed);
    wire_close();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct record record;
    struct str rest = {(const char *)data, size}, line;
    make_record((unsigned)fuzz_number(fuzz_line(&rest), 0), &record);
    while (str_next(&rest, '\n', &line))
        edit(&record, line);
    take_up(&record, 0);
    take_up(&record, size);
    return 0;
}
