/* media_types: a file of them is read, and of a name's extension the type is found. */
#include "media_types_state.h"

#include "support/harness.h"
#include "support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tree *tree;
static char *path;

static int set_up(void **state)
{
    (void)state;
    tree = tree_make();
    path = tree_path(tree, "types");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(path);
    tree_remove(tree);
    return 0;
}

#define types_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static void load(const char *text, size_t length, struct media_types *ret)
{
    tree_file(tree, "types", text, length);
    assert_int_equal(media_types_load(path, ret), 0);
}

static void assert_type(const struct media_types *types, const char *name, const char *expected)
{
    struct str type = media_types_lookup(types, str_of(name));
    if (!str_equal(type, str_of(expected)))
        fail_msg("%s: \"%.*s\", not \"%s\"", name, (int)type.length, type.data ? type.data : "", expected);
}

static void a_type_is_found_by_the_extension(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"index.html", "text/x-ours"},
        {"a/b.c/INDEX.HtmL", "text/x-ours"},
        {"x.upper", "text/x-upper"},
        {"x.UPPER", "text/x-upper"},
        {"x.twice", "text/x-first"},
        {"x.a1", "text/x-first"},
        {"x.b1", "text/x-second"},
        {"x.c1", "text/x-third"},
        {"style.css", "text/css"}, /* from here on not in the file */
        {"font.woff2", "font/woff2"},
        {"a.htmlx", ""},
        {"a.htm l", ""},
        {"a.unknown", ""},
        {"a.zz", ""},
        {"a.0", ""},
        {"html", ""},
    };
    static const char text[] = "# types of this host\n"
                               "text/x-upper UPPER\n"
                               "text/x-first a1 twice\n"
                               "text/x-nothing\n"
                               "text/x-second Twice tWICE b1\n"
                               "text/x-third c1 TWICE\n"
                               "text/x-ours html";
    struct media_types types;
    load(text, strlen(text), &types);
    assert_int_equal(types.count, 9);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_type(&types, rows[i][0], rows[i][1]);
    media_types_free(&types);
}

/* No name of a file has one, and words end with it here. */
static void a_word_with_a_nul_is_none(void **state)
{
    (void)state;
    static const char text[] = "text/x-first one\ntext/x-second t\0wo three\n";
    struct media_types types;
    load(text, sizeof text - 1, &types);
    assert_int_equal(types.count, 2);
    assert_type(&types, "a.one", "text/x-first");
    assert_type(&types, "a.three", "text/x-second");
    assert_type(&types, "a.t", "");
    media_types_free(&types);
}

/* As much in it as its size can hold, to the last octet. */
static void a_file_may_be_full_of_words(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    char *text = malloc(LINES * 16), *end = text, name[16], type[16];
    assert_non_null(text);
    end += sprintf(end, "a/a x");
    for (unsigned i = 0; i < LINES; i++)
        end += sprintf(end, "\na/%x %x", i, i + 0xaaaa);
    struct media_types types;
    load(text, (size_t)(end - text), &types);
    assert_int_equal(types.count, LINES + 1);
    for (unsigned i = 0; i < LINES; i++) {
        sprintf(name, "a.%X", i + 0xaaaa);
        sprintf(type, "a/%x", i);
        assert_type(&types, name, type);
    }
    media_types_free(&types);
    memset(text, ' ', LINES * 16);
    memcpy(text, "a/a", 3);
    for (unsigned i = 4; i < LINES * 16; i += 2)
        text[i] = 'x';
    load(text, LINES * 16 - 1, &types);
    assert_int_equal(types.count, LINES * 8 - 2);
    assert_type(&types, "a.x", "a/a");
    media_types_free(&types);
    free(text);
}

static void without_words_only_the_built_in_ones_are_known(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n", "# nothing\n", "text/x-nothing", "no type at all\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct media_types types;
        load(texts[i], strlen(texts[i]), &types);
        assert_int_equal(types.count, 0);
        assert_type(&types, "a.css", "text/css");
        assert_type(&types, "a.nothing", "");
        media_types_free(&types);
    }
}

