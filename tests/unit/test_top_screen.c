/* The live screen: what two texts of metrics come to, a known time apart. */
#include "top_screen.h"

#include "../support/harness.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "hellod_build_info{version=\"1.2.3\"} 1\nprocess_start_time_seconds 1000\n"

static const char first[] = HEAD
    "hellod_http_requests_total{method=\"GET\",code_class=\"2xx\"} 100\n"
    "hellod_http_requests_total{method=\"HEAD\",code_class=\"2xx\"} 10\n"
    "hellod_http_requests_total{method=\"GET\",code_class=\"4xx\"} 5\n"
    "hellod_http_response_bytes_total 1000\n"
    "hellod_connections_accepted_total 7\n"
    "hellod_cache_hits_total 50\nhellod_cache_misses_total 50\n"
    "hellod_worker_busy_seconds_total{worker=\"0\"} 1\nhellod_worker_busy_seconds_total{worker=\"1\"} 1\n"
    "hellod_job_service_seconds_bucket{le=\"0.000001\"} 0\n"
    "hellod_job_service_seconds_bucket{le=\"0.001000\"} 10\n"
    "hellod_job_service_seconds_bucket{le=\"1.000000\"} 10\n"
    "hellod_job_service_seconds_bucket{le=\"+Inf\"} 10\n"
    "process_cpu_seconds_total 3\n";

static const char second[] = HEAD
    "hellod_reloads_total 2\n"
    "hellod_http_requests_total{method=\"GET\",code_class=\"2xx\"} 300\n"
    "hellod_http_requests_total{method=\"HEAD\",code_class=\"2xx\"} 30\n"
    "hellod_http_requests_total{method=\"GET\",code_class=\"4xx\"} 6\n"
    "hellod_http_response_bytes_total 3001000\n"
    "hellod_connections{state=\"idle\"} 60\nhellod_connections{state=\"sending\"} 4\n"
    "hellod_connections_max 512\n"
    "hellod_connections_accepted_total 9\n"
    "hellod_cache_hits_total 140\nhellod_cache_misses_total 60\nhellod_cache_bytes 12345678\n"
    "hellod_workers 2\n"
    "hellod_worker_busy_seconds_total{worker=\"0\"} 1.5\nhellod_worker_busy_seconds_total{worker=\"1\"} 1.5\n"
    "hellod_job_service_seconds_bucket{le=\"0.000001\"} 0\n"
    "hellod_job_service_seconds_bucket{le=\"0.001000\"} 100\n"
    "hellod_job_service_seconds_bucket{le=\"1.000000\"} 105\n"
    "hellod_job_service_seconds_bucket{le=\"+Inf\"} 110\n"
    "process_resident_memory_bytes 4200000\nprocess_open_fds 14\nprocess_max_fds 20000\n"
    "process_cpu_seconds_total 3.5\n"
    "hellod_log_entries_dropped_total 3\n";

static const char first_paths[] = "hellod_path_requests_total{path=\"/steady\"} 1000\n"
                                  "hellod_path_requests_total{path=\"/busy\"} 40\n"
                                  "hellod_path_requests_total{path=\"/anew\"} 90\n";

static const char second_paths[] = "hellod_path_requests_total{path=\"/steady\"} 1000\n"
                                   "hellod_path_requests_total{path=\"/busy\"} 240\n"
                                   "hellod_path_requests_total{path=\"/anew\"} 4\n"
                                   "hellod_path_requests_total{path=\"/new\"} 20\n";

static struct top_sample before, now;

static void read_both(void)
{
    assert_true(top_sample_read(str_of(first), &before));
    assert_true(top_sample_read(str_of(second), &now));
    top_sample_read_paths(str_of(first_paths), &before);
    top_sample_read_paths(str_of(second_paths), &now);
    before.clock = 50, before.time = 94999;
    now.clock = 52, now.time = 95001;
}

