/* What the socket of the metrics tells, to whom it tells it, and that nobody can make it hold the server up.
 */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/scraper.h"
#include "support/server.h"
#include "support/tree.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* The sockets, the metrics' first: the order is not to matter. */
enum { METRICS, SITE };

static struct server *run(const char *settings)
{
    struct server *server = server_make();
    server_listen(server, SERVER_UNIX, "metrics");
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, settings);
    server_start(server);
    return server;
}

static char *scrape(struct server *server)
{
    return scraper_text(server, METRICS);
}

static double value_of(struct server *server, const char *series)
{
    return scraper_value(server, METRICS, series);
}

static void await_value(struct server *server, const char *series, double wanted)
{
    scraper_await(server, METRICS, series, wanted);
}

/* Whether the checker is content; what it says goes to standard output otherwise. */
static bool is_exposition(const char *text)
{
    struct tree *tree = tree_make();
    tree_text(tree, "text", text);
    char *path = tree_path(tree, "text");
    char *command = harness_text("tests/system/exposition <'%s' >'%s.said' 2>&1", path, path);
    int status = system(command);
    if (status != 0) {
        char *said_path = harness_text("%s.said", path), *said = harness_read_file(said_path, NULL);
        assert_true(said && *said);
        free(said_path), free(said);
    }
    free(path), free(command);
    return status == 0;
}

static void it_is_what_prometheus_reads(void **state)
{
    (void)state;
    struct server *server = run("");
    client_fetch(client_connect(server, SITE), "/", 200);
    char *text = scrape(server);
    assert_true(is_exposition(text + 1));
    assert_int_equal(scraper_value_in(text, "hellod_build_info{version=\"" HELLOD_VERSION "\"}"), 1);
    free(text);
    server_stop(server);
}

