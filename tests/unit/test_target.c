/* target: every form, every way to write a dot, and a slow second implementation that must agree on random
 * input. */
#include "http/target.h"

#include "../support/harness.h"
#include "../support/seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TARGET_MAX = 512, PIECES_MAX = 12, RANDOM_RUNS = 200000 };

#define FOLDER 1
#define HIDDEN 2

static void assert_str(struct str s, const char *expected, const char *where)
{
    if (!str_equal(s, str_of(expected)))
        fail_msg("%s: \"%.*s\", not \"%s\"", where, (int)s.length, s.data ? s.data : "", expected);
}

static const struct {
    const char *target, *path;
    int flags;
} paths[] = {
    {"/", "", FOLDER},
    {"//", "", FOLDER},
    {"/.", "", FOLDER},
    {"/./", "", FOLDER},
    {"/hello.html", "hello.html", 0},
    {"/a/b/c", "a/b/c", 0},
    {"/a/b/", "a/b", FOLDER},
    {"/a//b", "a/b", 0},
    {"///a///b///", "a/b", FOLDER},
    {"/a/./b", "a/b", 0},
    {"/a/b/.", "a/b", FOLDER},
    {"/a/b/..", "a", FOLDER},
    {"/a/..", "", FOLDER},
    {"/a/../b", "b", 0},
    {"/a//../b", "b", 0},
    {"/a/b/c/./../../g", "a/g", 0},      /* RFC 3986 section 5.2.4 */
    {"/mid/content=5/../6", "mid/6", 0}, /* the same */
    {"/a/%2e/b", "a/b", 0},
    {"/a/%2E%2e/b", "b", 0},
    {"/a/.%2e", "", FOLDER},
    {"/a/%2e.", "", FOLDER},
    {"/a/...", "a/...", HIDDEN},
    {"/a/..b", "a/..b", HIDDEN},
    {"/a/b..", "a/b..", 0},
    {"/%7Esmith/home.html", "~smith/home.html", 0}, /* RFC 9110 section 4.2.3 */
    {"/%C3%A4", "\xc3\xa4", 0},
    {"/%ff", "\xff", 0},
    {"/%252e%252e/%2541", "%2e%2e/%41", 0}, /* once, not twice */
    {"/a%20b+c", "a b+c", 0},
    {"/a%0d%0ab%7f", "a\r\nb\x7f", 0},
    {"/a%5C..%5Cb", "a\\..\\b", 0},
    {"/a\\..\\b", "a\\..\\b", 0},
    {"/a%3Fb%23c", "a?b#c", 0},
    {"/a;b=c", "a;b=c", 0},
    {"/\"<>^`{|}", "\"<>^`{|}", 0},
    {"/.git/config", ".git/config", HIDDEN},
    {"/%2egit", ".git", HIDDEN},
    {"/a/.b/c", "a/.b/c", HIDDEN},
    {"/.git/../a", "a", 0},
    {"/.well-known/acme", ".well-known/acme", 0},
    {"/.well-known/", ".well-known", FOLDER},
    {"/%2Ewell-known", ".well-known", 0},
    {"/.well-known/.a", ".well-known/.a", HIDDEN},
    {"/.well-knownx", ".well-knownx", HIDDEN},
    {"/.WELL-KNOWN/a", ".WELL-KNOWN/a", HIDDEN},
    {"/a/.well-known", "a/.well-known", HIDDEN},
    {"http://www.example.org/a/b", "a/b", 0},
    {"HTTPS://[::1]:7878/a/", "a", FOLDER},
    {"http://www.example.org", "", FOLDER},
    {"http://www.example.org?q", "", FOLDER},
    {"http://www.example.org//a", "a", 0},
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char buffer[TARGET_MAX];
        struct target target;
        unsigned status = target_parse(str_of(paths[i].target), buffer, strlen(paths[i].target), &target);
        if (status != 0)
            fail_msg("%s: %u", paths[i].target, status);
        assert_str(target.path, paths[i].path, paths[i].target);
        if ((target.folder ? FOLDER : 0) + (target.hidden ? HIDDEN : 0) != paths[i].flags)
            fail_msg("%s: folder %d, hidden %d", paths[i].target, target.folder, target.hidden);
        assert_false(target.asterisk);
    }
}

