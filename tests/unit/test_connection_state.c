/* Every state that a connection can be in is carried over; what is cut or wrong is refused, or does no harm.
 */
#include "../support/driven.h"

#include "connection_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST DRIVEN_HOST "\r\n"

/* As far as a state is cut and changed at every octet: records, stretches and heads, not a page's text. */
enum { NEAR = 700, FAR_STEP = 4999 };

static void be_fresh(void)
{
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_FRESH, 1010);
}

static void have_part_of_a_head(void)
{
    driven_say("GET / HTTP/1.1\r\nHo");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_HEAD, 1010);
}

static void have_part_of_a_body(void)
{
    driven_say("POST / HTTP/1.1\r\nContent-Length: 100\r\n" HOST "begun");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1031);
}

static void have_part_of_a_chunk(void)
{
    driven_say("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" HOST "10;a=\"b");
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_BODY, 1031);
}

static void be_idle(void)
{
    driven_say("GET / HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    driven_assert_phase(PHASE_IDLE, 1021);
}

/* Heads and small pages only. */
static void have_bytes_to_send(void)
{
    char some[20 * 40], *end = some;
    for (unsigned i = 0; i < 20; i++)
        end = stpcpy(end, "GET / HTTP/1.1\r\n" HOST);
    unsigned turns = 0;
    do {
        assert_true(turns++ < 500);
        driven_say(some);
    } while (driven_run(1001) != WANT_WRITE || driven.connection.unfinished->output_length == 0);
    assert_int_equal(driven.connection.unfinished->stretch_count, 0);
    assert_true(driven.connection.unfinished->output_length > 0);
}

static void have_a_file_to_send(void)
{
    driven_say("GET /big HTTP/1.1\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    assert_int_equal(driven.connection.unfinished->stretch_count, 1);
}

static void have_a_file_to_send_and_requests_behind(void)
{
    driven_say("GET /big HTTP/1.1\r\n" HOST "GET / HTTP/1.1\r\n" HOST "HEAD / HT");
    assert_int_equal(driven_run(1001), WANT_WRITE);
    assert_true(driven.connection.unfinished->input_length > 0);
}

static void have_ranges_to_send(void)
{
    driven_say("GET /big HTTP/1.1\r\nRange: bytes=0-199999,500000-1499999,2000000-2999999\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_WRITE);
    const struct unfinished *unfinished = driven.connection.unfinished;
    assert_true(unfinished->stretch_count > 1 && unfinished->output_length > 0);
}

static void sleep_a_while(void)
{
    driven_say("GET /sleep HTTP/1.1\r\n" HOST "GET / HTTP/1.1\r\n");
    assert_int_equal(driven_run(1001), WANT_TIMER);
    driven_assert_phase(PHASE_SLEEPING, INT64_MAX);
}

static void linger_a_while(void)
{
    driven_say("GET / HTTP/1.1\r\nBad Field: x\r\n" HOST);
    assert_int_equal(driven_run(1001), WANT_READ);
    assert_int_equal(atomic_load(&driven.connection.phase), PHASE_LINGERING);
    driven_say("some more");
    assert_int_equal(driven_run(1002), WANT_READ);
    assert_int_equal(driven.connection.thrown_away, 9);
}

static void (*const states[])(void) = {
    be_fresh,
    have_part_of_a_head,
    have_part_of_a_body,
    have_part_of_a_chunk,
    be_idle,
    have_bytes_to_send,
    have_a_file_to_send,
    have_a_file_to_send_and_requests_behind,
    have_ranges_to_send,
    sleep_a_while,
    linger_a_while,
};

enum { STATES = sizeof states / sizeof *states };

static void start_anew(void)
{
    driven_tear_down(NULL);
    driven_set_up(NULL);
}

/* The records of the connection, without the mark of a state; to be freed. */
static char *records_of_the_connection(size_t *length)
{
    struct state empty, full;
    struct stat before, after;
    int fd;
    assert_int_equal(state_create(&empty), 0);
    assert_int_equal(state_finish(&empty, &fd), 0);
    assert_int_equal(fstat(fd, &before), 0);
    state_close(&empty);
    slot_take(&driven.connection.slot);
    slot_settle(&driven.connection.slot, slot_offer(&driven.connection.slot));
    assert_int_equal(state_create(&full), 0);
    connection_put(&driven.connection, &full);
    assert_int_equal(state_finish(&full, &fd), 0);
    assert_int_equal(fstat(fd, &after), 0);
    *length = (size_t)(after.st_size - before.st_size);
    char *records = malloc(*length);
    assert_non_null(records);
    assert_int_equal(pread(fd, records, *length, before.st_size), *length);
    state_close(&full);
    return records;
}

/* connection_get() from a sound state with these records. */
static int get_from(const char *records, size_t length, struct connection *ret)
{
    struct state out, in;
    int fd;
    assert_int_equal(state_create(&out), 0);
    state_put(&out, records, length);
    assert_int_equal(state_finish(&out, &fd), 0);
    int kept = dup(fd);
    state_close(&out);
    assert_int_equal(state_open(&in, kept), 0);
    *ret = (struct connection){0};
    int r = connection_get(ret, &in);
    state_close(&in);
    return r;
}

static unsigned count_fds(void)
{
    unsigned count = 0;
    DIR *entries = opendir("/proc/self/fd");
    assert_non_null(entries);
    while (readdir(entries))
        count++;
    closedir(entries);
    return count;
}

/* All that a connection is comes out again, to the last octet. */
static void what_comes_out_goes_in_again(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STATES; i++) {
        size_t length, again;
        struct connection got;
        states[i]();
        char *records = records_of_the_connection(&length);
        assert_int_equal(get_from(records, length, &got), 0);
        free(driven.connection.unfinished);
        memcpy(&driven.connection, &got, sizeof got);
        assert_true(slot_claim(&driven.connection.slot, slot_word(&got.slot) >> 2));
        slot_release(&driven.connection.slot);
        /* The slot's next turn is another one; the rest is the same. */
        char *other = records_of_the_connection(&again);
        assert_int_equal(again, length);
        assert_memory_equal(other, records, sizeof(int64_t));
        assert_memory_equal(other + sizeof(int64_t) + sizeof(uint32_t),
                            records + sizeof(int64_t) + sizeof(uint32_t),
                            length - sizeof(int64_t) - sizeof(uint32_t));
        free(records), free(other);
        start_anew();
    }
}

static void what_is_cut_is_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STATES; i++) {
        size_t length;
        struct connection got;
        states[i]();
        unsigned fds = count_fds();
        char *records = records_of_the_connection(&length);
        for (size_t n = 0; n < length; n += n < NEAR ? 1 : FAR_STEP) {
            assert_int_equal(get_from(records, n, &got), -EBADMSG);
            assert_null(got.unfinished);
        }
        assert_int_equal(count_fds(), fds);
        free(records);
        start_anew();
    }
}