static void what_is_no_file_of_types_is_refused(void **state)
{
    (void)state;
    struct media_types types;
    assert_int_equal(media_types_load(path, &types), -ENOENT);
    assert_int_equal(types.count, 0);
    assert_type(&types, "a.css", "text/css");
    assert_int_equal(media_types_load(tree_root(tree), &types), -EINVAL);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(media_types_load(path, &types), -EINVAL);
    tree_file(tree, "large", "", 0);
    char *large = tree_path(tree, "large");
    assert_int_equal(truncate(large, (4 << 20) + 1), 0);
    assert_int_equal(media_types_load(large, &types), -EFBIG);
    free(large);
    media_types_free(&types);
}

static void a_successor_is_spared_the_reading(void **state)
{
    (void)state;
    static const char *const texts[] = {"text/x-ours html HTM\ntext/x-other other", "# nothing\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct media_types before, after;
        load(texts[i], strlen(texts[i]), &before);
        int fd = media_types_lay_down(path);
        assert_true(fd >= 0);
        assert_int_equal(fcntl(fd, F_GETFD), 0);
        assert_int_equal(media_types_take(fd, &after), 0);
        assert_int_equal(fcntl(fd, F_GETFD), -1); /* taken over */
        assert_int_equal(after.count, before.count);
        static const char *const names[] = {"a.html", "a.HTM", "a.other", "a.css", "a.none"};
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            assert_true(str_equal(media_types_lookup(&after, str_of(names[n])),
                                  media_types_lookup(&before, str_of(names[n]))));
        media_types_free(&after);
        media_types_free(&before);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(media_types_lay_down(path), -ENOENT);
}

static void assert_refused(const char *bytes, size_t length)
{
    struct media_types types;
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(media_types_take(fd, &types), -EBADMSG);
    assert_int_equal(types.count, 0);
    assert_type(&types, "a.css", "text/css");
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* Count and length of the words in front, then places in the words, then these. */
static void what_a_successor_cant_use_is_refused(void **state)
{
    (void)state;
    static const char text[] = "a/b c";
    enum { HEAD = 16, ENTRY = 8, WORDS = 6, WHOLE = HEAD + ENTRY + WORDS };
    char bytes[WHOLE + 1] = "";
    struct media_types types;
    tree_file(tree, "types", text, strlen(text));
    int fd = media_types_lay_down(path);
    assert_int_equal(pread(fd, bytes, sizeof bytes, 0), WHOLE);
    for (size_t n = 0; n < WHOLE; n++)
        assert_refused(bytes, n);
    assert_refused(bytes, WHOLE + 1);
    static const size_t places[] = {0, 7, 8, 15, HEAD, HEAD + 3, HEAD + 4, HEAD + 7, WHOLE - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char before = bytes[places[i]];
        bytes[places[i]] = 0x7f;
        assert_refused(bytes, WHOLE);
        bytes[places[i]] = before;
    }
    assert_int_equal(media_types_take(fd, &types), 0);
    assert_type(&types, "x.c", "a/b");
    media_types_free(&types);
    int pipe_fds[2];
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    assert_int_equal(media_types_take(pipe_fds[0], &types), -EBADMSG);
    close(pipe_fds[1]);
    assert_int_equal(media_types_take(12345, &types), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        types_test(a_type_is_found_by_the_extension),
        types_test(a_word_with_a_nul_is_none),
        types_test(a_file_may_be_full_of_words),
        types_test(without_words_only_the_built_in_ones_are_known),
        types_test(what_is_no_file_of_types_is_refused),
        types_test(a_successor_is_spared_the_reading),
        types_test(what_a_successor_cant_use_is_refused),
    };
    return cmocka_run_group_tests_name("media_types", tests, NULL, NULL);
}
