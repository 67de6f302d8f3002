/* The metrics as text, of numbers that are given: what a running server has not got at will. */
#include "metrics.h"
#include "metrics_paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A line end before and after every line. To be freed by free(3). */
static char *text_of(const struct metrics *metrics)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    fputc('\n', out);
    metrics_write(metrics, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static bool has(const char *text, const char *line)
{
    const char *found = strstr(text, line);
    return found && found[-1] == '\n' && found[strlen(line)] == '\n';
}

static void what_the_kernel_hides_is_no_sample(void **state)
{
    (void)state;
    static struct metrics metrics;
    static const char *const names[] = {"process_resident_memory_bytes", "process_virtual_memory_bytes",
                                        "process_open_fds", "process_max_fds"};
    char *text = text_of(&metrics);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_null(strstr(text, names[i]));
    free(text);
    metrics.process = (struct process_usage){
        .resident_bytes = 4096, .virtual_bytes = 8192, .fds = 7, .fds_max = 1024, .cpu_nsec = 1500000000};
    text = text_of(&metrics);
    assert_true(has(text, "process_resident_memory_bytes 4096"));
    assert_true(has(text, "process_virtual_memory_bytes 8192"));
    assert_true(has(text, "process_open_fds 7"));
    assert_true(has(text, "process_max_fds 1024"));
    assert_true(has(text, "process_cpu_seconds_total 1.5"));
    free(text);
}

static void every_reason_to_close_has_a_word_of_its_own(void **state)
{
    (void)state;
    static struct metrics metrics;
    char line[128];
    for (unsigned reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        const char *word = connection_reason_word((enum connection_reason)reason);
        assert_non_null(word);
        assert_true(strspn(word, "abcdefghijklmnopqrstuvwxyz_") == strlen(word));
        assert_non_null(connection_reason_text((enum connection_reason)reason));
        metrics.clients.counters.closes[reason] = 100 + reason;
    }
    char *text = text_of(&metrics);
    for (unsigned reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        snprintf(line, sizeof line, "hellod_connection_closes_total{reason=\"%s\"} %u",
                 connection_reason_word((enum connection_reason)reason), 100 + reason);
        assert_true(has(text, line));
    }
    free(text);
}

static void buckets_add_up(void **state)
{
    (void)state;
    static struct metrics metrics;
    struct histogram *service = &metrics.clients.counters.service;
    histogram_note(service, 1000);
    histogram_note(service, 1001);
    histogram_note(service, 3000000000);
    char *text = text_of(&metrics);
    assert_true(has(text, "hellod_job_service_seconds_bucket{le=\"0.000001\"} 1"));
    assert_true(has(text, "hellod_job_service_seconds_bucket{le=\"0.000002\"} 2"));
    assert_true(has(text, "hellod_job_service_seconds_bucket{le=\"1.048576\"} 2"));
    assert_true(has(text, "hellod_job_service_seconds_bucket{le=\"+Inf\"} 3"));
    assert_true(has(text, "hellod_job_service_seconds_sum 3.000002001"));
    assert_true(has(text, "hellod_job_service_seconds_count 3"));
    free(text);
}

static void keep(struct cache *cache, const char *path, uint32_t wishes, unsigned requests)
{
    const struct cache_key key = {str_of(path), wishes};
    const struct cached item = {.representation = {.fd = -1}, .file = "file"};
    cache_release(cache_put(cache, &key, &item, 0));
    for (unsigned i = 1; i < requests; i++) {
        int64_t until_usec;
        const struct cached *held = cache_get(cache, &key, 0, &until_usec);
        assert_non_null(held);
        cache_release(held);
    }
}

static void paths_are_samples_with_most_first(void **state)
{
    (void)state;
    struct cache *cache;
    char *text, path[16];
    size_t length;
    assert_int_equal(cache_new(&cache, 1 << 20), 0);
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "/seldom-%d", i);
        keep(cache, path, 1, 1);
    }
    keep(cache, "/a\"b\\c\nd", 1, 5);
    keep(cache, "/often", 1, 7);
    keep(cache, "/a\"b\\c\nd", 2, 3);
    keep(cache, "404.html", 1, 30);
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    metrics_write_paths(cache, out);
    assert_int_equal(fclose(out), 0);
    const char *first = strstr(text, "\nhellod_path_requests_total{");
    static const char wanted[] = "\nhellod_path_requests_total{path=\"/often\"} 7\n"
                                 "hellod_path_requests_total{path=\"/a\\\"b\\\\c\\nd\"} 8\n"
                                 "hellod_path_requests_total{path=\"/seldom-";
    assert_non_null(first);
    assert_memory_equal(first, wanted, sizeof wanted - 1);
    unsigned lines = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        lines++;
    /* Two comments; neither the page for errors nor a path twice. */
    assert_int_equal(lines, METRICS_PATHS_MAX - 2 + 2);
    free(text);
    cache_free(cache);
}

static void without_a_cache_there_are_no_paths(void **state)
{
    (void)state;
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    metrics_write_paths(NULL, out);
    assert_int_equal(fclose(out), 0);
    assert_null(strstr(text, "\nhellod_path_requests_total{"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_kernel_hides_is_no_sample),
        cmocka_unit_test(every_reason_to_close_has_a_word_of_its_own),
        cmocka_unit_test(buckets_add_up),
        cmocka_unit_test(paths_are_samples_with_most_first),
        cmocka_unit_test(without_a_cache_there_are_no_paths),
    };
    return cmocka_run_group_tests_name("metrics_text", tests, NULL, NULL);
}
