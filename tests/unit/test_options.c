/* options: what each option asks for, what --help and --version print, and one line for each mistake. */
#include "options.h"

#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARGUMENTS_MAX = 4 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What a parse left; the texts are to be freed by forget(). */
struct outcome {
    int r;
    struct options options;
    char *out;
    char *err;
    char *argv[ARGUMENTS_MAX + 2];
};

static struct outcome parse(const char *const *arguments)
{
    struct outcome outcome = {.options = {.config = "untouched"}};
    size_t out_length, err_length;
    int argc = 0;
    FILE *saved_out = stdout, *saved_err = stderr;
    outcome.argv[argc++] = strdup("hellod");
    for (; argc <= ARGUMENTS_MAX && arguments[argc - 1]; argc++)
        outcome.argv[argc] = strdup(arguments[argc - 1]);
    stdout = open_memstream(&outcome.out, &out_length);
    stderr = open_memstream(&outcome.err, &err_length);
    outcome.r = options_parse(argc, outcome.argv, &outcome.options);
    fclose(stdout);
    fclose(stderr);
    stdout = saved_out;
    stderr = saved_err;
    return outcome;
}

static void forget(struct outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
    for (char **argument = outcome->argv; *argument; argument++)
        free(*argument);
}

static void test_requests(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[ARGUMENTS_MAX + 1];
        enum options_action action;
        const char *config;
        unsigned long exit_after;
    } rows[] = {
        {{NULL}, OPTIONS_SERVE, "/etc/hello.ini", 0},
        {{"--config", "a.ini"}, OPTIONS_SERVE, "a.ini", 0},
        {{"--config=a.ini"}, OPTIONS_SERVE, "a.ini", 0},
        {{"--config=a.ini", "--config=b.ini"}, OPTIONS_SERVE, "b.ini", 0},
        {{"--config", "--check"}, OPTIONS_SERVE, "--check", 0},
        {{"--check"}, OPTIONS_CHECK, "/etc/hello.ini", 0},
        {{"--check", "--config", "a.ini"}, OPTIONS_CHECK, "a.ini", 0},
        {{"--check-site"}, OPTIONS_CHECK_SITE, "/etc/hello.ini", 0},
        {{"--apply", "--config=a.ini"}, OPTIONS_APPLY, "a.ini", 0},
        {{"--apply-socket"}, OPTIONS_APPLY_SOCKET, "/etc/hello.ini", 0},
        {{"--socket-starting"}, OPTIONS_SOCKET_STARTING, "/etc/hello.ini", 0},
        {{"--socket-started"}, OPTIONS_SOCKET_STARTED, "/etc/hello.ini", 0},
        {{"--socket-stopped"}, OPTIONS_SOCKET_STOPPED, "/etc/hello.ini", 0},
        {{"--dump-config"}, OPTIONS_DUMP_CONFIG, "/etc/hello.ini", 0},
        {{"--log-level=debug", "--log-level", "error"}, OPTIONS_SERVE, "/etc/hello.ini", 0},
        {{"--exit-after=2"}, OPTIONS_SERVE, "/etc/hello.ini", 2},
        {{"--exit-after", "18446744073709551615"}, OPTIONS_SERVE, "/etc/hello.ini", UINT64_MAX},
        {{"--exit-after=1", "--"}, OPTIONS_SERVE, "/etc/hello.ini", 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct outcome outcome = parse(rows[i].arguments);
        assert_string_equal(outcome.err, "");
        assert_string_equal(outcome.out, "");
        assert_int_equal(outcome.r, 0);
        assert_int_equal(outcome.options.action, rows[i].action);
        assert_string_equal(outcome.options.config, rows[i].config);
        assert_true(outcome.options.exit_after == rows[i].exit_after);
        forget(&outcome);
    }
}

