/* content: what the head is told must be what then comes, byte for byte, inlined or from the file. */
#include "content.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FILE_SIZE = 100000, GOT_MAX = FILE_SIZE + 10000 };

static struct tree *tree;
static struct output output;
static char file[FILE_SIZE], got[GOT_MAX];
static int near, far;

static int set_up(void **state)
{
    (void)state;
    int pair[2];
    tree = tree_make();
    tree_noise(tree, "file", FILE_SIZE, 3);
    tree_bytes(file, FILE_SIZE, 3);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    near = pair[0], far = pair[1];
    output_reset(&output);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    output_drop(&output);
    close(near), close(far);
    tree_remove_all();
    return 0;
}

static struct representation open_file(void)
{
    char *path = tree_path(tree, "file");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    assert_true(fd >= 0);
    return (struct representation){.fd = fd, .version = {.size = FILE_SIZE}, .media_type = STR("a/b")};
}

/* All that the output holds. */
static size_t send_all(void)
{
    size_t length = 0;
    int r;
    do {
        r = output_send(&output, near);
        ssize_t n;
        while ((n = recv(far, got + length, GOT_MAX - length, MSG_DONTWAIT)) > 0)
            length += (size_t)n;
    } while (r == -EAGAIN);
    assert_int_equal(r, 0);
    return length;
}

static void make(struct content *content, struct representation *representation, struct response *response)
{
    response->content_type = representation->media_type;
    assert_int_equal(content_prepare(content, representation, false, response), 0);
    content_append(content, representation, &output);
    representation_close(representation);
    assert_int_equal(send_all(), response->content_length);
}

static void the_whole_of_a_file(void **state)
{
    (void)state;
    struct content content;
    struct representation representation = open_file();
    struct response response = {.status = 200};
    content_select_all(&content, &representation);
    make(&content, &representation, &response);
    assert_false(content.inlined);
    assert_false(response.has_content_range);
    assert_int_equal(response.content_length, FILE_SIZE);
    assert_memory_equal(got, file, FILE_SIZE);
}

static void one_range(void **state)
{
    (void)state;
    static const struct range ranges[] = {{0, 1},      {99999, 1},     {5, CONTENT_INLINE_MAX},
                                          {50, 70000}, {0, FILE_SIZE}, {5, CONTENT_INLINE_MAX + 1}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        struct content content = {.ranges = {.count = 1, .list = {ranges[i]}}};
        struct representation representation = open_file();
        struct response response = {.status = 206};
        make(&content, &representation, &response);
        assert_int_equal(content.inlined, ranges[i].length <= CONTENT_INLINE_MAX);
        assert_true(response.has_content_range);
        assert_memory_equal(&response.range, &ranges[i], sizeof ranges[i]);
        assert_int_equal(response.complete_length, FILE_SIZE);
        assert_memory_equal(got, file + ranges[i].first, ranges[i].length);
    }
}

/* A part's content starts behind the empty line of its head. */
static const char *check_part(const char *at, struct range range)
{
    const char *content = strstr(at, "\r\n\r\n");
    assert_non_null(content);
    assert_memory_equal(content + 4, file + range.first, range.length);
    return content + 4 + range.length;
}

static void check_several(uint64_t each, bool inlined)
{
    struct content content = {.ranges = {.count = RANGES_MAX}};
    struct representation representation = open_file();
    struct response response = {.status = 206};
    for (uint64_t i = 0; i < RANGES_MAX; i++)
        content.ranges.list[i] = (struct range){(RANGES_MAX - 1 - i) * 6000, each};
    make(&content, &representation, &response);
    assert_int_equal(content.inlined, inlined);
    assert_false(response.has_content_range);
    assert_int_equal(response.boundary.length, CONTENT_BOUNDARY_LENGTH);
    const char *at = got;
    got[response.content_length] = '\0';
    for (size_t i = 0; i < RANGES_MAX; i++)
        at = check_part(at, content.ranges.list[i]);
    assert_memory_equal(at, "\r\n--", 4);
    assert_memory_equal(at + 4, response.boundary.data, response.boundary.length);
    assert_string_equal(at + 4 + response.boundary.length, "--\r\n");
}

static void several_ranges(void **state)
{
    (void)state;
    check_several(1, true);
    check_several(CONTENT_INLINE_MAX / RANGES_MAX, true);
    check_several(CONTENT_INLINE_MAX / RANGES_MAX + 1, false);
    check_several(6000, false);
}

static void each_answer_has_its_own_boundary(void **state)
{
    (void)state;
    char last[CONTENT_BOUNDARY_LENGTH] = "";
    for (unsigned i = 0; i < 10; i++) {
        struct content content = {.ranges = {.count = 2, .list = {{0, 1}, {5, 1}}}};
        struct representation representation = open_file();
        struct response response = {.status = 206};
        make(&content, &representation, &response);
        assert_memory_not_equal(content.boundary, last, sizeof last);
        memcpy(last, content.boundary, sizeof last);
    }
}

/* A type so long that the heads of its parts don't fit. */
static void what_cannot_be_parted_is_sent_whole(void **state)
{
    (void)state;
    static char type[4096];
    memset(type, 'x', sizeof type);
    struct content content = {.ranges = {.count = 2, .list = {{0, 1}, {5, 1}}}};
    struct representation representation = open_file();
    struct response response = {.status = 206};
    representation.media_type = (struct str){type, sizeof type};
    make(&content, &representation, &response);
    assert_int_equal(response.status, 200);
    assert_int_equal(response.boundary.length, 0);
    assert_false(response.has_content_range);
    assert_memory_equal(got, file, FILE_SIZE);
}

static void a_head_needs_no_reading(void **state)
{
    (void)state;
    struct content content;
    struct representation representation = open_file();
    struct response response = {.status = 200};
    assert_int_equal(ftruncate(representation.fd, 0), 0);
    representation.version.size = 10;
    content_select_all(&content, &representation);
    assert_int_equal(content_prepare(&content, &representation, true, &response), 0);
    assert_int_equal(response.content_length, 10);
    representation_close(&representation);
}

static void a_file_cut_short_is_an_error(void **state)
{
    (void)state;
    struct content content = {.ranges = {.count = 2, .list = {{0, 10}, {90, 20}}}};
    struct representation representation = open_file();
    struct response response = {.status = 206};
    assert_int_equal(ftruncate(representation.fd, 100), 0);
    assert_int_equal(content_prepare(&content, &representation, false, &response), -ENODATA);
    representation_close(&representation);
    assert_int_equal(content_prepare(&content, &representation, false, &response), -EBADF);
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(the_whole_of_a_file),
        row(one_range),
        row(several_ranges),
        row(each_answer_has_its_own_boundary),
        row(what_cannot_be_parted_is_sent_whole),
        row(a_head_needs_no_reading),
        row(a_file_cut_short_is_an_error),
    };
    return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
