/* authority: what Host may say, by the grammar of RFC 3986, and what it may not. */
#include "http/authority.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_parts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *port;
    } rows[] = {
        {"", "", NULL},
        {"www.example.org", "www.example.org", NULL},
        {"www.example.org:", "www.example.org", ""},
        {"localhost:7878", "localhost", "7878"},
        {"127.0.0.1:80", "127.0.0.1", "80"},
        {"[::1]", "[::1]", NULL},
        {"[::1]:65535", "[::1]", "65535"},
        {"a%C3%A4:0", "a%C3%A4", "0"},
        {"a:0000080", "a", "0000080"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct authority authority;
        if (!authority_parse(str_of(rows[i].text), &authority))
            fail_msg("\"%s\" was refused", rows[i].text);
        assert_true(str_equal(authority.host, str_of(rows[i].host)));
        assert_int_equal(authority.port.data != NULL, rows[i].port != NULL);
        if (rows[i].port)
            assert_true(str_equal(authority.port, str_of(rows[i].port)));
    }
}

static void test_valid(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "xn--bcher-kva.example",
        "under_score.example",
        "example.org.",
        "a!$&'()*+,;=~b",
        "999.1.1.1", /* a reg-name all the same */
        "%41%2e%ff",
        "[::]",
        "[1::]",
        "[1:2:3:4:5:6:7::]",
        "[::2:3:4:5:6:7:8]",
        "[1:2:3:4:5:6:7:8]",
        "[2001:DB8::ff00:42:8329]",
        "[1:2:3:4:5:6:192.0.2.1]",
        "[::ffff:192.0.2.255]",
        "[::0.0.0.0]:1",
        "[v1.fe80::a+en1]",
        "[VF.x]",
    };
    struct authority authority;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!authority_parse(str_of(rows[i]), &authority))
            fail_msg("\"%s\" was refused", rows[i]);
}

static const struct str invalid[] = {
    STR("user@example.org"),
    STR("user:password@example.org"),
    STR("@"),
    STR("a/b"),
    STR("a?b"),
    STR("a#b"),
    STR("a\\b"),
    STR("a b"),
    STR("a\tb"),
    STR("a<b"),
    STR("a\"b"),
    STR("a^b"),
    STR("a\xc3\xa4"),
    STR("a\0b"),
    STR("a%"),
    STR("a%4"),
    STR("a%4g"),
    STR("a%zz:80"),
    STR(":"),
    STR(":80"),
    STR("a:b"),
    STR("a:80b"),
    STR("a:-1"),
    STR("a:+1"),
    STR("a: 80"),
    STR("a:80:80"),
    STR("a:65536"),
    STR("a:99999999999999999999"),
    STR("::1"),
    STR("["),
    STR("[]"),
    STR("]"),
    STR("[::1"),
    STR("::1]"),
    STR("[::1]]"),
    STR("[[::1]]"),
    STR("[::1]a"),
    STR("a[::1]"),
    STR("[::1]80"),
    STR("[:]"),
    STR("[:::]"),
    STR("[1:]"),
    STR("[:1]"),
    STR("[1:::2]"),
    STR("[1::2::3]"),
    STR("[::1::]"),
    STR("[12345::]"),
    STR("[g::]"),
    STR("[1:2:3:4:5:6:7]"),
    STR("[1:2:3:4:5:6:7:]"),
    STR("[1:2:3:4:5:6:7:8:9]"),
    STR("[1:2:3:4:5:6:7:8::]"),
    STR("[1:2:3:4::5:6:7:8]"),
    STR("[::1:2:3:4:5:6:7:8]"),
    STR("[1:2:3:4:5:6:7:192.0.2.1]"),
    STR("[::192.0.2]"),
    STR("[::192.0.2.1.1]"),
    STR("[::192.0.2.1.]"),
    STR("[::192.0.2.256]"),
    STR("[::192.0.2.01]"),
    STR("[::192.0..1]"),
    STR("[::.0.2.1]"),
    STR("[::192.0.2.1:1]"),
    STR("[192.0.2.1]x"),
    STR("[192.0.2.1]"),
    STR("[fe80::1%25eth0]"),
    STR("[v1]"),
    STR("[v1.]"),
    STR("[v.x]"),
    STR("[vg.x]"),
    STR("[v1.a/b]"),
    STR("[v1.a%41]"),
};

static void test_invalid(void **state)
{
    (void)state;
    struct authority authority;
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        if (authority_parse(invalid[i], &authority))
            fail_msg("\"%s\" was accepted", invalid[i].data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_invalid),
    };
    return cmocka_run_group_tests_name("authority", tests, NULL, NULL);
}
