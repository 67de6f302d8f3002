/* config: a file's options and their defaults, and the texts made from the table. */
#include "config.h"

#include "access_mode.h"
#include "config_rules.h"
#include "exchange.h"

#include "../support/harness.h"
#include "../support/loading.h"
#include "../support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char *dump(const struct config *config)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    config_dump(config, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static const char everything[] = "[server]\n"
                                 "address = [::1] /run/hello.sock @hello 192.0.2.1\n"
                                 "port = 65535\n"
                                 "document_root = /\n"
                                 "pool_size = 256\n"
                                 "index = a b c d e f g h\n"
                                 "listing = on\n"
                                 "precompressed = off\n"
                                 "fallback = off\n"
                                 "sleep = off\n"
                                 "health = a/health\n"
                                 "max_connections = 1000000\n"
                                 "idle_exit = 90s\n"
                                 "cache = 64M\n"
                                 "[limits]\n"
                                 "request_line = 16K\n"
                                 "head = 65536\n"
                                 "fields = 10000\n"
                                 "body = 2G\n"
                                 "connections_per_address = 1000000\n"
                                 "requests_per_second = 1000000\n"
                                 "requests_burst = 1\n"
                                 "send_rate = off\n"
                                 "[timeouts]\n"
                                 "head = 1s\n"
                                 "idle = 1h\n"
                                 "body = 1500ms\n"
                                 "request = 1h\n"
                                 "send = 1min 30s\n"
                                 "drain = 0\n"
                                 "[log]\n"
                                 "level = debug\n"
                                 "access = errors\n"
                                 "access_rate = off\n"
                                 "access_file = /var/log/a/b.log\n"
                                 "access_format = json\n"
                                 "access_4xx = notice\n";

static void test_defaults(void **state)
{
    (void)state;
    struct loading loading = loading_good(tree_make(), "[server]\ndocument_root = /\n");
    const struct config *config = &loading.config;
    assert_string_equal(config->address[0], "127.0.0.1");
    assert_null(config->address[1]);
    assert_false(config->says_where);
    assert_int_equal(config->port, 7878);
    assert_int_equal(config->pool_size, 4);
    assert_string_equal(config->index[0], "hello.html");
    assert_string_equal(config->index[1], "index.html");
    assert_null(config->index[2]);
    assert_false(config->rules.listing);
    assert_true(config->rules.precompressed);
    assert_null(config->rules.fallback);
    assert_int_equal(config->rules.path_count + config->rules.redirect_count + config->rules.error_count, 0);
    assert_int_equal(config->sleep_usec, 5000000);
    assert_null(config->health);
    assert_int_equal(config->max_connections, 32768);
    assert_int_equal(config->idle_exit_usec, 0);
    assert_int_equal(config->cache_bytes, 64 << 20);
    assert_int_equal(config->head_usec, 10000000);
    assert_int_equal(config->idle_usec, 60000000);
    assert_int_equal(config->body_usec, 30000000);
    assert_int_equal(config->request_line_bytes, 8192);
    assert_int_equal(config->head_bytes, 16384);
    assert_int_equal(config->fields, 100);
    assert_int_equal(config->body_bytes, 1048576);
    assert_int_equal(config->connections_per_address, 512);
    assert_int_equal(config->requests_per_second, 0);
    assert_int_equal(config->requests_burst, 100);
    assert_int_equal(config->send_rate, 256);
    assert_int_equal(config->request_usec, 60000000);
    assert_int_equal(config->send_usec, 30000000);
    assert_int_equal(config->drain_usec, 10000000);
    assert_int_equal(config->level, LOG_INFO);
    assert_int_equal(config->access, ACCESS_ON);
    assert_int_equal(config->access_rate, 100);
    assert_string_equal(config->access_file, "access.log");
    assert_int_equal(config->access_format, ACCESS_COMBINED);
    assert_null(config->access_path);
    assert_int_equal(config->access_client_errors, LOG_INFO);
    loading_free(&loading);
}

