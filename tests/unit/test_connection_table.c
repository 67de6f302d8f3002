/* connection_table: memory files with connections in them change hands, and only what can go on is taken. */
#include "connection_table.h"

#include "connection_state.h"
#include "support/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLACES = 3000, FEWER = 2500, LEAST = 100, MORE = 5000, FIRST = 3, LAST = 2100 };

/* As connection_table.c has it. */
struct record {
    uint32_t connection_size, peer_size;
    uint64_t places;
    int32_t connections_fd, peers_fd;
    int32_t highest_fd;
    uint32_t records;
    char program[24]; /* "": another version than this */
};

static struct connection_table before, after;
static struct connection_table_census census;

static void assert_counted(unsigned connections, unsigned from_elsewhere)
{
    assert_int_equal(census.connections, connections);
    assert_int_equal(census.from_elsewhere, from_elsewhere);
}

static struct connection *put_in(int fd)
{
    struct connection *connection = &before.connections[fd];
    assert_true(connection_table_make_room(&before, fd));
    slot_take(&connection->slot);
    slot_settle(&connection->slot, slot_offer(&connection->slot));
    connection->fd = fd;
    connection->requests = (uint32_t)fd * 7;
    connection_set_phase(connection, PHASE_IDLE, 1000 + fd);
    before.peers[fd] = (struct peer){.family = fd == FIRST ? PEER_IPV4 : PEER_LOCAL, .port = (uint16_t)fd};
    return connection;
}

