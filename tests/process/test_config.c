/* The command line and the INI file, as whoever runs hellod meets them. */
#include "support/harness.h"
#include "support/server.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 64, EXIT_CONFIG = 78 };

/* What hellod writes to standard output and standard error when it is run with these arguments. */
struct result {
    char *output, *errors;
};

static struct result run(struct server *server, int status)
{
    server_spawn(server);
    assert_int_equal(server_end(server), status);
    return (struct result){.output = server_output(server), .errors = server_log(server)};
}

static void free_result(struct result *result)
{
    free(result->output);
    free(result->errors);
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* The line that starts with the INI file's path as it was given. */
static void assert_reports(const struct server *server, const char *errors, const char *rest)
{
    char *line = harness_text("%s/hello.ini:%s", tree_root(server->tree), rest);
    assert_contains(errors, line);
    free(line);
}

static struct server *server_with_ini(const char *text)
{
    struct server *server = server_make();
    server_set_ini(server, text);
    return server;
}

static void every_mistake_is_reported_at_once(void **state)
{
    (void)state;
    struct server *server = server_with_ini("[server]\n"
                                            "port = 99999\n"
                                            "pool_size = 0\n"
                                            "document_root = /nowhere/at/all\n"
                                            "pool_sise = 4\n"
                                            "sleep = 5s\n"
                                            "sleep = 6s\n"
                                            "[timeuots]\n"
                                            "head = 1s\n"
                                            "[timeouts]\n"
                                            "idle = soon\n"
                                            "[log]\n"
                                            "level = loud\n"
                                            "nonsense\n");
    struct result result = run(server, EXIT_CONFIG);
    static const char *const lines[] = {
        "2: [server] port = 99999: not a port, 1 to 65535\n",
        "3: [server] pool_size = 0: not ",
        "4: [server] document_root = /nowhere/at/all: No such file or directory",
        "5: [server] pool_sise = 4: unknown key, did you mean pool_size?\n",
        "7: [server] sleep = 6s: already set on line 6\n",
        "8: [timeuots]: unknown section, did you mean [timeouts]?\n",
        "11: [timeouts] idle = soon: not ",
        "13: [log] level = loud: not ",
        "14: nonsense: not \"key = value\"",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_reports(server, result.errors, lines[i]);
    assert_string_equal(result.output, "");
    free_result(&result);
}

/* The journal gets each with its priority. */
static void each_mistake_is_an_entry_of_its_own(void **state)
{
    (void)state;
    struct server *server = server_with_ini("[server]\nport = x\npool_size = x\n");
    struct result result = run(server, EXIT_CONFIG);
    unsigned entries = 0;
    char *rest = result.errors, *line;
    while ((line = strsep(&rest, "\n")))
        if (*line) {
            entries++;
            assert_int_equal(strncmp(line, "<3>", 3), 0);
        }
    assert_true(entries >= 2);
    free_result(&result);
}

static void an_overlong_line_is_refused_not_cut(void **state)
{
    (void)state;
    char *text = harness_text("[server]\nindex = %0*d\n", 20000, 0);
    struct server *server = server_with_ini(text);
    free(text);
    struct result result = run(server, EXIT_CONFIG);
    assert_reports(server, result.errors, "2: a line of 20008 bytes");
    free_result(&result);
}

static void a_missing_file_is_a_clear_error(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_argument(server, "--config=/nowhere/hello.ini");
    struct result result = run(server, EXIT_CONFIG);
    assert_contains(result.errors, "/nowhere/hello.ini: No such file or directory");
    free_result(&result);
}

static void check_says_ok_or_what_is_wrong(void **state)
{
    (void)state;
    struct server *good = server_make(), *bad = server_with_ini("[server]\nport = 0\n");
    char *port = harness_text("port = %u\n", server_free_port());
    server_set(good, port);
    free(port);
    server_argument(good, "--check");
    server_argument(bad, "--check");
    struct result result = run(good, 0);
    char *want = harness_text("%s/hello.ini: OK\n%s: this user can get at it\n", tree_root(good->tree),
                              tree_root(good->root));
    assert_memory_equal(result.output, want, strlen(want));
    assert_contains(result.output, ": free to listen on\n");
    assert_string_equal(result.errors, "");
    free(want);
    free_result(&result);
    result = run(bad, EXIT_CONFIG);
    assert_string_equal(result.output, "");
    assert_reports(bad, result.errors, "2: [server] port = 0: not a port, 1 to 65535\n");
    free_result(&result);
}

static void what_is_dumped_reads_back_to_the_same(void **state)
{
    (void)state;
    struct server *first = server_make(), *second;
    server_set(first,
               "pool_size = 7\nport = 80\nsleep = 90s\nindex = a.html b.html\n[timeouts]\nhead = 2min\n");
    server_argument(first, "--dump-config");
    struct result once = run(first, 0);
    for (const struct config_option *option = config_options; option->section; option++) {
        char *key = harness_text("\n%s = ", option->key);
        assert_contains(once.output, key);
        free(key);
    }
    assert_contains(once.output, "\npool_size = 7\n");
    second = server_with_ini(once.output);
    server_argument(second, "--dump-config");
    struct result twice = run(second, 0);
    assert_string_equal(once.output, twice.output);
    assert_string_equal(once.errors, "");
    free_result(&once), free_result(&twice);
}

static void help_tells_every_option(void **state)
{
    (void)state;
    static const char *const words[] = {"--config",    "--check",       "--check-site",
                                        "--apply",     "--dump-config", "--exit-after",
                                        "--log-level", "--version",     "--help"};
    struct server *server = server_make();
    server_argument(server, "--help");
    struct result result = run(server, 0);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_contains(result.output, words[i]);
    for (const struct config_option *option = config_options; option->section; option++) {
        assert_contains(result.output, option->key);
        assert_contains(result.output, option->help);
    }
    assert_string_equal(result.errors, "");
    free_result(&result);
}

static void version_is_told(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_argument(server, "--version");
    struct result result = run(server, 0);
    assert_string_equal(result.output, "hellod " HELLOD_VERSION "\n");
    free_result(&result);
}

static void a_wrong_argument_is_a_clear_error(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "--conifg=x", "--exit-after=0", "--exit-after=-1", "--exit-after=many",
        "-x",         "hello.ini",      "--check=yes"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct server *server = server_make();
        server_argument(server, wrong[i]);
        struct result result = run(server, EXIT_USAGE);
        assert_contains(result.errors, "hellod: ");
        assert_contains(result.errors, "--help");
        assert_string_equal(result.output, "");
        free_result(&result);
    }
}

static void a_relative_document_root_counts_from_the_file(void **state)
{
    (void)state;
    struct server *server = server_with_ini("[server]\ndocument_root = .\n");
    server_argument(server, "--dump-config");
    struct result result = run(server, 0);
    assert_contains(result.output, tree_root(server->tree));
    free_result(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(every_mistake_is_reported_at_once),
        harness_test(each_mistake_is_an_entry_of_its_own),
        harness_test(an_overlong_line_is_refused_not_cut),
        harness_test(a_missing_file_is_a_clear_error),
        harness_test(check_says_ok_or_what_is_wrong),
        harness_test(what_is_dumped_reads_back_to_the_same),
        harness_test(help_tells_every_option),
        harness_test(version_is_told),
        harness_test(a_wrong_argument_is_a_clear_error),
        harness_test(a_relative_document_root_counts_from_the_file),
    };
    return cmocka_run_group_tests_name("configuration", tests, NULL, NULL);
}