static void test_every_option(void **state)
{
    (void)state;
    struct loading loading = loading_good(tree_make(), everything);
    const struct config *config = &loading.config;
    assert_string_equal(config->address[0], "::1");
    assert_string_equal(config->address[3], "192.0.2.1");
    assert_null(config->address[4]);
    assert_true(config->says_where);
    assert_int_equal(config->port, 65535);
    assert_string_equal(config->document_root, "/");
    assert_int_equal(config->pool_size, 256);
    assert_string_equal(config->index[7], "h");
    assert_null(config->index[8]);
    assert_true(config->rules.listing);
    assert_false(config->rules.precompressed);
    assert_int_equal(config->sleep_usec, 0);
    assert_string_equal(config->health, "a/health");
    assert_int_equal(config->max_connections, 1000000);
    assert_int_equal(config->idle_exit_usec, 90000000);
    assert_int_equal(config->cache_bytes, 64 << 20);
    assert_int_equal(config->head_usec, 1000000);
    assert_int_equal(config->idle_usec, 3600000000);
    assert_int_equal(config->body_usec, 1500000);
    assert_int_equal(config->request_line_bytes, EXCHANGE_REQUEST_LINE_MAX);
    assert_int_equal(config->head_bytes, EXCHANGE_HEAD_MAX);
    assert_int_equal(config->fields, 10000);
    assert_int_equal(config->body_bytes, INT64_C(2) << 30);
    assert_int_equal(config->connections_per_address, 1000000);
    assert_int_equal(config->requests_per_second, 1000000);
    assert_int_equal(config->requests_burst, 1);
    assert_int_equal(config->send_rate, 0);
    assert_int_equal(config->request_usec, 3600000000);
    assert_int_equal(config->send_usec, 90000000);
    assert_int_equal(config->drain_usec, 0);
    assert_int_equal(config->level, LOG_DEBUG);
    assert_int_equal(config->access, ACCESS_ERRORS);
    assert_int_equal(config->access_rate, 0);
    assert_string_equal(config->access_file, "/var/log/a/b.log");
    assert_int_equal(config->access_format, ACCESS_JSON);
    assert_null(config->access_path);
    assert_int_equal(config->access_client_errors, LOG_NOTICE);
    loading_free(&loading);
}

static void test_relative_root(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    tree_folder(tree, "www");
    char *expected = tree_path(tree, "www");
    struct loading loading = loading_good(tree, "[server]\ndocument_root = www\n");
    assert_string_equal(loading.config.document_root, expected);
    loading_free(&loading);

    /* The same where the file itself was named relative to the working folder, with a folder and without. */
    int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(before >= 0);
    assert_int_equal(chdir(tree_root(tree)), 0);
    struct loading bare = loading_file("hello.ini"), dotted = loading_file("./hello.ini");
    tree_text(tree, "hello.ini", "[server]\nport = 0\n");
    struct loading wrong = loading_file("./hello.ini");
    assert_int_equal(fchdir(before), 0);
    close(before);
    assert_int_equal(bare.r, 0);
    assert_string_equal(bare.config.document_root, expected);
    assert_int_equal(dotted.r, 0);
    assert_int_equal(dotted.config.document_root[0], '/');
    assert_int_equal(access(dotted.config.document_root, X_OK), 0);
    assert_memory_equal(wrong.errors, "./hello.ini:", 12);
    loading_free(&bare);
    loading_free(&dotted);
    loading_free(&wrong);
    free(expected);
}