static int set_up(void **state)
{
    (void)state;
    census = (struct connection_table_census){77, 66};
    assert_int_equal(connection_table_make(&before, PLACES), 0);
    assert_int_equal(connection_table_make(&after, PLACES), 0);
    put_in(FIRST);
    put_in(LAST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    connection_table_end(&before);
    connection_table_end(&after);
    return 0;
}

#define table_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static struct record sound_record(void)
{
    return (struct record){.connection_size = sizeof *before.connections,
                           .peer_size = sizeof *before.peers,
                           .places = PLACES,
                           .connections_fd = fcntl(before.connections_fd, F_DUPFD_CLOEXEC, 0),
                           .peers_fd = fcntl(before.peers_fd, F_DUPFD_CLOEXEC, 0),
                           .highest_fd = LAST};
}

/* What the successor makes of that, and of a connection's record so many times behind it. */
static int get(const struct record *record, const struct connection *connection, unsigned times)
{
    struct state out, in;
    int fd;
    assert_int_equal(state_create(&out), 0);
    state_put(&out, record, sizeof *record);
    for (unsigned i = 0; i < times; i++) {
        connection_put(connection, &out);
        state_put(&out, &before.peers[connection->fd], sizeof *before.peers);
    }
    assert_int_equal(state_finish(&out, &fd), 0);
    int kept = dup(fd);
    state_close(&out);
    assert_int_equal(state_open(&in, kept), 0);
    int r = connection_table_get(&after, &in, &census);
    state_close(&in);
    return r;
}

static unsigned count_waiting(const struct connection_table *table)
{
    unsigned count = 0;
    for (int fd = 0; connection_table_next_waiting(table, &fd); fd++)
        count++;
    return count;
}

static void assert_came(int fd)
{
    const struct connection *connection = &after.connections[fd];
    struct slot_seen seen;
    assert_true(slot_is_waiting(&connection->slot, &seen));
    assert_int_equal(connection->fd, fd);
    assert_int_equal(connection->requests, fd * 7);
    assert_int_equal(connection_phase(connection), PHASE_IDLE);
    assert_int_equal(connection_deadline(connection), 1000 + fd);
    assert_int_equal(after.peers[fd].port, fd);
}

static void who_waits_is_found_in_order(void **state)
{
    (void)state;
    int fd = 0;
    assert_ptr_equal(connection_table_next_waiting(&before, &fd), &before.connections[FIRST]);
    assert_int_equal(fd++, FIRST);
    assert_ptr_equal(connection_table_next_waiting(&before, &fd), &before.connections[LAST]);
    assert_int_equal(fd++, LAST);
    assert_null(connection_table_next_waiting(&before, &fd));
    assert_int_equal(count_waiting(&after), 0);
}

static void who_is_at_rest_comes_with_the_memory(void **state)
{
    (void)state;
    const struct record record = sound_record();
    assert_int_equal(get(&record, NULL, 0), 0);
    assert_counted(2, 1);
    assert_int_equal(count_waiting(&after), 2);
    assert_came(FIRST);
    assert_came(LAST);
    after.connections[FIRST].requests = 12345;
    assert_int_equal(before.connections[FIRST].requests, 12345); /* one memory, not a copy of it */
}

/* LimitFSIZE= of a unit: then there can be no memory files. */
static void make_limited(struct connection_table *table)
{
    struct rlimit usual, limit;
    connection_table_end(table);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    limit = (struct rlimit){.rlim_cur = 1000, .rlim_max = usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(connection_table_make(table, PLACES), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_int_equal(table->connections_fd, -1);
}

static void put_and_get(void)
{
    struct state out, in;
    int fd;
    assert_int_equal(state_create(&out), 0);
    connection_table_put(&before, &out);
    assert_int_equal(state_finish(&out, &fd), 0);
    int kept = dup(fd);
    state_close(&out);
    assert_int_equal(state_open(&in, kept), 0);
    assert_int_equal(connection_table_get(&after, &in, &census), 0);
    char beyond;
    assert_int_equal(state_get(&in, &beyond, 1), -EBADMSG);
    state_close(&in);
    before.connections_fd = before.peers_fd = -1; /* the successor's, if there are any */
}

static void hand_over(void)
{
    put_and_get();
    assert_counted(2, 1);
    assert_int_equal(count_waiting(&after), 2);
    assert_came(FIRST);
    assert_came(LAST);
}

static void what_is_put_is_got_with_files_and_without(void **state)
{
    (void)state;
    hand_over();
    for (unsigned limited = 1; limited <= 3; limited++) {
        tear_down(NULL);
        set_up(NULL);
        signal(SIGXFSZ, SIG_IGN);
        if (limited & 1) {
            make_limited(&before);
            put_in(FIRST);
            put_in(LAST);
        }
        if (limited & 2)
            make_limited(&after);
        hand_over();
    }
}

static void there_may_be_more_places_or_fewer(void **state)
{
    (void)state;
    const struct record record = sound_record();
    connection_table_end(&after);
    assert_int_equal(connection_table_make(&after, MORE), 0);
    assert_int_equal(get(&record, NULL, 0), 0);
    assert_int_equal(after.places, MORE);
    assert_came(LAST);
    after.connections[MORE - 1].requests = 1;
    after.peers[MORE - 1].port = 1;
    connection_table_end(&after);
    assert_int_equal(connection_table_make(&after, FEWER), 0);
    const struct record again = sound_record();
    assert_int_equal(get(&again, NULL, 0), 0);
    assert_int_equal(after.places, PLACES);
    assert_came(LAST);
}

static void who_has_no_place_any_more_is_left_out(void **state)
{
    (void)state;
    const struct record record = sound_record();
    connection_table_end(&after);
    assert_int_equal(connection_table_make(&after, LEAST), 0);
    assert_int_equal(get(&record, NULL, 0), -EBADMSG);
    assert_counted(1, 1);
    assert_int_equal(count_waiting(&after), 1);
    assert_came(FIRST);
}

static blkcnt_t blocks_of(int fd)
{
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    return st.st_blocks;
}

static void what_a_rush_has_left_is_given_back(void **state)
{
    (void)state;
    struct slot_seen seen;
    struct slot *slot = &before.connections[LAST].slot;
    assert_true(slot_is_waiting(slot, &seen) && slot_claim_seen(slot, seen));
    slot_release(slot);
    const struct record record = sound_record();
    blkcnt_t many = blocks_of(record.connections_fd);
    assert_int_equal(get(&record, NULL, 0), 0);
    assert_came(FIRST);
    assert_in_range(after.highest_fd, FIRST, LAST - 1);
    assert_true(blocks_of(after.connections_fd) < many);
    assert_true(connection_table_make_room(&after, LAST));
    assert_int_equal(after.connections[LAST].requests, 0);
    assert_true(connection_table_make_room(&after, PLACES - 1));
    assert_int_equal(after.highest_fd, PLACES - 1);
}

static void spoil_fd(struct connection *connection)
{
    connection->fd++;
}

static void spoil_phase(struct connection *connection)
{
    connection_set_phase(connection, PHASE_LINGERING + 1, 1);
}

static void spoil_reason(struct connection *connection)
{
    connection->reason = REASON_COUNT;
}

static void linger_without_a_reason(struct connection *connection)
{
    connection_set_phase(connection, PHASE_LINGERING, 1);
}

static void rest_with_a_reason(struct connection *connection)
{
    connection->reason = REASON_REFUSED;
}

static void sleep_without_a_timer(struct connection *connection)
{
    connection_set_phase(connection, PHASE_SLEEPING, 1);
}

static void spoil_peer(struct connection *connection)
{
    before.peers[connection->fd].family = PEER_IPV6 + 1;
}

static void who_cant_go_on_is_left_out(void **state)
{
    (void)state;
    static void (*const spoil[])(struct connection *) = {
        spoil_fd,           spoil_phase,           spoil_reason, linger_without_a_reason,
        rest_with_a_reason, sleep_without_a_timer, spoil_peer,
    };
    for (size_t i = 0; i < sizeof spoil / sizeof *spoil; i++) {
        const struct record record = sound_record();
        spoil[i](&before.connections[FIRST]);
        assert_int_equal(get(&record, NULL, 0), -EBADMSG);
        assert_counted(1, 0);
        assert_int_equal(count_waiting(&after), 1);
        assert_came(LAST);
        tear_down(NULL);
        set_up(NULL);
    }
}

static void what_is_no_table_is_refused(void **state)
{
    (void)state;
    int pipe_fds[2], folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    const struct record sound = sound_record();
    struct record records[9];
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        records[i] = sound;
    records[0].connections_fd = pipe_fds[0];
    records[1].peers_fd = pipe_fds[1];
    records[2].connections_fd = folder;
    records[3].connections_fd = 12345;
    records[4].highest_fd = -1;
    records[5].highest_fd = PLACES;
    records[6].places = UINT64_MAX;
    records[7].connection_size--;
    records[8].peer_size++;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_true(get(&records[i], NULL, 0) < 0);
    assert_counted(77, 66);
    assert_int_equal(count_waiting(&after), 0);
    assert_int_equal(after.places, PLACES);
    assert_int_equal(get(&sound, NULL, 0), 0);
    close(pipe_fds[0]), close(pipe_fds[1]), close(folder);
}

/* A head's first octets. */
static struct connection *leave_unfinished(int fd)
{
    struct connection *connection = &before.connections[fd];
    struct unfinished *unfinished = calloc(1, sizeof *unfinished + 3);
    assert_non_null(unfinished);
    unfinished->timer_fd = unfinished->file_fd = -1;
    unfinished->input_length = 3;
    memcpy(unfinished->stretches, "GET", 3);
    connection->unfinished = unfinished;
    connection_set_phase(connection, PHASE_HEAD, 1000 + fd);
    return connection;
}

/* `relied_on`: it is this version's, and thousands are there. */
static struct record record_of(uint32_t records, bool relied_on)
{
    struct record record = sound_record();
    record.records = records;
    if (relied_on)
        strcpy(record.program, HELLOD_VERSION);
    census = (struct connection_table_census){relied_on ? 2000 : 0, 1};
    return record;
}

static void assert_left(int r, unsigned times, uint32_t records, bool relied_on)
{
    struct connection *connection = leave_unfinished(LAST);
    struct unfinished *unfinished = connection->unfinished;
    struct record record = record_of(records, relied_on);
    assert_int_equal(get(&record, connection, times), r);
    assert_counted(relied_on && r == 0 ? 2000 : 2, 1);
    assert_int_equal(count_waiting(&after), 2);
    struct unfinished *got = after.connections[LAST].unfinished;
    assert_ptr_not_equal(got, unfinished);
    if (r == 0)
        assert_memory_equal(got->stretches, "GET", 3);
    /* The memory is one: the predecessor's own is out of its reach by now. */
    unfinished_free(got);
    free(unfinished);
    before.connections[LAST].unfinished = NULL;
    tear_down(NULL), set_up(NULL);
}

static void what_is_unfinished_comes_as_a_record(void **state)
{
    (void)state;
    assert_left(0, 1, 1, false);
    assert_left(-EBADMSG, 0, 0, false);
    assert_left(-EBADMSG, 0, 1, false);
    assert_left(-EBADMSG, 2, 2, false);
    assert_left(-EBADMSG, 1, 0, false);
    assert_left(0, 1, 1, true);
    assert_left(-EBADMSG, 0, 1, true);
    assert_left(-EBADMSG, 2, 2, true);
}

/* Who would take long to look through is not looked at where this version has left him, and only there. */
static void assert_looked_at(const struct record *record, unsigned expected, bool looked_at)
{
    struct record copy = *record;
    copy.connections_fd = fcntl(copy.connections_fd, F_DUPFD_CLOEXEC, 0);
    copy.peers_fd = fcntl(copy.peers_fd, F_DUPFD_CLOEXEC, 0);
    census = (struct connection_table_census){expected, 5};
    assert_int_equal(get(&copy, NULL, 0), 0);
    assert_counted(looked_at ? 2 : expected, looked_at ? 1 : 5);
    assert_came(FIRST);
    assert_came(LAST);
}

static void who_is_left_by_this_version_is_relied_on(void **state)
{
    (void)state;
    struct record record = record_of(0, true);
    assert_looked_at(&record, 2000, false);
    assert_looked_at(&record, 2, true); /* a rush is over: there may be memory to give back */
    record.program[0]++;
    assert_looked_at(&record, 2000, true);
    close(record.connections_fd), close(record.peers_fd);
}

static void who_has_no_place_is_looked_for_all_the_same(void **state)
{
    (void)state;
    const struct record record = record_of(0, true);
    connection_table_end(&after);
    assert_int_equal(connection_table_make(&after, LEAST), 0);
    assert_int_equal(get(&record, NULL, 0), -EBADMSG);
    assert_counted(1, 1);
}

/* As whoever has had a turn with them notes. */
static void what_is_noted_is_put(void **state)
{
    (void)state;
    struct connection *connection = leave_unfinished(LAST);
    struct unfinished *unfinished = connection->unfinished;
    connection_table_note(&before, &before.connections[FIRST]);
    connection_table_note(&before, connection);
    connection_table_note(&before, connection);
    connection_table_end(&after);
    connection_table_await(&after, PLACES);
    assert_int_equal(count_waiting(&after), 0);
    put_and_get();
    struct unfinished *got = after.connections[LAST].unfinished;
    assert_ptr_not_equal(got, unfinished);
    assert_memory_equal(got->stretches, "GET", 3);
    assert_null(after.connections[FIRST].unfinished);
    unfinished_free(got);
    after.connections[LAST].unfinished = NULL;
    connection_table_note(&after, &after.connections[LAST]);
    for (size_t i = 0; i <= PLACES / 64; i++)
        assert_int_equal(after.notes[i], 0);
    free(unfinished);
}

/* Not one that brings nothing along, nor one of somebody who didn't come. */
static void a_record_is_of_somebody_who_came_and_has_more(void **state)
{
    (void)state;
    struct record record = sound_record();
    record.records = 1;
    struct connection *connection = leave_unfinished(LAST);
    struct unfinished *unfinished = connection->unfinished;
    assert_int_equal(get(&record, &before.connections[FIRST], 1), -EBADMSG);
    before.connections[LAST].unfinished = NULL;
    connection->unfinished = unfinished;
    struct record again = sound_record();
    struct connection stranger;
    again.records = 1;
    memcpy(&stranger, connection, sizeof stranger);
    stranger.fd = LAST - 1;
    assert_int_equal(get(&again, &stranger, 1), -EBADMSG);
    assert_int_equal(count_waiting(&after), 2);
    free(unfinished);
    before.connections[LAST].unfinished = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        table_test(who_waits_is_found_in_order),
        table_test(who_is_at_rest_comes_with_the_memory),
        table_test(what_is_put_is_got_with_files_and_without),
        table_test(there_may_be_more_places_or_fewer),
        table_test(who_has_no_place_any_more_is_left_out),
        table_test(what_a_rush_has_left_is_given_back),
        table_test(who_cant_go_on_is_left_out),
        table_test(what_is_no_table_is_refused),
        table_test(what_is_unfinished_comes_as_a_record),
        table_test(who_is_left_by_this_version_is_relied_on),
        table_test(who_has_no_place_is_looked_for_all_the_same),
        table_test(what_is_noted_is_put),
        table_test(a_record_is_of_somebody_who_came_and_has_more),
    };
    return cmocka_run_group_tests_name("connection_table", tests, NULL, NULL);
}
