/* media_type: reading mime.types(5), the extension of a name, and the types that are built in. */
#include "http/media_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { TABLE_MAX = 16 };

static size_t read_table(const char *text, struct media_type table[static TABLE_MAX])
{
    struct media_type_cursor cursor = {.rest = str_of(text)};
    size_t count = 0;
    while (count < TABLE_MAX && media_type_next(&cursor, &table[count]))
        count++;
    return count;
}

static void assert_str(struct str s, const char *expected)
{
    if (!str_equal(s, str_of(expected)))
        fail_msg("\"%.*s\", not \"%s\"", (int)s.length, s.data ? s.data : "", expected);
}

static void test_walk(void **state)
{
    (void)state;
    static const char text[] = "# a comment with text/plain in it\n"
                               "\n"
                               "text/html\t\t\thtml htm\n"
                               "text/rtf\n"
                               "  image/png   png\t\r\n"
                               "application/x-tar tar # not an extension\n"
                               "text/javascript js";
    static const char *const expected[][2] = {
        {"html", "text/html"},        {"htm", "text/html"},      {"png", "image/png"},
        {"tar", "application/x-tar"}, {"js", "text/javascript"},
    };
    struct media_type table[TABLE_MAX];
    assert_int_equal(read_table(text, table), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_str(table[i].extension, expected[i][0]);
        assert_str(table[i].type, expected[i][1]);
    }
}

/* A type becomes part of a response head: what is not one stays out. */
static void test_walk_skips_what_is_no_media_type(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "\n\n",
        "html",
        "text html",
        "text/ html",
        "/html html",
        "text/html/x html",
        "text/html; html",
        "text/h\x01ml html",
        "t\xe4xt/html html",
        "#text/html html",
        "text/html",
        "text/html #html",
        "text/html:x html",
    };
    struct media_type table[TABLE_MAX];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_int_equal(read_table(lines[i], table), 0);
    struct media_type_cursor cursor = {.rest = {NULL, 0}};
    assert_false(media_type_next(&cursor, table));
}

static void test_extension(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"index.html", "html"},
        {"a/b.c/INDEX.HtmL", "HtmL"},
        {"a.tar.gz", "gz"},
        {"ä.PNG", "PNG"},
        {".profile.txt", "txt"},
        {"", ""},
        {"html", ""},
        {".html", ""},
        {"a/.html", ""},
        {"a.html/", ""},
        {"a.html/b", ""},
        {"a.", ""},
        {".", ""},
        {"..", ""},
        {"a.htm l", "htm l"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_str(media_type_extension(str_of(rows[i][0])), rows[i][1]);
}

/* What stands before the path in memory is no part of it. */
static void test_extension_of_a_part(void **state)
{
    (void)state;
    assert_str(media_type_extension(str_after(STR("a.html"), 1)), "");
    assert_str(media_type_extension((struct str){"a.htmlx", 6}), "html");
}

/* The built-in table is searched by halves: an entry out of order would not be found. */
static void test_built_in(void **state)
{
    (void)state;
    static const char *const extensions[] = {
        "avif", "css", "csv",  "gif",         "gz",   "htm",  "html",  "ico",   "jpeg", "jpg", "js",  "json",
        "md",   "mjs", "mp3",  "mp4",         "ogg",  "otf",  "pdf",   "png",   "svg",  "tar", "ttf", "txt",
        "wasm", "wav", "webm", "webmanifest", "webp", "woff", "woff2", "xhtml", "xml",  "zip",
    };
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        struct str type = media_type_built_in(str_of(extensions[i]));
        if (type.length == 0)
            fail_msg("no type for %s", extensions[i]);
        assert_non_null(memchr(type.data, '/', type.length));
    }
    assert_str(media_type_built_in(STR("html")), "text/html");
    assert_str(media_type_built_in(STR("HTML")), "text/html");
    assert_str(media_type_built_in(STR("mjs")), "text/javascript");
    assert_str(media_type_built_in(STR("htmm")), "");
    assert_str(media_type_built_in(STR("htmlx")), "");
    assert_str(media_type_built_in(STR("")), "");
}

static void test_is_text(void **state)
{
    (void)state;
    static const char *const text[] = {
        "text/html",
        "TEXT/Plain",
        "text/javascript",
        "application/javascript",
        "application/json",
        "application/xml",
        "image/svg+xml",
        "application/manifest+JSON",
        "application/xhtml+xml",
    };
    static const char *const other[] = {
        "",
        "text",
        "text/",
        "image/png",
        "application/octet-stream",
        "application/jsonx",
        "x-text/html",
        "application/x-json-stream",
        "application/xml-dtd",
        "+xm",
        "application/wasm",
    };
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        if (!media_type_is_text(str_of(text[i])))
            fail_msg("%s is text", text[i]);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (media_type_is_text(str_of(other[i])))
            fail_msg("%s is not text", other[i]);
    assert_false(media_type_is_text((struct str){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),      cmocka_unit_test(test_walk_skips_what_is_no_media_type),
        cmocka_unit_test(test_extension), cmocka_unit_test(test_extension_of_a_part),
        cmocka_unit_test(test_built_in),  cmocka_unit_test(test_is_text),
    };
    return cmocka_run_group_tests_name("media_type", tests, NULL, NULL);
}