static void test_dump_loads_back(void **state)
{
    (void)state;
    static const char *const texts[] = {everything,
                                        "[server]\ndocument_root = .\npool_size = auto\nsleep = 1h\n"};
    struct tree *tree = tree_make();
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct loading first = loading_good(tree, texts[i]);
        char *first_dump = dump(&first.config);
        struct loading second = loading_good(tree, first_dump);
        char *second_dump = dump(&second.config);
        assert_string_equal(first_dump, second_dump);
        for (const struct config_option *option = config_options; option->section; option++) {
            if (option->domain.type == CONFIG_DURATION || option->domain.type == CONFIG_DURATION_OR_OFF)
                assert_memory_equal((char *)&first.config + option->offset,
                                    (char *)&second.config + option->offset, sizeof(uint64_t));
        }
        assert_int_equal(first.config.port, second.config.port);
        assert_int_equal(first.config.pool_size, second.config.pool_size);
        assert_int_equal(first.config.max_connections, second.config.max_connections);
        assert_int_equal(first.config.level, second.config.level);
        assert_string_equal(first.config.document_root, second.config.document_root);
        free(first_dump);
        free(second_dump);
        loading_free(&first);
        loading_free(&second);
    }
}

static void test_dump_of_everything(void **state)
{
    (void)state;
    struct loading loading = loading_good(tree_make(), everything);
    char *text = dump(&loading.config);
    assert_string_equal(text, "[server]\n"
                              "address = ::1 /run/hello.sock @hello 192.0.2.1\n"
                              "port = 65535\n"
                              "document_root = /\n"
                              "pool_size = 256\n"
                              "index = a b c d e f g h\n"
                              "listing = on\n"
                              "precompressed = off\n"
                              "fallback = off\n"
                              "sleep = off\n"
                              "health = /a/health\n"
                              "max_connections = 1000000\n"
                              "idle_exit = 1min 30s\n"
                              "cache = 64M\n"
                              "\n"
                              "[limits]\n"
                              "request_line = 16K\n"
                              "head = 64K\n"
                              "fields = 10000\n"
                              "body = 2G\n"
                              "connections_per_address = 1000000\n"
                              "requests_per_second = 1000000\n"
                              "requests_burst = 1\n"
                              "send_rate = off\n"
                              "\n"
                              "[timeouts]\n"
                              "head = 1s\n"
                              "idle = 1h\n"
                              "body = 1s 500ms\n"
                              "request = 1h\n"
                              "send = 1min 30s\n"
                              "drain = 0s\n"
                              "\n"
                              "[log]\n"
                              "level = debug\n"
                              "access = errors\n"
                              "access_rate = off\n"
                              "access_file = /var/log/a/b.log\n"
                              "access_format = json\n"
                              "access_4xx = notice\n");
    free(text);
    loading_free(&loading);
}

/* The same file, for those whom its folders don't concern. */
static void test_read_without_folders(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    tree_text(tree, "hello.ini", "[server]\nport = 80\ndocument_root = none\n");
    char *path = tree_path(tree, "hello.ini"), *root = tree_path(tree, "none"), *errors;
    size_t length;
    struct config config;
    FILE *stream = open_memstream(&errors, &length);
    assert_int_equal(config_load(path, stream, &config), -EINVAL);
    rewind(stream);
    assert_int_equal(config_read(path, stream, &config), 0);
    assert_int_equal(config.port, 80);
    assert_true(config.says_where);
    assert_string_equal(config.document_root, root);
    config_free(&config);
    tree_text(tree, "hello.ini", "[server]\nport = 0\ndocument_root = none\n");
    assert_int_equal(config_read(path, stream, &config), -EINVAL);
    assert_int_equal(fclose(stream), 0);
    free(errors), free(root), free(path);
}

/* What a new row must keep to, so that reading a file by it, and its line in the help, come out right. */
static void test_table(void **state)
{
    (void)state;
    for (const struct config_option *option = config_options; option->section; option++) {
        assert_true(option->offset < sizeof(struct config));
        assert_true(option->domain.min <= option->domain.max);
        assert_null(strchr(option->help, '\n'));
        assert_int_equal(option->help[strlen(option->help) - 1], '.');
        bool left = false;
        for (const struct config_option *later = option + 1; later->section; later++) {
            bool same = strcmp(later->section, option->section) == 0;
            if (left && same)
                fail_msg("the rows of [%s] stand apart", option->section);
            left |= !same;
            if (same && strcmp(later->key, option->key) == 0)
                fail_msg("[%s] %s has two rows", option->section, option->key);
            assert_int_not_equal(later->offset, option->offset);
        }
    }
}