/* To be freed by free(3). */
static char *screen_of(const struct top_view *view)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    top_screen_write(view, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void two_samples_make_rates(void **state)
{
    (void)state;
    read_both();
    char *text = screen_of(&(struct top_view){.before = &before, .now = &now, .source = "/run/m"});
    assert_string_equal(text,
                        "hellod 1.2.3 on /run/m, up 1d 02:06:41, 2 reloads\n"
                        "\n"
                        "Requests     110/s       2xx 110/s      3xx 0.0/s      4xx 0.5/s      5xx 0.0/s\n"
                        "Sent         1.5 MB/s\n"
                        "Service      50 % in 556 us       90 % in 1 ms         99 % in over 1 s\n"
                        "Queue        50 % in -            90 % in -            99 % in -\n"
                        "Connections  64 of 512, 1.0/s accepted: 60 idle, 4 sending\n"
                        "Cache        90.0 % hits, 12.3 MB\n"
                        "Workers      2, 25.0 % busy\n"
                        "Process      25.0 % CPU, 4.2 MB memory, 14 of 20000 fds\n"
                        "Log          3 entries dropped\n"
                        "\n"
                        "requests/s  path\n"
                        "       100  /busy\n"
                        "      10.0  /new\n"
                        "       2.0  /anew\n");
    free(text);
}

static void one_sample_makes_none(void **state)
{
    (void)state;
    read_both();
    char *text = screen_of(&(struct top_view){.now = &now, .source = "/run/m"});
    assert_non_null(strstr(text, "\nRequests     -           2xx -          3xx -"));
    assert_non_null(strstr(text, "\nSent         -\n"));
    assert_non_null(strstr(text, "\n  requests  path\n      1000  /steady\n       240  /busy\n"));
    free(text);
}

static void of_another_process_no_rate_is_made(void **state)
{
    (void)state;
    read_both();
    before.started--;
    char *alone = screen_of(&(struct top_view){.now = &now, .source = "/run/m"});
    char *text = screen_of(&(struct top_view){.before = &before, .now = &now, .source = "/run/m"});
    assert_string_equal(text, alone);
    free(text);
    read_both();
    before.clock = now.clock;
    text = screen_of(&(struct top_view){.before = &before, .now = &now, .source = "/run/m"});
    assert_string_equal(text, alone);
    free(text), free(alone);
}

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    read_both();
    now.draining = 1;
    char *text =
        screen_of(&(struct top_view){.now = &now, .source = "/run/m", .trouble = "It does not answer"});
    assert_non_null(strstr(text, "2 reloads, draining\nIt does not answer\nRequests "));
    free(text);
}

static void it_never_leaves_the_window(void **state)
{
    (void)state;
    read_both();
    for (unsigned rows = 1; rows <= 24; rows++) {
        for (unsigned columns = 1; columns <= 100; columns += 3) {
            char *text = screen_of(&(struct top_view){
                .before = &before, .now = &now, .source = "/run/m", .rows = rows, .columns = columns});
            unsigned lines = 0;
            for (const char *line = text; *line; line = strchr(line, '\n') + 1, lines++)
                assert_true(strcspn(line, "\n") <= columns);
            assert_true(lines > 0 && lines <= rows);
            free(text);
        }
    }
}

static void names_do_nothing_to_a_terminal(void **state)
{
    (void)state;
    char label[512] = "", *text;
    for (int c = 1; c < 256; c++)
        if (c != '\n' && c != '"' && c != '\\')
            label[strlen(label)] = (char)c;
    text = harness_text(HEAD "hellod_path_requests_total{path=\"/%.60s\"} 9\n"
                             "hellod_path_requests_total{path=\"/%s\"} 8\n"
                             "hellod_path_requests_total{path=\"/\\n\\\"\\\\%%\xc3\xbc\"} 7\n"
                             "hellod_build_info{version=\"\033[2J\"} 1\n",
                        label, label);
    assert_true(top_sample_read(str_of(text), &now));
    top_sample_read_paths(str_of(text), &now);
    free(text);
    text = screen_of(&(struct top_view){.now = &now, .source = "/run/m"});
    for (const char *c = text; *c; c++)
        assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
    assert_non_null(strstr(text, "  /%01%02%03"));
    assert_non_null(strstr(text, "       7.0  /%0A%22%5C%25%C3%BC\n"));
    assert_non_null(strstr(text, "hellod \\x1b[2J on"));
    free(text);
}

static void what_says_no_version_is_not_hellod(void **state)
{
    (void)state;
    assert_false(top_sample_read(STR(""), &now));
    assert_false(top_sample_read(STR("go_goroutines 7\n"), &now));
    assert_true(top_sample_read(STR("hellod_build_info{version=\"1\"} 1\n"), &now));
}

/* A list that is full may have lost what now comes back. */
static void a_path_that_comes_back_has_not_grown_by_all_it_has(void **state)
{
    (void)state;
    read_both();
    before.path_count = now.path_count = 0;
    for (unsigned i = 0; i < TOP_PATHS_MAX; i++) {
        char *line = harness_text("hellod_path_requests_total{path=\"/%u\"} %u\n", i, 2000 - i);
        top_sample_read_paths(str_of(line), &before);
        free(line);
    }
    top_sample_read_paths(STR("hellod_path_requests_total{path=\"/back\"} 1947\n"), &now);
    char *text = screen_of(&(struct top_view){.before = &before, .now = &now, .source = "/run/m"});
    assert_non_null(strstr(text, "\n       5.0  /back\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(two_samples_make_rates),
        harness_test(one_sample_makes_none),
        harness_test(of_another_process_no_rate_is_made),
        harness_test(what_is_wrong_is_told),
        harness_test(it_never_leaves_the_window),
        harness_test(names_do_nothing_to_a_terminal),
        harness_test(what_says_no_version_is_not_hellod),
        harness_test(a_path_that_comes_back_has_not_grown_by_all_it_has),
    };
    return cmocka_run_group_tests_name("top_screen", tests, NULL, NULL);
}
