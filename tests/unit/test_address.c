/* address: from text, to text, and which of them go together. */
#include "address.h"

#include "../support/harness.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define TEN  "aaaaaaaaaa"
#define NAME TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN /* 100 */

static void test_round_trip(void **state)
{
    (void)state;
    static const struct {
        const char *text, *with_port, *host;
    } rows[] = {
        {"127.0.0.1", "127.0.0.1:80", "127.0.0.1"},
        {"::", "[::]:80", "::"},
        {"[::1]", "[::1]:80", "::1"},
        {"2001:DB8:0:0::7", "[2001:db8::7]:80", "2001:db8::7"},
        {"/run/hello.sock", "/run/hello.sock", "/run/hello.sock"},
        {"@hello", "@hello", "@hello"},
        {"@with:80", "@with:80", "@with:80"},
        {"/" NAME "123456", "/" NAME "123456", "/" NAME "123456"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address address, again;
        char text[ADDRESS_TEXT_MAX];
        if (!address_parse(rows[i].text, 80, &address))
            fail_msg("%s", rows[i].text);
        address_format(&address, text, sizeof text);
        assert_string_equal(text, rows[i].with_port);
        assert_true(address_parse_with_port(text, &again));
        assert_int_equal(again.length, address.length);
        assert_memory_equal(&again.any, &address.any, address.length);
        assert_true(address_equal(&address, &again));
        address_format_host(&address, text, sizeof text);
        assert_string_equal(text, rows[i].host);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",
        "localhost",
        "127.1",
        "127.0.0.256",
        "127.0.0.1:80",
        "[::1",
        "::1]",
        "[]",
        "[::1]:80",
        ":::",
        "fe80::1%lo",
        "::ffff:127.0.0.1",
        "[127.0.0.1]",
        "0x7f000001",
        "*",
        "/",
        "@",
        "run/hello",
        "/run/",
        "/" NAME "1234567",
        "@" NAME "1234567",
        "/run\\a",
        "@a\\",
    };
    static const char *const none_with_port[] = {
        "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1", "[::1]", "[::1]80", ":80", "80",
    };
    struct address address;
    for (size_t i = 0; i < COUNT(none); i++)
        if (address_parse(none[i], 80, &address))
            fail_msg("%s", none[i]);
    for (size_t i = 0; i < COUNT(none_with_port); i++)
        if (address_parse_with_port(none_with_port[i], &address))
            fail_msg("%s", none_with_port[i]);
}

static struct addresses make(const char *first, const char *second, const char *third)
{
    struct addresses addresses;
    char *const texts[] = {strdupa(first), second ? strdupa(second) : NULL, third ? strdupa(third) : NULL,
                           NULL};
    addresses_make(texts, 80, &addresses);
    return addresses;
}

static void test_lists(void **state)
{
    (void)state;
    struct addresses a = make("127.0.0.1", "::1", "@x"), b = make("@x", "127.0.0.1", "[::1]"),
                     c = make("127.0.0.1", "::1", NULL), d = make("127.0.0.1", "::1", "::1");
    char text[100];
    assert_int_equal(a.count, 3);
    assert_int_equal(c.count, 2);
    assert_true(addresses_equal(&a, &b));
    assert_false(addresses_equal(&a, &c));
    assert_false(addresses_equal(&a, &d));
    assert_false(addresses_equal(&d, &a));
    assert_true(addresses_have(&a, &c.list[1]));
    assert_false(addresses_have(&c, &a.list[2]));
    addresses_format(&a, text, sizeof text);
    assert_string_equal(text, "127.0.0.1:80, [::1]:80 and @x");
    addresses_format(&c, text, sizeof text);
    assert_string_equal(text, "127.0.0.1:80 and [::1]:80");
    addresses_format(&c, text, 5);
    assert_string_equal(text, "127.");
    c.count = 0;
    addresses_format(&c, text, sizeof text);
    assert_string_equal(text, "nothing");
}

static void test_conflicts(void **state)
{
    (void)state;
    static const struct {
        const char *texts[3];
        bool conflict, ipv6_only;
    } rows[] = {
        {{"127.0.0.1"}, false, true},
        {{"::"}, false, false},
        {{"::", "0.0.0.0"}, false, true},
        {{"::", "127.0.0.1", "@a"}, false, true},
        {{"::1", "127.0.0.1", "/a"}, false, true},
        {{"::", "@a", "/a"}, false, false},
        {{"127.0.0.1", "::", "127.0.0.1"}, true, true},
        {{"127.0.0.1", "0.0.0.0"}, true, true},
        {{"::", "::1"}, true, false},
        {{"@a", "::1", "@a"}, true, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct address *a, *b;
        struct addresses list = make(rows[i].texts[0], rows[i].texts[1], rows[i].texts[2]);
        assert_int_equal(addresses_conflict(&list, &a, &b), rows[i].conflict);
        assert_int_equal(addresses_ipv6_only(&list), rows[i].ipv6_only);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool any, everywhere;
    } rows[] = {
        {"0.0.0.0", true, true},     {"::", true, true},         {"127.0.0.1", false, true},
        {"127.9.9.9", false, true},  {"::1", false, true},       {"/run/x", false, true},
        {"@x", false, true},         {"10.0.0.1", false, false}, {"2001:db8::1", false, false},
        {"128.0.0.1", false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct address address;
        assert_true(address_parse(rows[i].text, 80, &address));
        assert_int_equal(address_is_any(&address), rows[i].any);
        assert_int_equal(address_is_everywhere(&address), rows[i].everywhere);
    }
}

static void test_of_socket(void **state)
{
    (void)state;
    struct address address, bound;
    char text[ADDRESS_TEXT_MAX];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(address_of_socket(fd, &bound), 0);
    address_format(&bound, text, sizeof text);
    assert_string_equal(text, "unix socket without a name");
    snprintf(text, sizeof text, "@hellod-test-%d", (int)getpid());
    assert_true(address_parse(text, 0, &address));
    assert_int_equal(bind(fd, &address.any, address.length), 0);
    assert_int_equal(address_of_socket(fd, &bound), 0);
    assert_true(address_equal(&address, &bound));
    close(fd);
    assert_true(address_of_socket(fd, &bound) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refused), cmocka_unit_test(test_lists),
        cmocka_unit_test(test_conflicts),  cmocka_unit_test(test_kinds),   cmocka_unit_test(test_of_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