static void test_help(void **state)
{
    (void)state;
    char *text;
    size_t length, lines = 0;
    FILE *out = open_memstream(&text, &length);
    config_help(out);
    assert_int_equal(fclose(out), 0);
    const char *at = text;
    for (const struct config_option *option = config_options; option->section; option++) {
        char *start = harness_text("  %s = %s  ", option->key, option->fallback);
        at = strstr(at, start);
        if (!at)
            fail_msg("[%s] %s is not in the help, or not in its place", option->section, option->key);
        const char *end = strchr(at, '\n');
        size_t help = strlen(option->help);
        assert_true(end && (size_t)(end - at) > help);
        assert_memory_equal(end - help, option->help, help);
        free(start);
        lines++;
    }
    for (const struct config_rule *rule = config_rules; rule->section; rule++) {
        char *start = harness_text("\n  %s = %s  ", rule->key, rule->example);
        at = strstr(at, start);
        if (!at || !strstr(at, rule->help))
            fail_msg("[%s] %s is not in the help, or not in its place", rule->section, rule->key);
        free(start);
        lines++;
    }
    for (at = text; (at = strstr(at, "\n  ")); at++)
        lines--;
    assert_int_equal(lines, 0);
    assert_non_null(strstr(text, "\n[timeouts]\n"));
    free(text);
}

/* The options of the shipped file, as it should have them. */
static char *shipped_options(void)
{
    char *text;
    size_t length;
    const char *section = "";
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    for (const struct config_option *option = config_options; option->section; option++) {
        if (strcmp(section, option->section) != 0)
            fprintf(out, "%s[%s]\n", *section ? "\n" : "", option->section);
        else
            fputc('\n', out);
        section = option->section;
        fprintf(out, "; %s\n%s = %s\n", option->help, option->key, option->fallback);
    }
    for (const struct config_rule *rule = config_rules; rule->section; rule++) {
        fputc('\n', out);
        if (strcmp(section, rule->section) != 0)
            fprintf(out, ";[%s]\n", rule->section);
        section = rule->section;
        fprintf(out, "; %s\n;%s = %s\n", rule->help, rule->key, rule->example);
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

static void test_shipped_file(void **state)
{
    (void)state;
    static const char root_line[] = "document_root = /usr/share/hellod/www\n";
    char *shipped = harness_read_file("etc/hello.ini", NULL), *options = shipped_options();
    assert_non_null(shipped);
    char *first_section = strstr(shipped, "\n[");
    assert_non_null(first_section);
    assert_string_equal(first_section + 1, options);
    /* Above the options there are only comments. */
    for (const char *line = shipped; line < first_section; line = strchr(line, '\n') + 1)
        assert_true(*line == ';' || *line == '\n');

    /* It loads, and says nothing but the defaults; the folder it names is there after installation only. */
    struct tree *tree = tree_make();
    char *root = strstr(shipped, root_line);
    assert_non_null(root);
    char *copy =
        harness_text("%.*sdocument_root = .\n%s", (int)(root - shipped), shipped, root + strlen(root_line));
    struct loading said = loading_good(tree, copy),
                   unsaid = loading_good(tree, "[server]\ndocument_root = .\n");
    char *said_dump = dump(&said.config), *unsaid_dump = dump(&unsaid.config);
    assert_string_equal(said_dump, unsaid_dump);
    free(said_dump);
    free(unsaid_dump);
    loading_free(&said);
    loading_free(&unsaid);
    free(copy);
    free(options);
    free(shipped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_defaults),        harness_test(test_every_option),
        harness_test(test_relative_root),   harness_test(test_read_without_folders),
        harness_test(test_dump_loads_back), harness_test(test_dump_of_everything),
        harness_test(test_table),           harness_test(test_help),
        harness_test(test_shipped_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