static void test_raw_path_and_query(void **state)
{
    (void)state;
    static const struct {
        const char *target, *raw_path, *query;
    } rows[] = {
        {"/where?q=now", "/where", "q=now"}, /* RFC 9112 section 3.2.1 */
        {"/a%20b/../c", "/a%20b/../c", NULL},
        {"/?", "/", ""},
        {"/a?b?c/../%zz", "/a", "b?c/../%zz"},
        {"http://www.example.org/pub/WWW/TheProject.html", "/pub/WWW/TheProject.html", NULL},
        {"http://h", "/", NULL},
        {"http://h?q", "/", "q"},
        {"http://h/?q", "/", "q"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char buffer[TARGET_MAX];
        struct target target;
        assert_int_equal(target_parse(str_of(rows[i].target), buffer, sizeof buffer, &target), 0);
        assert_str(target.raw_path, rows[i].raw_path, rows[i].target);
        assert_int_equal(target.query.data != NULL, rows[i].query != NULL);
        if (rows[i].query)
            assert_str(target.query, rows[i].query, rows[i].target);
    }
}

static void test_asterisk(void **state)
{
    (void)state;
    char buffer[1];
    struct target target;
    assert_int_equal(target_parse(STR("*"), buffer, sizeof buffer, &target), 0);
    assert_true(target.asterisk);
    assert_int_equal(target.path.length, 0);
}

static const struct str refused[] = {
    STR(""),
    STR("a"),
    STR("a/b"),
    STR("?"),
    STR("**"),
    STR("*?"),
    STR("../a"),
    STR("/.."),
    STR("/../a"),
    STR("/a/../.."),
    STR("/a/../../b"),
    STR("//.."),
    STR("/%2e%2e/a"),
    STR("/.%2E"),
    STR("/a/./../../b/"),
    STR("/a%00b"),
    STR("/%00"),
    STR("/a%2Fb"),
    STR("/a%2fb"),
    STR("/..%2f..%2fetc/passwd"),
    STR("/a%"),
    STR("/a%2"),
    STR("/a%2/b"),
    STR("/%zz"),
    STR("/%2e%2"),
    STR("/a b"),
    STR("/a\tb"),
    STR("/a\0b"),
    STR("/a\nb"),
    STR("/a#b"),
    STR("/a\x7f"),
    STR("/\xc3\xa4"),
    STR("/a?b c"),
    STR("/a?b#c"),
    STR("/a?\x80"),
    STR("http:"),
    STR("http:/a"),
    STR("http://"),
    STR("http:///a"),
    STR("http://?a"),
    STR("http://:80/a"),
    STR("http://user@h/a"),
    STR("http://user:password@h/a"),
    STR("http://h:65536/a"),
    STR("http://h:x/a"),
    STR("http://h\\a"),
    STR("http://[::1/a"),
    STR("http://h%zz/a"),
    STR("http://h/../a"),
    STR("ftp://h/a"),
    STR("file:///etc/passwd"),
    STR("h:80"),
    STR("www.example.org:443"),
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char buffer[TARGET_MAX];
        struct target target;
        if (target_parse(refused[i], buffer, sizeof buffer, &target) != 400)
            fail_msg("\"%s\" was accepted", refused[i].data);
    }
}

static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        enum target_form form;
        const char *path;
    } rows[] = {
        {"/a?b", TARGET_ORIGIN, "/a?b"},
        {"//h/a", TARGET_ORIGIN, "//h/a"},
        {"http://h/a?b", TARGET_ABSOLUTE, "/a?b"},
        {"hTTps://h:?b/c", TARGET_ABSOLUTE, "?b/c"},
        {"http://h", TARGET_ABSOLUTE, ""},
        {"www.example.com:80", TARGET_AUTHORITY, ""},
        {"[::1]:443", TARGET_AUTHORITY, ""},
        {"*", TARGET_ASTERISK, ""},
        {"www.example.com", TARGET_INVALID, NULL},
        {"www.example.com:", TARGET_INVALID, NULL}, /* RFC 9110 section 9.3.6 */
        {":80", TARGET_INVALID, NULL},
        {"user@h:80", TARGET_INVALID, NULL},
        {"http://u@h/", TARGET_INVALID, NULL},
        {"", TARGET_INVALID, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str path;
        if (target_form(str_of(rows[i].target), &path) != rows[i].form)
            fail_msg("%s", rows[i].target);
        if (rows[i].path)
            assert_str(path, rows[i].path, rows[i].target);
    }
}

/* The reference. Symbols are decoded octets, or a slash that came as one. */
enum { SLASH = 256 };

static int decode_symbols(const char *s, int *symbols)
{
    int count = 0;
    for (; *s && *s != '?'; s++) {
        unsigned octet;
        if (*s == '/') {
            symbols[count++] = SLASH;
        } else if (*s == '%') {
            if (strspn(s + 1, "0123456789abcdefABCDEF") < 2 || sscanf(s + 1, "%2x", &octet) != 1)
                return -1;
            s += 2;
            if (octet == 0 || octet == '/')
                return -1;
            symbols[count++] = (int)octet;
        } else if (*s <= ' ' || *s == '#' || *s == 0x7f) {
            return -1;
        } else {
            symbols[count++] = (unsigned char)*s;
        }
    }
    symbols[count++] = SLASH;
    return count;
}

struct reference {
    char path[TARGET_MAX];
    bool folder;
    bool hidden;
};

