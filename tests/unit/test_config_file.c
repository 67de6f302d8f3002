/* config_file: the lines of an INI file as entries, and what is said of lines that are none. */
#include "config_file.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* All that was read, as text: "LINE [SECTION]" or "LINE [SECTION] KEY=VALUE" an entry, then the mistakes. */
static char *read_bytes(const char *bytes, size_t length)
{
    struct tree *tree = tree_make();
    char *path = tree_path(tree, "x.ini"), *text;
    size_t text_length;
    tree_file(tree, "x.ini", bytes, length);
    FILE *out = open_memstream(&text, &text_length);
    assert_non_null(out);

    struct config_file file;
    assert_int_equal(config_file_read(path, &file), 0);
    assert_int_equal(file.error, 0);
    for (size_t i = 0; i < file.n_entries; i++) {
        const struct config_entry *entry = &file.entries[i];
        fprintf(out, "%u [%s]", entry->line, entry->section);
        fprintf(out, entry->key ? " %s=%s\n" : "\n", entry->key, entry->value);
    }
    file.path = "x.ini";
    config_file_report(&file, out);
    config_file_free(&file);

    assert_int_equal(fclose(out), 0);
    free(path);
    tree_remove(tree);
    return text;
}

static void assert_read(const char *bytes, size_t length, const char *expected)
{
    char *text = read_bytes(bytes, length);
    assert_string_equal(text, expected);
    free(text);
}

static void test_ways_to_write(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[s]\nk=v w",
        "[s]\r\nk = v w\r\n",
        "\xef\xbb\xbf[s]\nk = v w\n",
        "  [s]  \n  k\t=\tv w  \n",
        "[s] ; here\nk = v w ; there",
        "[s];\nk = v w\t;",
        "[s]\nk: v w\n\n\n",
        "[s]\nk = v w\n; c = 1\n# d = 2\n ;\n#",
        "[s]\nk = v w\n; gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x91\x8b\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_read(texts[i], strlen(texts[i]), "1 [s]\n2 [s] k=v w\n");
}

