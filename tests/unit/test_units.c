/* units: which units a file belongs to, and which socket a service. */
#include "units.h"

#include "../support/harness.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define TEN "aaaaaaaaaa"

static void test_of_config(void **state)
{
    (void)state;
    static const struct {
        const char *path, *socket, *service, *config, *watch, *again;
    } rows[] = {
        {"/etc/hello.ini", "hello.socket", "hello.service", "hello-config.service", "hello-config.path",
         "hello-config-again.service"},
        {"/etc/hello/shop.ini", "hello@shop.socket", "hello@shop.service", "hello-config@shop.service",
         "hello-config@shop.path", "hello-config-again@shop.service"},
        {"/etc/hello/a.b-c_d:9.ini", "hello@a.b-c_d:9.socket", "hello@a.b-c_d:9.service",
         "hello-config@a.b-c_d:9.service", "hello-config@a.b-c_d:9.path",
         "hello-config-again@a.b-c_d:9.service"},
    };
    static const char *const strangers[] = {
        "",
        "hello.ini",
        "/etc/hello.ini~",
        "/etc/hello/",
        "/etc/hello/.ini",
        "/etc/hello/shop",
        "/etc/hello/a/b.ini",
        "/etc/hello/a b.ini",
        "/etc/hello/a@b.ini",
        "/etc/hello/a\\x20b.ini",
        "/etc/hello/" TEN TEN TEN TEN TEN TEN "12345.ini",
        "/srv/hello.ini",
    };
    struct units units;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(units_of_config(rows[i].path, &units));
        assert_string_equal(units.socket, rows[i].socket);
        assert_string_equal(units.service, rows[i].service);
        assert_string_equal(units.config, rows[i].config);
        assert_string_equal(units.watch, rows[i].watch);
        assert_string_equal(units.again, rows[i].again);
    }
    for (size_t i = 0; i < COUNT(strangers); i++)
        if (units_of_config(strangers[i], &units))
            fail_msg("%s belongs to %s", strangers[i], units.socket);
}

static void test_of_service(void **state)
{
    (void)state;
    static const char *const strangers[] = {
        "",           "hello.socket", "hello@.service", "hello-config.service", "hello2.service",
        "my.service", "hello",        ".service",       "hello.service.d",      "user@1000.service",
    };
    char socket[UNIT_NAME_MAX];
    assert_true(units_socket_of_service("hello.service", socket));
    assert_string_equal(socket, "hello.socket");
    assert_true(units_socket_of_service("hello@a.b.service", socket));
    assert_string_equal(socket, "hello@a.b.socket");
    for (size_t i = 0; i < COUNT(strangers); i++)
        if (units_socket_of_service(strangers[i], socket))
            fail_msg("%s has %s", strangers[i], socket);
    assert_true(units_is_socket("hello.socket"));
    assert_true(units_is_socket("hello@x.socket"));
    assert_false(units_is_socket("http"));
    assert_false(units_is_socket("hello.service"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_of_config), cmocka_unit_test(test_of_service)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
