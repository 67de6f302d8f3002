/* config_value: texts to values within their limits, and back to a text that reads the same. */
#include "config_value.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const uint64_t second = 1000000;

/* What a function writes, to be freed. */
static char *describe(const struct config_domain *domain)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    config_value_describe(domain, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static char *write_value(const struct config_domain *domain, const void *field)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    config_value_write(domain, field, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_written(const struct config_domain *domain, const void *field, const char *expected)
{
    char *text = write_value(domain, field);
    assert_string_equal(text, expected);
    free(text);
}

static const struct {
    const char *text;
    uint64_t usec;
    const char *written;
} durations[] = {
    {"0", 0, "0s"},
    {"5", 5000000, "5s"},
    {" 5 ", 5000000, "5s"},
    {"007", 7000000, "7s"},
    {"5s", 5000000, "5s"},
    {"5 s", 5000000, "5s"},
    {"5sec", 5000000, "5s"},
    {"1second 2seconds", 3000000, "3s"},
    {"500ms", 500000, "500ms"},
    {"1500msec", 1500000, "1s 500ms"},
    {"7us", 7, "7us"},
    {"7usec", 7, "7us"},
    {"2min", 120000000, "2min"},
    {"2m", 120000000, "2min"},
    {"1minute 1minutes", 120000000, "2min"},
    {"90s", 90000000, "1min 30s"},
    {"1h 30min", 5400000000, "1h 30min"},
    {"1h30min", 5400000000, "1h 30min"},
    {"30min\t1hr", 5400000000, "1h 30min"},
    {"1hour 2hours", 10800000000, "3h"},
    {"1d", 86400000000, "1d"},
    {"1day 1days 1us", 172800000001, "2d 1us"},
    {"18446744073709551615us", UINT64_MAX, "213503982d 8h 1min 49s 551ms 615us"},
};

static const char *const no_durations[] = {
    "",
    " ",
    "s",
    "5x",
    "5S",
    "-5s",
    "+5",
    "5.5s",
    "0x5",
    "1h 3",
    "5 5",
    "5s,",
    "1 h m",
    "5ss",
    "off",
    "forever",
    "5s 5",
    "s5",
    "5s;",
    "5\n6",
    "٥s",
    "1h min",
    "min1",
    "5 µs",
    "18446744073709551616us",
    "18446744073709551615",
    "18446744073709551615us 1us",
    "99999999999999999999d",
};

static void test_durations(void **state)
{
    (void)state;
    const struct config_domain any = {CONFIG_DURATION, 0, UINT64_MAX};
    for (size_t i = 0; i < COUNT(durations); i++) {
        uint64_t usec = 1, again = 1;
        if (config_value_parse_duration(durations[i].text, &usec) < 0)
            fail_msg("%s", durations[i].text);
        assert_int_equal(usec, durations[i].usec);
        assert_written(&any, &usec, durations[i].written);
        assert_int_equal(config_value_parse_duration(durations[i].written, &again), 0);
        assert_int_equal(again, usec);
    }
    for (size_t i = 0; i < COUNT(no_durations); i++) {
        uint64_t usec = 42;
        if (config_value_parse_duration(no_durations[i], &usec) != -EINVAL || usec != 42)
            fail_msg("%s", no_durations[i]);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t size;
        const char *written;
    } good[] = {
        {"0", 0, "0"},
        {"1", 1, "1"},
        {"1000", 1000, "1000"},
        {"65536", 65536, "64K"},
        {"64K", 65536, "64K"},
        {"1M", 1048576, "1M"},
        {"1025K", 1049600, "1025K"},
        {"2G", UINT64_C(2) << 30, "2G"},
        {"3T", UINT64_C(3) << 40, "3T"},
        {"18446744073709551615", UINT64_MAX, "18446744073709551615"},
    };
    static const char *const bad[] = {
        "",          "K",    "64k",  "64KB", "64 K", " 64K",
        "-1",        "1.5M", "0x10", "1KK",  "1K1",  "18446744073709551616",
        "16777216T",
    };
    const struct config_domain any = {CONFIG_SIZE, 0, UINT64_MAX};
    for (size_t i = 0; i < COUNT(good); i++) {
        uint64_t size = 1;
        if (config_value_parse_size(good[i].text, &size) < 0)
            fail_msg("%s", good[i].text);
        assert_int_equal(size, good[i].size);
        assert_written(&any, &size, good[i].written);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t size = 42;
        if (config_value_parse_size(bad[i], &size) != -EINVAL || size != 42)
            fail_msg("%s", bad[i]);
    }
}

/* Each type's field is left as it was where the text is refused. */
static void assert_refused(const struct config_domain *domain, const char *text)
{
    unsigned char field[sizeof(char *) * (CONFIG_NAMES_MAX + 1)], before[sizeof(field)];
    memset(field, 0x5a, sizeof(field));
    memcpy(before, field, sizeof(field));
    if (config_value_read(domain, text, field) != -EINVAL)
        fail_msg("\"%s\" was taken", text);
    assert_memory_equal(field, before, sizeof(field));
}

static void test_limits(void **state)
{
    (void)state;
    const struct config_domain port = {CONFIG_PORT, 1, 65535};
    const struct config_domain count = {CONFIG_COUNT, 2, 1000};
    const struct config_domain duration = {CONFIG_DURATION, second, 3600 * second};
    const struct config_domain size = {CONFIG_SIZE, 4096, 65536};
    const struct {
        const struct config_domain *domain;
        const char *lowest, *highest, *below, *above;
    } rows[] = {
        {&port, "1", "65535", "0", "65536"},
        {&count, "2", "1000", "1", "1001"},
        {&duration, "1s", "1h", "999ms", "3601s"},
        {&size, "4K", "64K", "4095", "65537"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t field;
        assert_int_equal(config_value_read(rows[i].domain, rows[i].lowest, &field), 0);
        assert_written(rows[i].domain, &field, rows[i].lowest);
        assert_int_equal(config_value_read(rows[i].domain, rows[i].highest, &field), 0);
        assert_written(rows[i].domain, &field, rows[i].highest);
        assert_refused(rows[i].domain, rows[i].below);
        assert_refused(rows[i].domain, rows[i].above);
        assert_refused(rows[i].domain, "");
        assert_refused(rows[i].domain, "-1");
        assert_refused(rows[i].domain, "off");
        assert_refused(rows[i].domain, "18446744073709551617");
    }
    assert_refused(&port, "80 ");
    assert_refused(&port, "0x50");
    assert_refused(&port, "http");
}

static void test_off(void **state)
{
    (void)state;
    const struct config_domain domain = {CONFIG_DURATION_OR_OFF, 1000, 3600 * second};
    uint64_t usec = 1;
    assert_int_equal(config_value_read(&domain, "off", &usec), 0);
    assert_int_equal(usec, 0);
    assert_written(&domain, &usec, "off");
    assert_int_equal(config_value_read(&domain, "1ms", &usec), 0);
    assert_int_equal(usec, 1000);
    assert_written(&domain, &usec, "1ms");
    assert_refused(&domain, "0");
    assert_refused(&domain, "OFF");
    assert_refused(&domain, "1h 1us");
}

static void test_count_or_off(void **state)
{
    (void)state;
    const struct config_domain domain = {CONFIG_COUNT_OR_OFF, 1, 1000};
    unsigned count = 1;
    assert_int_equal(config_value_read(&domain, "off", &count), 0);
    assert_int_equal(count, 0);
    assert_written(&domain, &count, "off");
    assert_int_equal(config_value_read(&domain, "1000", &count), 0);
    assert_written(&domain, &count, "1000");
    assert_refused(&domain, "0");
    assert_refused(&domain, "1001");
}

static void test_threads(void **state)
{
    (void)state;
    const struct config_domain domain = {CONFIG_THREADS, 1, 256}, many = {CONFIG_THREADS, 100, 100};
    cpu_set_t before, one;
    unsigned threads = 0;
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    assert_int_equal(config_value_read(&domain, "auto", &threads), 0);
    assert_int_equal(threads, CPU_COUNT(&before) < 256 ? CPU_COUNT(&before) : 256);

    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    int r = config_value_read(&domain, "auto", &threads);
    assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
    assert_int_equal(r, 0);
    assert_int_equal(threads, 1);

    assert_int_equal(config_value_read(&many, "auto", &threads), 0);
    assert_int_equal(threads, 100);
    assert_int_equal(config_value_read(&domain, "7", &threads), 0);
    assert_written(&domain, &threads, "7");
    assert_refused(&domain, "0");
    assert_refused(&domain, "257");
    assert_refused(&domain, "automatic");
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written;
    } good[] = {
        {"127.0.0.1", "127.0.0.1"},
        {" 0.0.0.0 \t ::1 ", "0.0.0.0 ::1"},
        {"[2001:db8::7]", "2001:db8::7"},
        {"2001:0DB8:0::7", "2001:db8::7"},
        {"/run/hello.sock @hello 10.0.0.1", "/run/hello.sock @hello 10.0.0.1"},
    };
    static const char *const bad[] = {
        "",         " ",          "localhost",  "127.1",     "127.0.0.256",     "127.0.0.1:80",
        "[::1]:80", "127.0.0.1,", "fe80::1%lo", "1.1.1.1 x", "::1 ::2 ::3 ::4",
    };
    const struct config_domain domain = {CONFIG_ADDRESSES, 1, 3};
    for (size_t i = 0; i < COUNT(good); i++) {
        char *addresses[4] = {};
        if (config_value_read(&domain, good[i].text, addresses) < 0)
            fail_msg("%s", good[i].text);
        assert_written(&domain, addresses, good[i].written);
        config_value_free(&domain, addresses);
        assert_null(addresses[0]);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_refused(&domain, bad[i]);
}

static void test_booleans(void **state)
{
    (void)state;
    static const char *const yes[] = {"yes", "true", "on", "1", "Yes", "ON"};
    static const char *const no[] = {"no", "false", "off", "0", "No", "FALSE"};
    const struct config_domain domain = {CONFIG_BOOLEAN, 0, 0};
    for (size_t i = 0; i < COUNT(yes); i++) {
        bool value = false;
        assert_int_equal(config_value_read(&domain, yes[i], &value), 0);
        assert_true(value);
        assert_written(&domain, &value, "on");
        assert_int_equal(config_value_read(&domain, no[i], &value), 0);
        assert_false(value);
        assert_written(&domain, &value, "off");
    }
    assert_refused(&domain, "");
    assert_refused(&domain, "y");
    assert_refused(&domain, "2");
    assert_refused(&domain, "yes please");
}

static void test_levels(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int priority;
    } rows[] = {
        {"error", LOG_ERR}, {"warning", LOG_WARNING}, {"notice", LOG_NOTICE},
        {"info", LOG_INFO}, {"debug", LOG_DEBUG},
    };
    const struct config_domain domain = {CONFIG_LEVEL, 0, 0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int level = -1;
        assert_int_equal(config_value_read(&domain, rows[i].text, &level), 0);
        assert_int_equal(level, rows[i].priority);
        assert_written(&domain, &level, rows[i].text);
    }
    assert_refused(&domain, "");
    assert_refused(&domain, "Info");
    assert_refused(&domain, "crit");
    assert_refused(&domain, "6");
}

static void test_names(void **state)
{
    (void)state;
    const struct config_domain domain = {CONFIG_NAMES, 1, 3};
    char *names[4] = {};
    assert_int_equal(config_value_read(&domain, " a \t b.html ..c", names), 0);
    assert_string_equal(names[0], "a");
    assert_string_equal(names[1], "b.html");
    assert_string_equal(names[2], "..c");
    assert_null(names[3]);
    assert_written(&domain, names, "a b.html ..c");
    config_value_free(&domain, names);
    assert_null(names[0]);
    assert_int_equal(config_value_read(&domain, "one", names), 0);
    assert_written(&domain, names, "one");
    config_value_free(&domain, names);
    assert_refused(&domain, "");
    assert_refused(&domain, " ");
    assert_refused(&domain, "a b c d");
    assert_refused(&domain, "a b/c");
    assert_refused(&domain, "/");
    assert_refused(&domain, "a .");
    assert_refused(&domain, "..");
}

static void test_files(void **state)
{
    (void)state;
    const struct config_domain file = {CONFIG_FILE, 0, 0}, file_or_off = {CONFIG_FILE_OR_OFF, 0, 0};
    static const char *const good[][2] = {{"404.html", "/404.html"},
                                          {"/a/b c.html", "/a/b c.html"},
                                          {".errors/x", "/.errors/x"},
                                          {"/...", "/..."}};
    static const char *const bad[] = {"", "/", "//a", "a//b", "a/", "a/..", "../a", "/a/../b", "./a", "."};
    for (size_t i = 0; i < COUNT(good); i++) {
        char *path = NULL;
        assert_int_equal(config_value_read(&file, good[i][0], &path), 0);
        assert_string_equal(path, good[i][1] + 1);
        assert_written(&file, &path, good[i][1]);
        config_value_free(&file, &path);
        assert_null(path);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_refused(&file, bad[i]);
        assert_refused(&file_or_off, bad[i]);
    }
    char *path = (char[]){"x"};
    assert_int_equal(config_value_read(&file_or_off, "off", &path), 0);
    assert_null(path);
    assert_written(&file_or_off, &path, "off");
    assert_int_equal(config_value_read(&file, "off", &path), 0);
    assert_string_equal(path, "off");
    config_value_free(&file_or_off, &path);
    static const struct config_domain path_or_off = {CONFIG_PATH_OR_OFF, 0, 0};
    assert_int_equal(config_value_read(&path_or_off, "/a/health", &path), 0);
    assert_string_equal(path, "a/health");
    assert_written(&path_or_off, &path, "/a/health");
    config_value_free(&path_or_off, &path);
    assert_null(path);
    assert_refused(&path_or_off, "/");
}

static void test_descriptions(void **state)
{
    (void)state;
    static const struct {
        struct config_domain domain;
        const char *text;
    } rows[] = {
        {{CONFIG_PORT, 1, 65535}, "a port, 1 to 65535"},
        {{CONFIG_COUNT, 1, 1000000}, "a number, 1 to 1000000"},
        {{CONFIG_THREADS, 1, 256}, "a number of threads, 1 to 256, or auto"},
        {{CONFIG_DURATION, 0, 3600000000}, "a duration, 0s to 1h"},
        {{CONFIG_COUNT_OR_OFF, 1, 1000000}, "a number, 1 to 1000000, or off"},
        {{CONFIG_DURATION_OR_OFF, 1000, 3600000000}, "a duration, 1ms to 1h, or off"},
        {{CONFIG_SIZE, 4096, 1 << 20}, "a size, 4K to 1M"},
        {{CONFIG_NAMES, 1, 8}, "a list of file names without a slash, 1 to 8"},
        {{CONFIG_LEVEL, 0, 0}, "a level: error, warning, notice, info or debug"},
        {{CONFIG_ACCESS, 0, 0}, "on, errors, file or off"},
        {{CONFIG_ACCESS_FORMAT, 0, 0}, "combined or json"},
        {{CONFIG_LOG_FILE, 0, 0}, "the path of a file"},
        {{CONFIG_ADDRESSES, 1, 16},
         "a list of IPv4 and IPv6 addresses, /paths and @names of unix sockets, 1 to 16"},
        {{CONFIG_BOOLEAN, 0, 0}, "on or off"},
        {{CONFIG_FOLDER, 0, 0}, "the path of a folder"},
        {{CONFIG_FILE, 0, 0}, "the path of a file in the document root"},
        {{CONFIG_FILE_OR_OFF, 0, 0}, "the path of a file in the document root, or off"},
        {{CONFIG_PATH_OR_OFF, 0, 0}, "a path as /health, or off"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = describe(&rows[i].domain);
        assert_string_equal(text, rows[i].text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_limits),    cmocka_unit_test(test_off),
        cmocka_unit_test(test_threads),   cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_booleans),  cmocka_unit_test(test_levels),
        cmocka_unit_test(test_names),     cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_files),     cmocka_unit_test(test_count_or_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