static void test_entries(void **state)
{
    (void)state;
    static const struct {
        const char *text, *read;
    } rows[] = {
        {"", ""},
        {"\n", ""},
        {"k=v", "1 [] k=v\n"},
        {"k=", "1 [] k=\n"},
        {"k= ; v", "1 [] k=\n"},
        {"[s]\n\nk=1\n[t]\nk=2\n[s]\nk=3", "1 [s]\n3 [s] k=1\n4 [t]\n5 [t] k=2\n6 [s]\n7 [s] k=3\n"},
        {"[ s t ]\n", "1 [ s t ]\n"},
        /* A comment starts behind a blank only, and = and : behind the first are the value's. */
        {"k=a;b c=d e:f #g ; h", "1 [] k=a;b c=d e:f #g\n"},
        {"[s]\nk=1\n  l=2", "1 [s]\n2 [s] k=1\n3 [s] l=2\n"},
        /* A backslash at a line's end: the value goes on. */
        {"k = a\\\n  b\nl=2", "1 [] k=a b\n3 [] l=2\n"},
        {"k = a \\\r\n[b] = c \\\r\n\td\r\n[s]", "1 [] k=a [b] = c d\n4 [s]\n"},
        {"k = \\\n a", "1 [] k=a\n"},
        {"k = a \\\n; b\n# c\n d ; e\nl=2", "1 [] k=a d\n5 [] l=2\n"},
        {"k = a \\\n b; c ;\nl=2", "1 [] k=a b; c\n3 [] l=2\n"},
        {"k = a \\\n\nl=2", "1 [] k=a\n3 [] l=2\n"},
        {"k = a \\", "1 [] k=a\n"},
        {"k = a\\b", "1 [] k=a\\b\n"},
        {"; k \\\nl=2", "2 [] l=2\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_read(rows[i].text, strlen(rows[i].text), rows[i].read);
}

static void test_mistakes_of_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *read;
    } rows[] = {
        {"k\n", "x.ini:1: k: not \"key = value\"\n"},
        {"=v\n", "x.ini:1: =v: not \"key = value\"\n"},
        {"k ; =v", "x.ini:1: k ; =v: not \"key = value\"\n"},
        {"k=1\n  v\nl=2", "1 [] k=1\n3 [] l=2\nx.ini:2: v: not \"key = value\"\n"},
        {"[s", "x.ini:1: [s: not a section's head, write [name]\n"},
        {"[]", "x.ini:1: []: not a section's head, write [name]\n"},
        {"[s] # c", "x.ini:1: [s] # c: not a section's head, write [name]\n"},
        /* Under a head that is none the keys belong nowhere, up to the next one. */
        {"[s]\n[t\nk=1 \\\n 2\n[u]\nk=3 \\\n 4",
         "1 [s]\n5 [u]\n6 [u] k=3 4\nx.ini:2: [t: not a section's head, write [name]\n"},
        {"k = a \\\n\x01\nl = 2", "1 [] k=a\n3 [] l=2\nx.ini:2: a control byte; only text may be here\n"},
        {"[s]\n[t\nk=1\n[u]\nk=2",
         "1 [s]\n4 [u]\n5 [u] k=2\nx.ini:2: [t: not a section's head, write [name]\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_read(rows[i].text, strlen(rows[i].text), rows[i].read);
}

/* Nothing of a line is ever lost in silence. */
static void test_long_lines(void **state)
{
    (void)state;
    char name[512];
    memset(name, 'n', sizeof(name));

    char *text = harness_text("[s]\n  k = %.194s  \r\n", name);
    char *expected = harness_text("1 [s]\n2 [s] k=%.194s\n", name);
    assert_read(text, strlen(text), expected);
    free(expected);
    free(text);

    text = harness_text("[s]\nk = %.195s\nl = 1\nm = %.500s", name, name);
    assert_read(text, strlen(text),
                "1 [s]\n3 [s] l=1\n"
                "x.ini:2: a line of 199 bytes; 198 at most\n"
                "x.ini:4: a line of 504 bytes; 198 at most\n");
    free(text);

    /* Of a comment nothing is needed; with a head goes what is below it. */
    text = harness_text("; %.500s\n[%.300s]\nk = 1", name, name);
    assert_read(text, strlen(text), "x.ini:2: a line of 302 bytes; 198 at most\n");
    free(text);

    text = harness_text("[%.196s]\nk = 1", name);
    expected = harness_text("1 [%.196s]\n2 [%.196s] k=1\n", name, name);
    assert_read(text, strlen(text), expected);
    free(expected);
    free(text);
}

static void test_control_bytes(void **state)
{
    (void)state;
    static const char nul[] = "[s]\nk = 8\0"
                              "0\nl = 1\n";
    static const char utf16[] = "\xff\xfe[\0s\0]\0\n\0";
    static const char utf16_big[] = "\xfe\xff\0[\0s\0]\0\n";
    static const char *const controls[] = {"k = \x1b[3m80", "; \x07", "k = 80\rl = a", "\x7f",
                                           "[\x01]\nk = 1"};
    assert_read(nul, sizeof(nul) - 1, "1 [s]\n3 [s] l=1\nx.ini:2: a NUL byte; only text may be here\n");
    assert_read(utf16, sizeof(utf16) - 1, "x.ini:1: UTF-16; save the file as UTF-8\n");
    assert_read(utf16_big, sizeof(utf16_big) - 1, "x.ini:1: UTF-16; save the file as UTF-8\n");
    for (size_t i = 0; i < COUNT(controls); i++)
        assert_read(controls[i], strlen(controls[i]), "x.ini:1: a control byte; only text may be here\n");
}

static void test_utf8(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\xff",
        "\x80",
        "\xc3",
        "\xc3(",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe2\x82",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf0\x9f\x91",
        "gr\xfc\xdf",
    };
    static const char *const good[] = {
        "\xc2\x80",     "\xdf\xbf",         "\xe0\xa0\x80",     "\xed\x9f\xbf",
        "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char *text = harness_text("; %s\nk = %s\n", bad[i], bad[i]);
        assert_read(text, strlen(text),
                    "x.ini:1: not UTF-8; save the file as UTF-8\n"
                    "x.ini:2: not UTF-8; save the file as UTF-8\n");
        free(text);
    }
    for (size_t i = 0; i < COUNT(good); i++) {
        char *text = harness_text("; %s\nk = %s\n", good[i], good[i]);
        char *expected = harness_text("2 [] k=%s\n", good[i]);
        assert_read(text, strlen(text), expected);
        free(expected);
        free(text);
    }
}

/* By line, whatever the order they were found in; those of the whole file first and without a line. */
static void test_report(void **state)
{
    (void)state;
    struct config_file file = {.path = "dir/x.ini"};
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    config_file_report(&file, out);
    config_file_mistake(&file, 10, "%s of %d", "ten", 10);
    config_file_mistake(&file, 9, "b");
    config_file_mistake(&file, 0, "whole");
    config_file_mistake(&file, 9, "a");
    config_file_report(&file, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "dir/x.ini: whole\ndir/x.ini:9: a\ndir/x.ini:9: b\ndir/x.ini:10: ten of 10\n");
    assert_int_equal(file.error, 0);
    config_file_free(&file);
    assert_int_equal(file.n_mistakes, 0);
    free(text);
}

static void test_file_limit(void **state)
{
    (void)state;
    enum { LIMIT = 1 << 20 };
    struct tree *tree = tree_make();
    char *path = tree_path(tree, "x.ini"), *bytes = malloc(LIMIT + 1);
    struct config_file file;
    assert_non_null(bytes);
    memset(bytes, ';', LIMIT + 1);
    tree_file(tree, "x.ini", bytes, LIMIT + 1);
    assert_int_equal(config_file_read(path, &file), -EFBIG);
    assert_ptr_equal(file.path, path);
    config_file_free(&file);
    tree_file(tree, "x.ini", bytes, LIMIT);
    assert_int_equal(config_file_read(path, &file), 0);
    assert_int_equal(file.n_entries + file.n_mistakes, 0);
    config_file_free(&file);
    free(bytes);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_ways_to_write),    harness_test(test_entries),
        harness_test(test_mistakes_of_form), harness_test(test_long_lines),
        harness_test(test_control_bytes),    harness_test(test_utf8),
        harness_test(test_report),           harness_test(test_file_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