static unsigned reference_parse(const char *target, struct reference *ret)
{
    int symbols[TARGET_MAX];
    char segments[TARGET_MAX][TARGET_MAX];
    int count = decode_symbols(target, symbols), depth = 0, length = 0;
    if (count < 0 || *target != '/')
        return 400;
    *ret = (struct reference){.folder = true};
    for (int i = 1; i < count; i++) {
        if (symbols[i] != SLASH) {
            segments[depth][length++] = (char)symbols[i];
            continue;
        }
        segments[depth][length] = '\0';
        length = 0;
        ret->folder = false;
        if (strcmp(segments[depth], "") == 0 || strcmp(segments[depth], ".") == 0)
            ret->folder = true;
        else if (strcmp(segments[depth], "..") != 0)
            depth++;
        else if (depth == 0)
            return 400;
        else {
            depth--;
            ret->folder = true;
        }
    }
    for (int i = 0; i < depth; i++) {
        ret->hidden |= segments[i][0] == '.' && (i > 0 || strcmp(segments[i], ".well-known") != 0);
        strcat(ret->path, i > 0 ? "/" : "");
        strcat(ret->path, segments[i]);
    }
    return 0;
}

static void random_target(char *to)
{
    static const char *const pieces[] = {
        "/",   "/",    "/",    "/",  "/.",           "/..", "/../", "/%2e",   "/.%2E/", "/%2e%2e", ".",
        "%2e", "a",    "a",    "b",  "/a",           "/bc", "/d",   "/e",     "%41",    "%c3",     "%5C",
        "%0a", "%",    "?",    "#",  "/.well-known", "%2f", "%00",  "%25",    "a/b",    "*",       "~",
        "/f",  "/g/h", "/i/j", "/k", "/l",           "/m",  "/n",   "/o/p/q", "/r",
    };
    *to = '\0';
    if (seed_pick(50) != 0)
        strcat(to, "/");
    for (unsigned n = seed_pick(PIECES_MAX); n > 0; n--)
        strcat(to, pieces[seed_pick(sizeof pieces / sizeof *pieces)]);
}

/* What was accepted survives a redirect: encoded and parsed once more it is the same path. */
static void check_round_trip(const struct target *target)
{
    char encoded[3 * TARGET_MAX] = "/", buffer[3 * TARGET_MAX];
    struct target again;
    size_t length = target_encode(target->path, encoded + 1, sizeof encoded - 1);
    assert_true(length >= target->path.length);
    assert_int_equal(target_parse((struct str){encoded, length + 1}, buffer, sizeof buffer, &again), 0);
    assert_true(str_equal(again.path, target->path));
}

static void test_agrees_with_reference(void **state)
{
    (void)state;
    unsigned accepted = 0;
    seed_start();
    for (int i = 0; i < RANDOM_RUNS; i++) {
        char text[TARGET_MAX];
        struct target target;
        struct reference reference;
        random_target(text);
        /* A buffer of just the promised size, for a sanitizer to watch. */
        size_t size = strlen(text);
        char *buffer = malloc(size > 0 ? size : 1);
        unsigned expected = reference_parse(text, &reference);
        if (strchr(text, '?') && strchr(strchr(text, '?'), '#'))
            expected = 400;
        if (strcmp(text, "*") == 0)
            expected = 0;
        unsigned status = target_parse(str_of(text), buffer, size, &target);
        if (status != expected)
            fail_msg("%s: %u, not %u", text, status, expected);
        if (status == 0 && !target.asterisk) {
            accepted++;
            assert_str(target.path, reference.path, text);
            if (target.folder != reference.folder || target.hidden != reference.hidden)
                fail_msg("%s: folder %d, hidden %d", text, target.folder, target.hidden);
            check_round_trip(&target);
        }
        free(buffer);
    }
    assert_true(accepted > RANDOM_RUNS / 10);
}

static void test_encode(void **state)
{
    (void)state;
    static const struct {
        struct str path;
        const char *encoded;
    } rows[] = {
        {STR(""), ""},
        {STR("a/b-._~!$&'()*+,;=:@"), "a/b-._~!$&'()*+,;=:@"},
        {STR("a b%\"?#[]\\^`{|}<>"), "a%20b%25%22%3F%23%5B%5D%5C%5E%60%7B%7C%7D%3C%3E"},
        {STR("\r\n\x7f\xc3\xa4"), "%0D%0A%7F%C3%A4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = strlen(rows[i].encoded);
        for (size_t size = 0; size <= length + 1; size++) {
            char *buffer = malloc(size + 1);
            size_t written = target_encode(rows[i].path, buffer, size);
            assert_int_equal(written, size < length ? 0 : length);
            assert_memory_equal(buffer, rows[i].encoded, written);
            free(buffer);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),    cmocka_unit_test(test_raw_path_and_query),
        cmocka_unit_test(test_asterisk), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_forms),    cmocka_unit_test(test_agrees_with_reference),
        cmocka_unit_test(test_encode),
    };
    return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
