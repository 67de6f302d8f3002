/* What is put into a state comes out again; what is cut, changed or another version's is refused. */
#include "state.h"

#include "../support/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VERSION_OFFSET = 8, PAYLOAD = 37 };

/* As between two images of a process: the writer's side is gone when the reader begins. */
static int hand_over(struct state *state)
{
    int fd;
    assert_int_equal(state_finish(state, &fd), 0);
    assert_int_equal(fcntl(fd, F_GETFD), 0);
    int kept = dup(fd);
    assert_true(kept >= 0);
    state_close(state);
    return kept;
}

/* A memfd with these bytes. */
static int file_of(const char *data, size_t length)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, length), length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* The bytes of a state with PAYLOAD bytes in it; to be freed. */
static char *bytes_of_a_state(size_t *length)
{
    struct state state;
    char payload[PAYLOAD];
    struct stat st;
    memset(payload, 'x', sizeof payload);
    assert_int_equal(state_create(&state), 0);
    state_put(&state, payload, sizeof payload);
    int fd = hand_over(&state);
    assert_int_equal(fstat(fd, &st), 0);
    *length = (size_t)st.st_size;
    char *bytes = malloc(*length);
    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, *length), *length);
    close(fd);
    return bytes;
}

static void assert_refused(const char *bytes, size_t length)
{
    struct state state;
    int fd = file_of(bytes, length);
    assert_int_equal(state_open(&state, fd), -EBADMSG);
    assert_null(state.data);
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* taken over all the same */
}

static void records_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct state one, two;
    char text[] = "some text", got[sizeof text];
    uint64_t number = 7, got_number;
    assert_int_equal(state_create(&one), 0);
    state_put(&one, text, sizeof text);
    state_put(&one, &number, sizeof number);
    state_put(&one, "", 0);
    assert_int_equal(state_open(&two, hand_over(&one)), 0);
    assert_int_equal(state_get(&two, got, sizeof got), 0);
    assert_int_equal(state_get(&two, &got_number, sizeof got_number), 0);
    assert_string_equal(got, text);
    assert_int_equal(got_number, number);
    assert_int_equal(state_get(&two, got, 0), 0);
    assert_int_equal(state_get(&two, got, 1), -EBADMSG);
    state_close(&two);
    state_close(&two);
}

static void a_state_may_be_empty_or_large(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 10 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct state one, two;
        char *data = malloc(sizes[i] + 1), *got = malloc(sizes[i] + 1);
        memset(data, (int)i, sizes[i]);
        assert_int_equal(state_create(&one), 0);
        state_put(&one, data, sizes[i]);
        assert_int_equal(state_open(&two, hand_over(&one)), 0);
        assert_int_equal(state_get(&two, got, sizes[i]), 0);
        assert_memory_equal(got, data, sizes[i]);
        assert_int_equal(state_get(&two, got, 1), -EBADMSG);
        state_close(&two);
        free(data), free(got);
    }
}

static void what_is_cut_is_refused(void **state)
{
    (void)state;
    size_t length;
    char *bytes = bytes_of_a_state(&length);
    for (size_t n = 0; n < length; n++)
        assert_refused(bytes, n);
    free(bytes);
}

static void what_is_longer_is_refused(void **state)
{
    (void)state;
    size_t length;
    char *bytes = bytes_of_a_state(&length), *longer = calloc(1, length + 8);
    memcpy(longer, bytes, length);
    for (size_t n = 1; n <= 8; n++)
        assert_refused(longer, length + n);
    free(bytes), free(longer);
}

static void what_is_changed_is_refused(void **state)
{
    (void)state;
    size_t length;
    char *bytes = bytes_of_a_state(&length);
    for (size_t i = 0; i < length * 8; i++) {
        bytes[i / 8] ^= (char)(1 << i % 8);
        assert_refused(bytes, length);
        bytes[i / 8] ^= (char)(1 << i % 8);
    }
    free(bytes);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    size_t length;
    char *bytes = bytes_of_a_state(&length);
    uint32_t version;
    memcpy(&version, bytes + VERSION_OFFSET, sizeof version);
    assert_int_equal(version, STATE_VERSION);
    version++;
    memcpy(bytes + VERSION_OFFSET, &version, sizeof version);
    assert_refused(bytes, length);
    free(bytes);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct state in;
    int pipe_fds[2];
    assert_int_equal(state_open(&in, 12345), -EBADF);
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    assert_int_equal(state_open(&in, pipe_fds[0]), -EBADMSG);
    close(pipe_fds[1]);
    assert_true(state_open(&in, open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0);
}

static void an_error_stays(void **state)
{
    (void)state;
    struct state out;
    int fd;
    assert_int_equal(state_create(&out), 0);
    state_keep_fd(&out, 12345);
    state_put(&out, "x", 1);
    state_keep_fd(&out, STDERR_FILENO);
    assert_int_equal(state_finish(&out, &fd), -EBADF);
    state_close(&out);
}

static void an_fd_that_is_kept_outlives_exec(void **state)
{
    (void)state;
    struct state out;
    int fd, kept = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(state_create(&out), 0);
    state_keep_fd(&out, kept);
    assert_int_equal(state_finish(&out, &fd), 0);
    assert_int_equal(fcntl(kept, F_GETFD), 0);
    state_close(&out);
    close(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_as_they_went_in), cmocka_unit_test(a_state_may_be_empty_or_large),
        cmocka_unit_test(what_is_cut_is_refused),           cmocka_unit_test(what_is_longer_is_refused),
        cmocka_unit_test(what_is_changed_is_refused),       cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(what_is_no_file_is_refused),       cmocka_unit_test(an_error_stays),
        cmocka_unit_test(an_fd_that_is_kept_outlives_exec),
    };
    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
