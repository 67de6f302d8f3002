/* listener: what a predecessor says of its sockets is looked at before it is believed. */
#include "listener.h"

#include "support/harness.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Too many, or one without an fd. */
static void listeners_are_checked(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        int fd;
        int r;
    } rows[] = {{1, 7, 0},
                {0, 7, 0},
                {LISTENERS_MAX, 7, 0},
                {LISTENERS_MAX + 1, 7, -EBADMSG},
                {SIZE_MAX, 7, -EBADMSG},
                {1, -1, -EBADMSG}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct listeners listeners = {.count = rows[i].count}, got;
        struct state out, in;
        int fd;
        listeners.list[0].fd = rows[i].fd;
        memset(listeners.list[0].name, 'x', sizeof listeners.list[0].name);
        memset(listeners.list[0].address, 'x', sizeof listeners.list[0].address);
        assert_int_equal(state_create(&out), 0);
        state_put(&out, &listeners, sizeof listeners);
        assert_int_equal(state_finish(&out, &fd), 0);
        assert_int_equal(state_open(&in, dup(fd)), 0);
        state_close(&out);
        assert_int_equal(listeners_get(&got, &in), rows[i].r);
        assert_int_equal(got.count, rows[i].r == 0 ? rows[i].count : 0);
        if (got.count > 0) {
            assert_int_equal(strlen(got.list[0].name), sizeof got.list[0].name - 1);
            assert_int_equal(strlen(got.list[0].address), sizeof got.list[0].address - 1);
        }
        assert_int_equal(listeners_get(&got, &in), -EBADMSG);
        state_close(&in);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listeners_are_checked),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