/* Gives it fds of its own, whatever it thinks it has, and lets it go on. */
static void live(struct connection *connection)
{
    static char buffer[1 << 20];
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    connection->fd = pair[0];
    struct unfinished *unfinished = connection->unfinished;
    if (unfinished && unfinished->file_fd >= 0)
        unfinished->file_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (unfinished && unfinished->timer_fd >= 0)
        unfinished->timer_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(send(pair[1], "more\r\n\r\n", 8, MSG_NOSIGNAL), 8);
    workspace_start_turn(&driven.workspace);
    for (int turns = 0; turns < 3; turns++) {
        if (connection_run(connection, &driven.workspace, &driven.context) == WANT_CLOSE)
            break;
        (void)!recv(pair[1], buffer, sizeof buffer, MSG_DONTWAIT);
    }
    connection_close(connection);
    close(pair[0]), close(pair[1]);
}

/* Past the digest, as if another version had written it. The sanitizers are the assertion. */
static void what_is_wrong_is_refused_or_does_no_harm(void **state)
{
    (void)state;
    static const unsigned char changes[] = {0x01, 0x80, 0xff, 0x55};
    unsigned refused = 0, taken = 0;
    for (unsigned i = 0; i < STATES; i++) {
        size_t length;
        struct connection got;
        states[i]();
        unsigned fds = count_fds();
        char *records = records_of_the_connection(&length);
        for (size_t n = 0; n < length && n < NEAR; n++) {
            for (unsigned c = 0; c < sizeof changes; c++) {
                records[n] ^= (char)changes[c];
                int r = get_from(records, length, &got);
                records[n] ^= (char)changes[c];
                assert_true(r == 0 || r == -EBADMSG || r == -ENOMEM);
                refused += r < 0;
                taken += r == 0;
                if (r == 0)
                    live(&got);
            }
        }
        assert_int_equal(count_fds(), fds);
        free(records);
        start_anew();
    }
    assert_true(refused > 0 && taken > 0);
}

