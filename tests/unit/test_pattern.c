/* pattern: what a star stands for, and what is forgiven; and a slow matcher that must agree on random input.
 */
#include "http/pattern.h"

#include "support/harness.h"

#include <string.h>

static const struct {
    const char *pattern, *path;
    bool matches;
} rows[] = {
    {"/", "/", true},
    {"/", "/a", false},
    {"/", "", false},
    {"/a", "/a", true},
    {"/a", "/a/", true},
    {"/a", "/a/b", false},
    {"/a", "/ab", false},
    {"/a", "/A", false},
    {"/a/", "/a/", true},
    {"/a/", "/a", false},
    {"/a/*", "/a/", true},
    {"/a/*", "/a/b", true},
    {"/a/*", "/a/b/c/", true},
    {"/a/*", "/a", true},
    {"/a/*", "/ab", false},
    {"/a/*", "/", false},
    {"/*", "/", true},
    {"/*", "", true},
    {"/*", "/anything/at/all", true},
    {"*", "/", true},
    {"*.js", "/a/b.js", true},
    {"*.js", "/a/b.js/", true}, /* a folder by that name */
    {"*.js", "/a/b.jsx", false},
    {"/a*", "/a", true},
    {"/a*", "/ab/c", true},
    {"/a*/c", "/ab/c", true},
    {"/a*/c", "/a/b/c", true},
    {"/a*/c", "/a/b/c/", true},
    {"/a*/c", "/a/c/b", false},
    {"/a/*/c/*.txt", "/a/b/c/d.txt", true},
    {"/a/*/c/*.txt", "/a/b/c/c/d.txt.txt", true},
    {"/a/*/c/*.txt", "/a/b/d.txt", false},
    {"**", "/", true},
    {"/***a", "/xya", true},
    {"/*aab", "/aaaab", true},
    {"/*aab", "/aaaba", false},
    {"/gr\303\274n", "/gr\303\274n", true},
};

static void the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str pattern = str_of(rows[i].pattern), path = str_of(rows[i].path), star;
        if (pattern_match(pattern, path) != rows[i].matches)
            fail_msg("\"%s\" and \"%s\"", rows[i].pattern, rows[i].path);
        if (pattern_stars(pattern) <= 1 && pattern_match_one(pattern, path, &star) != rows[i].matches)
            fail_msg("with one star, \"%s\" and \"%s\"", rows[i].pattern, rows[i].path);
    }
}

static void a_star_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path, *star;
    } stars[] = {
        {"/a/*", "/a/b/c", "b/c"}, {"/a/*", "/a/", ""},
        {"/a/*", "/a", ""},        {"/*.html", "/x/y.html", "x/y"},
        {"*.js", "/b.js", "/b"},   {"/a*c", "/abbc", "bb"},
        {"/a", "/a/", ""},         {"/*", "/x/", "x/"},
    };
    for (size_t i = 0; i < sizeof stars / sizeof *stars; i++) {
        struct str star;
        assert_true(pattern_match_one(str_of(stars[i].pattern), str_of(stars[i].path), &star));
        if (!str_equal(star, str_of(stars[i].star)))
            fail_msg("\"%s\" in \"%s\": \"%.*s\"", stars[i].pattern, stars[i].path, (int)star.length,
                     star.data);
    }
}

static void nothing_is_a_text(void **state)
{
    (void)state;
    const struct str none = {NULL, 0};
    struct str star;
    assert_true(pattern_match(none, none));
    assert_true(pattern_match_one(none, none, &star));
    assert_false(pattern_match(none, STR("/")));
    assert_false(pattern_match(STR("/"), none));
    assert_int_equal(pattern_stars(none), 0);
    assert_int_equal(pattern_stars(STR("*/*")), 2);
}

/* What a star means, said as plainly as can be. */
static bool slow_match(const char *pattern, const char *path)
{
    if (!*pattern)
        return !*path;
    if (*pattern == '*')
        return slow_match(pattern + 1, path) || (*path && slow_match(pattern, path + 1));
    return *pattern == *path && slow_match(pattern + 1, path + 1);
}

static bool slow_match_forgiving(const char *pattern, const char *path)
{
    char with_slash[32];
    size_t length = strlen(pattern);
    strcpy(with_slash, pattern);
    strcat(with_slash, "/");
    if (slow_match(pattern, path))
        return true;
    if (length >= 2 && strcmp(pattern + length - 2, "/*") == 0)
        return strlen(path) == length - 2 && strncmp(pattern, path, length - 2) == 0;
    return length > 0 && !strchr("*/", pattern[length - 1]) && path[1] && slow_match(with_slash, path);
}

static void a_slow_matcher_agrees(void **state)
{
    (void)state;
    unsigned seed = 7, matches = 0;
    for (unsigned run = 0; run < 300000; run++) {
        char text[2][10];
        for (unsigned t = 0; t < 2; t++) {
            unsigned length = (seed = seed * 1103515245 + 12345) >> 16 & 7;
            for (unsigned i = 0; i < length; i++)
                text[t][i] = "ab/*"[((seed = seed * 1103515245 + 12345) >> 16) % (t == 0 ? 4 : 3)];
            text[t][length] = '\0';
        }
        bool expected = slow_match_forgiving(text[0], text[1]);
        matches += expected;
        if (pattern_match(str_of(text[0]), str_of(text[1])) != expected)
            fail_msg("\"%s\" and \"%s\": not %d", text[0], text[1], expected);
    }
    assert_true(matches > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_holds),
        cmocka_unit_test(a_star_is_told),
        cmocka_unit_test(nothing_is_a_text),
        cmocka_unit_test(a_slow_matcher_agrees),
    };
    return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