static void test_top(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[ARGUMENTS_MAX + 1];
        const char *top;
    } rows[] = {
        {{"--top"}, "/run/hellod/metrics.sock"},
        {{"--top=/run/m"}, "/run/m"},
        {{"--top=127.0.0.1:9179", "--top"}, "127.0.0.1:9179"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct outcome outcome = parse(rows[i].arguments);
        assert_int_equal(outcome.r, 0);
        assert_int_equal(outcome.options.action, OPTIONS_TOP);
        assert_string_equal(outcome.options.top, rows[i].top);
        forget(&outcome);
    }
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[ARGUMENTS_MAX + 1];
        const char *err;
    } rows[] = {
        {{"--nonsense"}, "hellod: --nonsense: unknown option; try hellod --help\n"},
        {{"--check", "--nonsense=1"}, "hellod: --nonsense=1: unknown option; try hellod --help\n"},
        {{"-c"}, "hellod: -c: unknown option; try hellod --help\n"},
        {{"-xyz"}, "hellod: -x: unknown option; try hellod --help\n"},
        {{"--config"}, "hellod: --config: needs a value; try hellod --help\n"},
        {{"--config="}, "hellod: --config: needs the name of a file; try hellod --help\n"},
        {{"--check=yes"}, "hellod: --check=yes: this option takes no value; try hellod --help\n"},
        {{"--log-level"}, "hellod: --log-level: needs a value; try hellod --help\n"},
        {{"--log-level=loud"},
         "hellod: --log-level=loud: not error, warning, notice, info or debug; try hellod --help\n"},
        {{"--exit-after"}, "hellod: --exit-after: needs a value; try hellod --help\n"},
        {{"--exit-after=0"},
         "hellod: --exit-after=0: not a number of connections, 1 or more; try hellod --help\n"},
        {{"--exit-after=-1"},
         "hellod: --exit-after=-1: not a number of connections, 1 or more; try hellod --help\n"},
        {{"--exit-after", "2x"},
         "hellod: --exit-after=2x: not a number of connections, 1 or more; try hellod --help\n"},
        {{"--exit-after=18446744073709551616"},
         "hellod: --exit-after=18446744073709551616: not a number of connections, 1 or more; try hellod "
         "--help\n"},
        {{"stray"}, "hellod: stray: unexpected; hellod takes options only; try hellod --help\n"},
        {{"--check", "--", "--help"},
         "hellod: --help: unexpected; hellod takes options only; try hellod --help\n"},
        {{"stray", "--check"}, "hellod: stray: unexpected; hellod takes options only; try hellod --help\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct outcome outcome = parse(rows[i].arguments);
        assert_string_equal(outcome.err, rows[i].err);
        assert_string_equal(outcome.out, "");
        assert_int_equal(outcome.r, -EINVAL);
        assert_string_equal(outcome.options.config, "untouched");
        forget(&outcome);
    }
}

static void test_version(void **state)
{
    (void)state;
    struct outcome outcome = parse((const char *[]){"--version", "--nonsense", NULL});
    assert_int_equal(outcome.r, 0);
    assert_int_equal(outcome.options.action, OPTIONS_EXIT);
    assert_string_equal(outcome.out, "hellod " HELLOD_VERSION "\n");
    assert_string_equal(outcome.err, "");
    forget(&outcome);
}

/* Everything that may be said on the command line and in the file is in the help. */
static void test_help(void **state)
{
    (void)state;
    static const char *const names[] = {"--config",      "--check",      "--check-site", "--apply",
                                        "--dump-config", "--exit-after", "--version",    "--help"};
    struct outcome outcome = parse((const char *[]){"--help", NULL});
    assert_int_equal(outcome.r, 0);
    assert_int_equal(outcome.options.action, OPTIONS_EXIT);
    assert_string_equal(outcome.err, "");
    assert_memory_equal(outcome.out, "Usage: hellod ", 14);
    for (size_t i = 0; i < COUNT(names); i++) {
        char line[32];
        snprintf(line, sizeof(line), "\n  %s", names[i]);
        if (!strstr(outcome.out, line))
            fail_msg("%s is not in the help", names[i]);
    }
    char *help;
    size_t length;
    FILE *out = open_memstream(&help, &length);
    config_help(out);
    fclose(out);
    assert_true(strlen(outcome.out) > length);
    assert_string_equal(outcome.out + strlen(outcome.out) - length, help);
    free(help);
    forget(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests), cmocka_unit_test(test_top),  cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_version),  cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
