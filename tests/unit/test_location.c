/* location: what is encoded, what keeps its query, and that no redirect leaves the host unasked. */
#include "http/location.h"

#include "support/harness.h"

#include <string.h>

static char buffer[256];

static struct str maybe(const char *text)
{
    return text ? str_of(text) : (struct str){NULL, 0};
}

static void assert_is(size_t length, const char *expected, const char *what)
{
    if (length != strlen(expected) || memcmp(buffer, expected, length) != 0)
        fail_msg("%s: \"%.*s\", not \"%s\"", what, (int)length, buffer, expected);
}

static void a_folder_gets_its_slash(void **state)
{
    (void)state;
    static const struct {
        const char *path, *query, *location;
    } rows[] = {
        {"a", NULL, "/a/"},
        {"a/b", "", "/a/b/?"},
        {"a b\r\n", "x=%41&y", "/a%20b%0D%0A/?x=%41&y"},
        {"\\evil", NULL, "/%5Cevil/"},
        {"a?b#c%", NULL, "/a%3Fb%23c%25/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_is(location_of_folder(str_of(rows[i].path), maybe(rows[i].query), buffer, sizeof buffer),
                  rows[i].location, rows[i].path);
    assert_int_equal(location_of_folder(STR("abc"), STR("d"), buffer, 6), 0);
    assert_int_equal(location_of_folder(STR("abc"), STR("d"), buffer, 7), 7);
}

static void templates_are_filled(void **state)
{
    (void)state;
    static const struct {
        const char *template, *star, *query, *location;
    } rows[] = {
        {"/new", "", NULL, "/new"},
        {"/new", "", "a=b", "/new?a=b"},
        {"/new", "x", "", "/new?"},
        {"/new?c=d", "", "a=b", "/new?c=d"},
        {"/new#part", "", "a=b", "/new?a=b#part"},
        {"/new?c#part", "", "a=b", "/new?c#part"},
        {"/new/*", "x/y z", "q", "/new/x/y%20z?q"},
        {"/new/*/all", "x", NULL, "/new/x/all"},
        {"/new/*", "a?b#c*\r\n", NULL, "/new/a%3Fb%23c*%0D%0A"},
        {"/new?path=*", "x y", "q", "/new?path=x%20y"},
        {"/new#*", "x", "q", "/new?q#x"},
        {"https://h.example/*", "x", NULL, "https://h.example/x"},
        {"https://h.example/*", "/x", NULL, "https://h.example//x"},
        {"https://h.example", "", "q", "https://h.example?q"},
        {"/*", "/evil.example/x", NULL, "/evil.example/x"},
        {"/*", "///evil.example", NULL, "/evil.example"},
        {"/*", "\\evil.example", NULL, "/%5Cevil.example"},
        {"/*/evil.example", "", NULL, "/evil.example"},
        {"/*//evil.example", "/", NULL, "/evil.example"},
        {"/*", "", NULL, "/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = location_from_template(str_of(rows[i].template), str_of(rows[i].star),
                                               maybe(rows[i].query), buffer, sizeof buffer);
        assert_is(length, rows[i].location, rows[i].template);
    }
    assert_int_equal(location_from_template(STR("/*"), STR("abc"), STR("d"), buffer, 5), 0);
    assert_int_equal(location_from_template(STR("/*"), STR(" bc"), STR("d"), buffer, 5), 0);
    assert_int_equal(location_from_template(STR("/*"), STR("abc"), STR("d"), buffer, 6), 6);
}

static void templates_are_read(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/", "/"},
        {"/new/*?a=b&c[]=d#e", "/new/*?a=b&c[]=d#e"},
        {"/gr\303\274n", "/gr%C3%BCn"},
        {"/gr%C3%BCn", "/gr%C3%BCn"},
        {"/a\"<>\\^`{|}", "/a%22%3C%3E%5C%5E%60%7B%7C%7D"},
        {"http://h.example", "http://h.example"},
        {"HTTPS://h.example:8443/a/*", "HTTPS://h.example:8443/a/*"},
        {"https://[::1]/", "https://[::1]/"},
        {"https://h.example?q", "https://h.example?q"},
        {"https://h.example#f", "https://h.example#f"},
    };
    const char *fault;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = location_read_template(str_of(rows[i][0]), buffer, sizeof buffer, &fault);
        assert_null(fault);
        assert_is(length, rows[i][1], rows[i][0]);
    }
    assert_int_equal(location_read_template(STR("/\xc3"), buffer, 3, &fault), 0);
    assert_null(fault);
}

static void broken_templates_are_refused(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "no address"},
        {"new", "not an address"},
        {"//evil.example", "not an address"},
        {"///x", "not an address"},
        {"*", "not an address"},
        {"#a", "not an address"},
        {"h.example/new", "not an address"},
        {"h.example:80", "not an address"},
        {"ftp://h.example/", "not an address"},
        {"javascript:alert(1)", "not an address"},
        {"https://", "not an address"},
        {"https:///x", "not an address"},
        {"https://user@h.example/", "not an address"},
        {"https://*.example/", "not an address"},
        {"https://h.example*", "not an address"},
        {"https://h.example:80*/x", "not an address"},
        {"https://h.example\303\274/", "not an address"},
        {"/a%", "a percent sign"},
        {"/a%2x", "a percent sign"},
        {"/*/*", "one star"},
        {"/a#b#c", "one #"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *fault = NULL;
        assert_int_equal(location_read_template(str_of(rows[i][0]), buffer, sizeof buffer, &fault), 0);
        if (!fault || strncmp(fault, rows[i][1], strlen(rows[i][1])) != 0)
            fail_msg("\"%s\": %s", rows[i][0], fault ? fault : "nothing wrong");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_gets_its_slash),
        cmocka_unit_test(templates_are_filled),
        cmocka_unit_test(templates_are_read),
        cmocka_unit_test(broken_templates_are_refused),
    };
    return cmocka_run_group_tests_name("location", tests, NULL, NULL);
}
