/*
 * Memory runs out while a successor takes connections up: whoever waits then is one that can be closed, with
 * nothing that only his predecessor had.
 */
#include "connection_table.h"

#include "connection_state.h"
#include "support/fault.h"
#include "support/harness.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* LAST is beyond what is relied on of a table with two in it. */
enum { PLACES = 3000, FIRST = 3, LAST = 2100, MANY = 1000 };

static struct connection_table before, after;

/* What the predecessor has of both. */
static struct unfinished *theirs[2];

static void put_in(int fd, struct unfinished **ret)
{
    struct connection *connection = &before.connections[fd];
    assert_true(connection_table_make_room(&before, fd));
    slot_take(&connection->slot);
    slot_settle(&connection->slot, slot_offer(&connection->slot));
    connection->fd = fd;
    connection_set_phase(connection, PHASE_HEAD, 1000);
    *ret = connection->unfinished = calloc(1, sizeof **ret + 3);
    assert_non_null(*ret);
    (*ret)->timer_fd = (*ret)->file_fd = -1;
    (*ret)->input_length = 3;
    connection_table_note(&before, connection);
}

static void set_up(bool with_files)
{
    struct rlimit usual, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    limit = (struct rlimit){.rlim_cur = with_files ? usual.rlim_cur : 1000, .rlim_max = usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(connection_table_make(&before, PLACES), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    put_in(FIRST, &theirs[0]);
    put_in(LAST, &theirs[1]);
}

static void assert_all_can_be_closed(void)
{
    for (int fd = 0; connection_table_next_waiting(&after, &fd); fd++) {
        struct unfinished *unfinished = after.connections[fd].unfinished;
        assert_true(unfinished != theirs[0] && unfinished != theirs[1]);
        unfinished_free(unfinished);
    }
}

/* What fails, while so many connections are expected. */
struct attempt {
    bool with_files, cut_short; /* the state, by an octet */
    unsigned connections;
    enum fault_call call;
    unsigned first, times;
};

/* Whether it came to that call. */
static bool take_up(const struct attempt *attempt)
{
    struct state out, in;
    int fd;
    set_up(attempt->with_files);
    assert_int_equal(state_create(&out), 0);
    connection_table_put(&before, &out);
    out.length -= attempt->cut_short;
    assert_int_equal(state_finish(&out, &fd), 0);
    int kept = dup(fd);
    state_close(&out);
    assert_int_equal(state_open(&in, kept), 0);
    connection_table_await(&after, PLACES);
    struct connection_table_census census = {attempt->connections, 0};
    fault_set(attempt->call, attempt->first, attempt->times, fault_errors(attempt->call)[0]);
    int r = connection_table_get(&after, &in, &census);
    bool struck = fault_has_struck();
    fault_clear();
    state_close(&in);
    if (attempt->cut_short)
        assert_true(r < 0);
    else if (!struck) {
        assert_int_equal(r, 0);
        assert_int_equal(after.connections[LAST].unfinished->input_length, 3);
    }
    assert_all_can_be_closed();
    if (after.connections_fd >= 0)
        before.connections_fd = before.peers_fd = -1;
    connection_table_end(&after);
    connection_table_end(&before);
    free(theirs[0]);
    free(theirs[1]);
    return struck;
}

static void who_is_left_can_be_closed_whatever_fails(void **state)
{
    (void)state;
    static const enum fault_call calls[] = {FAULT_MMAP,         FAULT_MALLOC,    FAULT_CALLOC,
                                            FAULT_MEMFD_CREATE, FAULT_FTRUNCATE, FAULT_MADVISE};
    static const unsigned expected[] = {2, 2000}, times[] = {1, MANY};
    unsigned struck = 0;
    signal(SIGXFSZ, SIG_IGN);
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        for (unsigned row = 0; row < 16; row++) {
            struct attempt attempt = {.with_files = row & 1,
                                      .connections = expected[row >> 1 & 1],
                                      .cut_short = row >> 2 & 1,
                                      .call = calls[i],
                                      .first = 1,
                                      .times = times[row >> 3]};
            while (take_up(&attempt)) {
                attempt.first++;
                struck++;
            }
        }
    assert_in_range(struck, 60, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_left_can_be_closed_whatever_fails),
    };
    return cmocka_run_group_tests_name("fault connection_table", tests, NULL, NULL);
}