static void set_byte(void *at, unsigned char value)
{
    memcpy(at, &value, 1);
}

static void spoil_answer(struct unfinished *u)
{
    set_byte(&u->answer.close, 2);
}

static void spoil_answer_of_body(struct unfinished *u)
{
    set_byte(&u->answer.go_ahead, 0xff);
}

static void spoil_body(struct unfinished *u)
{
    u->answer.body.state = 0xff;
}

static void spoil_stretch_count(struct unfinished *u)
{
    u->stretch_count = OUTPUT_STRETCHES_MAX + 1;
}

static void spoil_file(struct unfinished *u)
{
    u->file_fd = -1;
}

static void spoil_place(struct unfinished *u)
{
    u->stretches[u->stretch_count - 1].behind = u->output_length + 1;
}

static void spoil_order(struct unfinished *u)
{
    u->stretches[0].behind = u->stretches[1].behind + 1;
}

static void spoil_stretch(struct unfinished *u)
{
    u->stretches[0].offset = u->stretches[0].end + 1;
}

static void spoil_end(struct unfinished *u)
{
    u->stretches[0].end = UINT64_MAX;
}

static void spoil_input_length(struct unfinished *u)
{
    u->input_length = INPUT_SIZE + 1;
}

static void spoil_output_length(struct unfinished *u)
{
    u->output_length = OUTPUT_SIZE + 1;
}

static void spoil_head_length(struct unfinished *u)
{
    u->head_length--;
}

static void spoil_head(struct unfinished *u)
{
    u->head_length = 0;
}

static void spoil_timer(struct unfinished *u)
{
    u->timer_fd = -1;
}

/* Each of these would end in an assertion or worse, or in a connection that waits for ever. */
static void what_no_turn_could_have_left_is_refused(void **state)
{
    (void)state;
    static const struct {
        void (*make)(void);
        void (*spoil)(struct unfinished *u);
    } rows[] = {
        {have_ranges_to_send, spoil_answer},
        {have_part_of_a_body, spoil_answer_of_body},
        {have_part_of_a_body, spoil_body},
        {have_ranges_to_send, spoil_stretch_count},
        {have_ranges_to_send, spoil_file},
        {have_ranges_to_send, spoil_place},
        {have_ranges_to_send, spoil_order},
        {have_ranges_to_send, spoil_stretch},
        {have_ranges_to_send, spoil_end},
        {have_part_of_a_head, spoil_input_length},
        {have_part_of_a_head, spoil_output_length},
        {have_part_of_a_body, spoil_head_length},
        {sleep_a_while, spoil_head},
        {sleep_a_while, spoil_timer},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length, size;
        struct connection got;
        rows[i].make();
        struct unfinished *u = driven.connection.unfinished;
        char *records = records_of_the_connection(&length);
        size = unfinished_size(u);
        struct unfinished *spoilt = calloc(1, size + (128 << 10));
        memcpy(spoilt, records + length - size, size);
        rows[i].spoil(spoilt);
        /* Behind a length that is too large there is as much as it says. */
        char *changed = calloc(1, length + (128 << 10));
        memcpy(changed, records, length - size);
        memcpy(changed + length - size, spoilt, size + (100 << 10));
        if (get_from(changed, length + (100 << 10), &got) != -EBADMSG)
            fail_msg("row %zu was taken", i);
        assert_null(got.unfinished);
        free(records), free(spoilt), free(changed);
        start_anew();
    }
}

