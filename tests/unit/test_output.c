/* Bytes and a stretch of a file on their way out, over a socket pair. */
#include "output.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_SIZE = 6 << 20 };

static struct output output;
static struct tree *tree;
static int near, far;

static int set_up(void **state)
{
    (void)state;
    int pair[2];
    tree = tree_make();
    tree_noise(tree, "file", FILE_SIZE, 7);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    near = pair[0];
    far = pair[1];
    output_reset(&output);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    output_drop(&output);
    close(near);
    if (far >= 0)
        close(far);
    tree_remove_all();
    return 0;
}

static int open_noise(void)
{
    char *path = tree_path(tree, "file");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    assert_true(fd >= 0);
    return fd;
}

static size_t take(char *buffer, size_t size)
{
    ssize_t n = recv(far, buffer, size, MSG_DONTWAIT);
    return n > 0 ? (size_t)n : 0;
}

static void bytes_leave_together(void **state)
{
    (void)state;
    char got[32];
    output_append(&output, STR("one "));
    output_append(&output, STR("two "));
    memcpy(output_end(&output), "three", 5);
    output_advance(&output, 5);
    assert_false(output_is_empty(&output));
    assert_int_equal(output_send(&output, near), 0);
    assert_true(output_is_empty(&output));
    assert_int_equal(output.moved, 13);
    assert_int_equal(take(got, sizeof got), 13);
    assert_memory_equal(got, "one two three", 13);
    assert_int_equal(output_room(&output), OUTPUT_SIZE);
}

static void nothing_fits_behind_a_file(void **state)
{
    (void)state;
    output_append_file(&output, open_noise(), 0, 1);
    assert_int_equal(output_room(&output), 0);
}

static void a_stretch_of_a_file_follows_the_bytes(void **state)
{
    (void)state;
    char *expected = malloc(FILE_SIZE), got[32];
    tree_bytes(expected, FILE_SIZE, 7);
    output_append(&output, STR("head"));
    output_append_file(&output, open_noise(), 5000000, 10);
    assert_int_equal(output_send(&output, near), 0);
    assert_true(output_is_empty(&output));
    size_t length = take(got, 4);
    length += take(got + length, sizeof got - length);
    assert_int_equal(length, 14);
    assert_memory_equal(got, "head", 4);
    assert_memory_equal(got + 4, expected + 5000000, 10);
    free(expected);
}

static void a_slow_taker_gets_all_of_it_in_parts(void **state)
{
    (void)state;
    char *expected = malloc(FILE_SIZE), *got = malloc(FILE_SIZE + 1);
    size_t length = 0, n;
    unsigned turns = 0;
    int r;
    tree_bytes(expected, FILE_SIZE, 7);
    output_append_file(&output, open_noise(), 0, FILE_SIZE);
    do {
        r = output_send(&output, near);
        turns++;
        while ((n = take(got + length, FILE_SIZE + 1 - length)) > 0)
            length += n;
    } while (r == -EAGAIN);
    assert_int_equal(r, 0);
    assert_true(turns > 1);
    assert_int_equal(length, FILE_SIZE);
    assert_memory_equal(got, expected, FILE_SIZE);
    assert_int_equal(output.moved, FILE_SIZE);
    free(expected);
    free(got);
}

static void a_file_cut_short_is_an_error(void **state)
{
    (void)state;
    int fd = open_noise();
    assert_int_equal(ftruncate(fd, 3), 0);
    output_append_file(&output, fd, 0, 10);
    assert_int_equal(output_send(&output, near), -ENODATA);
}

static void a_file_that_grew_is_sent_as_promised(void **state)
{
    (void)state;
    char got[32];
    int fd = open_noise();
    output_append_file(&output, fd, 0, 5);
    assert_int_equal(ftruncate(fd, FILE_SIZE + 100), 0);
    assert_int_equal(output_send(&output, near), 0);
    assert_int_equal(take(got, sizeof got), 5);
}

static void a_peer_that_is_gone_is_an_error_not_a_signal(void **state)
{
    (void)state;
    close(far);
    far = -1;
    output_append(&output, STR("x"));
    assert_int_equal(output_send(&output, near), -EPIPE);
}

static void dropping_closes_the_file(void **state)
{
    (void)state;
    int fd = open_noise();
    output_append(&output, STR("x"));
    output_append_file(&output, fd, 0, 5);
    output_drop(&output);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_true(output_is_empty(&output));
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(bytes_leave_together),
        row(nothing_fits_behind_a_file),
        row(a_stretch_of_a_file_follows_the_bytes),
        row(a_slow_taker_gets_all_of_it_in_parts),
        row(a_file_cut_short_is_an_error),
        row(a_file_that_grew_is_sent_as_promised),
        row(a_peer_that_is_gone_is_an_error_not_a_signal),
        row(dropping_closes_the_file),
    };
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