static void the_checker_refuses_what_is_none(void **state)
{
    (void)state;
#define GAUGE   "# HELP a b\n# TYPE a gauge\n"
#define COUNTER "# HELP a_total b\n# TYPE a_total counter\n"
#define HISTO   "# HELP a b\n# TYPE a histogram\n"
    static const char *const good[] = {
        GAUGE "a 1\n",
        GAUGE "a{b=\"\\\"c\\\\\\n,}\",d=\"\"} -1.5e+3\na{b=\"e\"} NaN\n",
        COUNTER "a_total 0\n",
        HISTO "a_bucket{le=\"0.5\"} 0\na_bucket{le=\"+Inf\"} 2\na_sum 3\na_count 2\n" COUNTER "a_total 1\n",
    };
    static const char *const bad[] = {
        "",
        GAUGE,
        GAUGE "a 1",
        GAUGE "a 1\n\n",
        GAUGE "a 1 1395066363000\n",
        GAUGE "a 1\na 1\n",
        GAUGE "a one\n",
        GAUGE "a  1\n",
        GAUGE "b 1\n",
        GAUGE "a{b=c} 1\n",
        GAUGE "a{b=\"c} 1\n",
        GAUGE "a{b=\"\\c\"} 1\n",
        GAUGE "a{b=\"c\",b=\"d\"} 1\n",
        GAUGE "a{b=\"c\",} 1\n",
        GAUGE "a{__b=\"c\"} 1\n",
        GAUGE "a{0=\"c\"} 1\n",
        GAUGE "a{le=\"1\"} 1\n",
        GAUGE "a 1\n" GAUGE "a{b=\"c\"} 1\n",
        GAUGE "a 1\n# a comment\n",
        "a 1\n",
        "# HELP a b\na 1\n",
        "# TYPE a gauge\n# HELP a b\na 1\n",
        "# HELP a\n# TYPE a gauge\na 1\n",
        "# HELP a b\n# TYPE a summary\na 1\n",
        "# HELP a b\n# TYPE a counter\na 1\n",
        "# HELP a_total b\n# TYPE a_total gauge\na_total 1\n",
        COUNTER "a_total -1\n",
        COUNTER "a_total NaN\n",
        HISTO "a 1\n",
        HISTO "a_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
        HISTO "a_bucket{le=\"1\"} 1\na_bucket{le=\"0.5\"} 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        HISTO "a_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        HISTO "a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
        HISTO "a_bucket{le=\"+Inf\"} 1\na_count 1\n",
        HISTO "a_bucket{le=\"+Inf\"} 1\na_sum 1\n",
        HISTO "a_bucket{le=\"x\"} 1\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!is_exposition(good[i]))
            fail_msg("refused:\n%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (is_exposition(bad[i]))
            fail_msg("not refused:\n%s", bad[i]);
}

static void requests_are_counted_by_method_and_status(void **state)
{
    (void)state;
    struct server *server = run("");
    struct client *client = client_connect(server, SITE);
    for (int i = 0; i < 3; i++)
        client_fetch(client, "/hello.html", 200);
    client_fetch(client, "/nothing", 404);
    client_say(client, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    client_receive(client, true);
    client_say(client, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\nBREW / HTTP/1.1\r\nHost: x\r\n\r\n");
    client_receive(client, false);
    client_receive(client, false);
    client_say(client, "nonsense\r\n\r\n");
    client_receive(client, false);
    char *text = scrape(server);
    assert_int_equal(scraper_value_in(text, "hellod_http_requests_total{method=\"GET\",code_class=\"2xx\"}"),
                     3);
    assert_int_equal(scraper_value_in(text, "hellod_http_requests_total{method=\"GET\",code_class=\"4xx\"}"),
                     1);
    assert_int_equal(scraper_value_in(text, "hellod_http_requests_total{method=\"HEAD\",code_class=\"2xx\"}"),
                     1);
    assert_int_equal(
        scraper_value_in(text, "hellod_http_requests_total{method=\"OPTIONS\",code_class=\"2xx\"}"), 1);
    assert_int_equal(
        scraper_value_in(text, "hellod_http_requests_total{method=\"other\",code_class=\"5xx\"}"), 1);
    assert_int_equal(
        scraper_value_in(text, "hellod_http_requests_total{method=\"other\",code_class=\"4xx\"}"), 1);
    free(text);
    server_stop(server);
}

static void bytes_are_those_of_the_wire(void **state)
{
    (void)state;
    enum { SIZE = 3 << 20 };
    struct server *server = run("");
    tree_noise(server->root, "large.bin", SIZE, 3);
    struct client *client = client_connect(server, SITE);
    const struct reply *reply = client_fetch(client, "/large.bin", 200);
    assert_int_equal(reply->body_length, SIZE);
    await_value(server, "hellod_http_response_bytes_total", (double)(reply->head_length + SIZE));
    server_stop(server);
}

static void connections_are_told_by_what_they_wait_for(void **state)
{
    (void)state;
    struct server *server = run("sleep = 1h\n[timeouts]\ndrain = 0\n");
    server_allow(server, "cut short");
    struct client *idle = client_connect(server, SITE), *head = client_connect(server, SITE);
    client_fetch(idle, "/", 200);
    client_say(head, "GET / HT");
    client_connect(server, SITE);
    client_get(client_connect(server, SITE), "/sleep");
    client_say(client_connect(server, SITE), "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n.");
    static const char *const states[] = {"new", "idle", "head", "body", "sleeping"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        char *series = harness_text("hellod_connections{state=\"%s\"}", states[i]);
        await_value(server, series, 1);
        free(series);
    }
    await_value(server, "hellod_connections{state=\"running\"}", 0);
    assert_int_equal(value_of(server, "hellod_connections_accepted_total"), 5);
    client_close(idle);
    await_value(server, "hellod_connections{state=\"idle\"}", 0);
    await_value(server, "hellod_connection_closes_total{reason=\"client\"}", 1);
    client_close_all();
    server_stop(server);
}

static void the_cache_is_told_of(void **state)
{
    (void)state;
    struct server *server = run("");
    struct client *client = client_connect(server, SITE);
    int64_t deadline = patience_deadline();
    unsigned asked = 0;
    /* A file that has just been written is not kept until it has rested for a second. */
    while (value_of(server, "hellod_cache_hits_total") == 0) {
        client_fetch(client, "/hello.html", 200);
        asked++;
        assert_true(patience_now() < deadline);
    }
    char *text = scrape(server);
    assert_true(scraper_value_in(text, "hellod_cache_misses_total") > 0);
    assert_true(scraper_value_in(text, "hellod_cache_hits_total") +
                    scraper_value_in(text, "hellod_cache_misses_total") <=
                asked);
    assert_true(scraper_value_in(text, "hellod_cache_bytes") > 0);
    free(text);
    server_stop(server);
}

static void workers_and_queue_are_measured(void **state)
{
    (void)state;
    struct server *server = run("pool_size = 2\n");
    struct client *client = client_connect(server, SITE);
    for (int i = 0; i < 20; i++)
        client_fetch(client, "/", 200);
    /* A turn is counted when it ends, which is after its answer. */
    int64_t counted_by = patience_deadline();
    while (value_of(server, "hellod_job_service_seconds_count") < 20)
        assert_true(patience_now() < counted_by);
    char *text = scrape(server);
    assert_true(scraper_value_in(text, "hellod_job_service_seconds_sum") > 0);
    assert_int_equal(scraper_value_in(text, "hellod_workers"), 2);
    assert_true(scraper_value_in(text, "hellod_worker_busy_seconds_total{worker=\"0\"}") +
                    scraper_value_in(text, "hellod_worker_busy_seconds_total{worker=\"1\"}") >
                0);
    assert_null(strstr(text, "worker=\"2\""));
    free(text);
    int64_t deadline = patience_deadline();
    while (value_of(server, "hellod_job_queue_seconds_count") < 3)
        assert_true(patience_now() < deadline);
    server_stop(server);
}

static void the_process_is_measured(void **state)
{
    (void)state;
    struct server *server = run("");
    char *text = scrape(server);
    assert_true(scraper_value_in(text, "process_resident_memory_bytes") > 500000);
    assert_true(scraper_value_in(text, "process_virtual_memory_bytes") >
                scraper_value_in(text, "process_resident_memory_bytes"));
    assert_true(scraper_value_in(text, "process_cpu_seconds_total") > 0);
    assert_true(scraper_value_in(text, "process_max_fds") >= scraper_value_in(text, "process_open_fds"));
    /* The scrape has one itself. */
    assert_int_equal(scraper_value_in(text, "process_open_fds"), server_fds(server) + 1);
    double started = scraper_value_in(text, "process_start_time_seconds");
    assert_true(started > 1.7e9 && started <= (double)time(NULL) + 1);
    free(text);
    server_stop(server);
}

static void a_reload_counts_on(void **state)
{
    (void)state;
    static const char get[] = "hellod_http_requests_total{method=\"GET\",code_class=\"2xx\"}";
    struct server *server = run("pool_size = 3\n");
    struct client *client = client_connect(server, SITE);
    for (int i = 0; i < 10; i++)
        client_fetch(client, "/", 200);
    char *before = scrape(server);
    server_change(server, "pool_size = 2\n");
    server_expect_reload(server);
    client_fetch(client, "/", 200);
    char *after = scrape(server);
    assert_true(is_exposition(after + 1));
    assert_int_equal(scraper_value_in(after, get), 11);
    /* Who asks for a reload asks once more where that takes long. */
    double reloads = scraper_value_in(after, "hellod_reloads_total");
    assert_true(reloads >= 1);
    assert_true(scraper_value_in(after, "hellod_reload_pause_seconds") > 0);
    assert_int_equal(scraper_value_in(after, "hellod_connections_accepted_total"), 1);
    static const char *const counters[] = {
        "hellod_http_response_bytes_total",
        "hellod_job_service_seconds_count",
        "hellod_job_service_seconds_sum",
        "hellod_worker_busy_seconds_total{worker=\"0\"}",
        "hellod_worker_busy_seconds_total{worker=\"1\"}",
        "process_cpu_seconds_total",
        "process_start_time_seconds",
    };
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        if (scraper_value_in(after, counters[i]) < scraper_value_in(before, counters[i]))
            fail_msg("%s went backwards", counters[i]);
    free(before), free(after);
    server_expect_reload(server);
    assert_int_equal(value_of(server, get), 11);
    assert_true(value_of(server, "hellod_reloads_total") > reloads);
    server_stop(server);
}

static void it_is_neither_the_site_nor_in_it(void **state)
{
    (void)state;
    struct server *server = run("");
    client_fetch(client_connect(server, SITE), "/metrics", 404);
    static const struct {
        const char *request;
        unsigned status;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404},
        {"GET /hello.html HTTP/1.1\r\nHost: x\r\n\r\n", 404},
        {"GET /metrics/ HTTP/1.1\r\nHost: x\r\n\r\n", 404},
        {"GET /metrics?a=b HTTP/1.1\r\nHost: x\r\n\r\n", 200},
        {"GET /metrics HTTP/1.0\r\n\r\n", 200},
        {"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405},
        {"nonsense\r\n\r\n", 400},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct client *client = client_connect(server, METRICS);
        client_say(client, rows[i].request);
        assert_int_equal(client_receive(client, false)->status, rows[i].status);
        client_expect_close(client);
        client_close(client);
    }
    struct client *client = client_connect(server, METRICS);
    client_say(client, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(client_receive(client, true)->status, 200);
    client_expect_close(client);
    char *filler = harness_text("GET /metrics HTTP/1.1\r\nX: %04096d", 0);
    client = client_connect(server, METRICS);
    client_send(client, filler, 4096);
    assert_int_equal(client_receive(client, false)->status, 431);
    free(filler);
    server_await_log(server, "Telling metrics on ");
    /* Who asks where it serves hears of the site. */
    assert_null(strstr(server_messages(server), "socket0"));
    server_stop(server);
}

static void who_says_nothing_holds_nobody_up(void **state)
{
    (void)state;
    struct server *server = run("");
    struct client *silent[8];
    for (int i = 0; i < 8; i++) {
        silent[i] = client_connect(server, METRICS);
        client_say(silent[i], "GET /metrics HT");
        client_await_read(silent[i]);
    }
    unsigned fds = server_fds(server);
    struct client *ninth = client_connect(server, METRICS);
    client_get(ninth, "/metrics");
    client_fetch(client_connect(server, SITE), "/", 200);
    /* The page's file is closed when it is sent, which may be after its arrival. */
    int64_t closed_by = patience_deadline();
    while (server_fds(server) != fds + 1)
        assert_true(patience_now() < closed_by);
    assert_null(client_try_receive(ninth, false));
    /* After a few seconds it is their turn no more. */
    assert_int_equal(client_receive(ninth, false)->status, 200);
    for (int i = 0; i < 8; i++)
        client_expect_close(silent[i]);
    server_stop(server);
}

static void it_answers_while_the_server_drains(void **state)
{
    (void)state;
    struct server *server = run("sleep = 500ms\n");
    assert_int_equal(value_of(server, "hellod_draining"), 0);
    struct client *busy = client_connect(server, SITE);
    client_get(busy, "/sleep");
    await_value(server, "hellod_connections{state=\"sleeping\"}", 1);
    server_signal(server, SIGTERM);
    server_await_message(server, "STOPPING=1");
    assert_int_equal(value_of(server, "hellod_draining"), 1);
    assert_int_equal(client_receive(busy, false)->status, 200);
    client_close(busy);
    server_expect_exit(server, 0);
}

static void several_sockets_may_have_the_name(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_UNIX, "metrics");
    server_listen(server, SERVER_IPV4, "http");
    server_listen(server, SERVER_IPV4, "metrics");
    server_start(server);
    for (unsigned i = 0; i < 3; i += 2)
        free(scraper_text(server, i));
    server_expect_reload(server);
    for (unsigned i = 0; i < 3; i += 2)
        free(scraper_text(server, i));
    client_fetch(client_connect(server, SITE), "/", 200);
    server_stop(server);
}

static void by_hand_it_makes_its_own(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    char *path = tree_path(server->tree, "metrics"), *argument = harness_text("--metrics=%s", path);
    server_argument(server, argument);
    server_start(server);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0600);
    server_expect_reload(server);
    assert_int_equal(stat(path, &st), 0);
    server_stop(server);
    assert_int_equal(stat(path, &st), -1);
    free(path), free(argument);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(it_is_what_prometheus_reads),
        harness_test(the_checker_refuses_what_is_none),
        harness_test(requests_are_counted_by_method_and_status),
        harness_test(bytes_are_those_of_the_wire),
        harness_test(connections_are_told_by_what_they_wait_for),
        harness_test(the_cache_is_told_of),
        harness_test(workers_and_queue_are_measured),
        harness_test(the_process_is_measured),
        harness_test(a_reload_counts_on),
        harness_test(it_is_neither_the_site_nor_in_it),
        harness_test(who_says_nothing_holds_nobody_up),
        harness_test(it_answers_while_the_server_drains),
        harness_test(several_sockets_may_have_the_name),
        harness_test(by_hand_it_makes_its_own),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