static void several_ranges_are_sent_to_their_ends(void **state)
{
    (void)state;
    static const size_t ranges[][2] = {{0, 199999}, {500000, 1499999}, {2000000, 2999999}};
    char *all = malloc(DRIVEN_BIG), *got = malloc(DRIVEN_BIG), *at = got;
    size_t length = 0, n;
    tree_bytes(all, DRIVEN_BIG, 1);
    driven_carry_on(true);
    have_ranges_to_send();
    enum connection_want want = WANT_WRITE;
    do {
        char *piece = driven_receive(&n);
        assert_true(length + n <= DRIVEN_BIG);
        memcpy(got + length, piece, n);
        length += n;
        want = want == WANT_WRITE ? driven_run(1002) : want;
    } while (n > 0 || want == WANT_WRITE);
    driven_carry_on(false);
    assert_int_equal(want, WANT_READ);
    for (unsigned i = 0; i < 3; i++) {
        size_t size = ranges[i][1] - ranges[i][0] + 1;
        at = memmem(at, length - (size_t)(at - got), all + ranges[i][0], size);
        assert_non_null(at);
        at += size;
    }
    assert_memory_equal(got + length - 4, "--\r\n", 4);
    free(all), free(got);
}

/* Microseconds of the fixture's limits, and what becomes of a deadline under those of a new configuration. */
static void new_limits_count_from_when_the_wait_began(void **state)
{
    (void)state;
    const struct connection_limits new = {
        .head_usec = 3, .idle_usec = 2000, .body_usec = 31, .request_usec = 36, .send_usec = 0};
    static const struct {
        void (*make)(void);
        int64_t deadline;
    } rows[] = {
        {be_fresh, 1003},          {have_part_of_a_head, 1003}, {have_part_of_a_body, 1032},
        {be_idle, 3001},           {have_a_file_to_send, 1001}, {sleep_a_while, INT64_MAX},
        {linger_a_while, 2001001},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rows[i].make();
        connection_change_limits(&driven.connection, &driven.limits, &new);
        assert_int_equal(atomic_load(&driven.connection.deadline_usec), rows[i].deadline);
        start_anew();
    }
}

/* That of a whole request goes with it to the successor, and further. */
static void a_new_limit_of_a_request_counts_from_its_first_byte(void **state)
{
    (void)state;
    struct connection_limits new = driven.limits;
    for (new.request_usec = 5; new.request_usec <= 29; new.request_usec += 24) {
        have_part_of_a_body();
        driven_carry();
        connection_change_limits(&driven.connection, &driven.limits, &new);
        driven_assert_phase(PHASE_BODY, 1001 + (int64_t) new.request_usec);
        start_anew();
        have_part_of_a_head();
        driven_carry();
        connection_change_limits(&driven.connection, &driven.limits, &new);
        driven_assert_phase(PHASE_HEAD, new.request_usec < 9 ? 1001 + (int64_t) new.request_usec : 1010);
        start_anew();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        driven_test(what_comes_out_goes_in_again),
        driven_test(what_is_cut_is_refused),
        driven_test(what_is_wrong_is_refused_or_does_no_harm),
        driven_test(what_no_turn_could_have_left_is_refused),
        driven_test(several_ranges_are_sent_to_their_ends),
        driven_test(new_limits_count_from_when_the_wait_began),
        driven_test(a_new_limit_of_a_request_counts_from_its_first_byte),
    };
    return cmocka_run_group_tests_name("connection state", tests, NULL, NULL);
}
