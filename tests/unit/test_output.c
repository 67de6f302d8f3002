/* Bytes and stretches of a file on their way out, over a socket pair. */
#include "output.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

static void one_file_at_a_time(void **state)
{
    (void)state;
    assert_false(output_has_file(&output));
    output_append_file(&output, open_noise(), 0, 1);
    assert_true(output_has_file(&output));
    assert_false(output_is_empty(&output));
    assert_int_equal(output_send(&output, near), 0);
    assert_false(output_has_file(&output));
    assert_true(output_is_empty(&output));
}

static void stretches_stand_among_the_bytes(void **state)
{
    (void)state;
    char *expected = malloc(FILE_SIZE), got[64];
    int fd = open_noise();
    tree_bytes(expected, FILE_SIZE, 7);
    output_append(&output, STR("one "));
    output_append_file(&output, fd, 100, 5);
    output_append_file(&output, fd, 0, 3);
    output_append(&output, STR(" two "));
    output_append_file(&output, fd, FILE_SIZE - 4, 4);
    output_append(&output, STR(" end"));
    assert_int_equal(output_send(&output, near), 0);
    assert_true(output_is_empty(&output));
    size_t length = 0, n;
    while ((n = take(got + length, sizeof got - length)) > 0)
        length += n;
    assert_int_equal(length, 4 + 5 + 3 + 5 + 4 + 4);
    assert_memory_equal(got, "one ", 4);
    assert_memory_equal(got + 4, expected + 100, 5);
    assert_memory_equal(got + 9, expected, 3);
    assert_memory_equal(got + 12, " two ", 5);
    assert_memory_equal(got + 17, expected + FILE_SIZE - 4, 4);
    assert_memory_equal(got + 21, " end", 4);
    assert_int_equal(output.moved, length);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    free(expected);
}

/* What is laid down between two turns, and taken up by another output. */
static void move_the_rest(void)
{
    static struct output other;
    struct stretch stretches[OUTPUT_STRETCHES_MAX];
    unsigned count = output.stretch_count - output.stretches_sent;
    uint64_t moved = output.moved;
    output_reset(&other);
    output_append(&other, (struct str){output.buffer + output.sent, output.used - output.sent});
    output_get_stretches(&output, stretches);
    output_set_stretches(&other, output.file_fd, stretches, count);
    output = other;
    output.moved = moved;
}

static void many_stretches_go_in_many_turns(void **state)
{
    (void)state;
    enum { PARTS = OUTPUT_STRETCHES_MAX, EACH = 200000 };
    char *file = malloc(FILE_SIZE), *got = malloc(PARTS * (EACH + 8) + 9), part[16];
    size_t length = 0, n;
    unsigned turns = 0;
    int fd = open_noise(), r;
    tree_bytes(file, FILE_SIZE, 7);
    for (unsigned i = 0; i < PARTS; i++) {
        snprintf(part, sizeof part, "part %2u\n", i);
        output_append(&output, (struct str){part, 8});
        output_append_file(&output, fd, i * 300000, EACH);
    }
    output_append(&output, STR("the end."));
    do {
        r = output_send(&output, near);
        turns++;
        move_the_rest();
        if ((n = take(got + length, 70001)) > 0)
            length += n;
    } while (r == -EAGAIN);
    assert_int_equal(r, 0);
    assert_true(turns > PARTS);
    while ((n = take(got + length, PARTS * (EACH + 8) + 9 - length)) > 0)
        length += n;
    assert_int_equal(length, PARTS * (EACH + 8) + 8);
    for (unsigned i = 0; i < PARTS; i++) {
        snprintf(part, sizeof part, "part %2u\n", i);
        assert_memory_equal(got + i * (EACH + 8), part, 8);
        assert_memory_equal(got + i * (EACH + 8) + 8, file + i * 300000, EACH);
    }
    assert_memory_equal(got + PARTS * (EACH + 8), "the end.", 8);
    free(file);
    free(got);
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
        row(one_file_at_a_time),
        row(stretches_stand_among_the_bytes),
        row(many_stretches_go_in_many_turns),
        row(a_stretch_of_a_file_follows_the_bytes),
        row(a_slow_taker_gets_all_of_it_in_parts),
        row(a_file_cut_short_is_an_error),
        row(a_file_that_grew_is_sent_as_promised),
        row(a_peer_that_is_gone_is_an_error_not_a_signal),
        row(dropping_closes_the_file),
    };
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
