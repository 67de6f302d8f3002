/* What the journal gets to read. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void debug_shows_the_head_with_control_bytes_escaped(void **state)
{
    (void)state;
    struct server *server = server_run("[log]\nlevel = debug\n");
    struct client *client = client_connect(server, 0);
    static const char request[] =
        "GET /page?a=\"b\" HTTP/1.1\r\nHost: localhost\r\nX: \\ tab\there \x1b[31m \x01\xc3\r\n\r\n";
    assert_true(client_send(client, request, sizeof request - 1));
    client_receive(client, false);
    client_close(client);
    server_await_log(server, "GET /page?a=\"b\" HTTP/1.1\\r\\nHost: localhost\\r\\n"
                             "X: \\\\ tab\\there \\x1b[31m \\x01\\xc3\\r\\n\\r\\n");
    server_stop(server);
    char *log = server_log(server);
    for (const char *p = log; *p; p++)
        assert_true(*p == '\n' || (*p >= ' ' && *p < 0x7f));
    free(log);
}

static void info_does_not_show_it(void **state)
{
    (void)state;
    struct server *server = server_run("");
    client_fetch(client_connect(server, 0), "/some-page", 404);
    server_stop(server);
    char *log = server_log(server);
    assert_null(strstr(log, "\\r\\nHost"));
    assert_null(strstr(log, "Worker"));
    free(log);
}

static void workers_say_when_they_start_a_job_and_when_they_go(void **state)
{
    (void)state;
    struct server *server = server_run("pool_size = 5\n[log]\nlevel = debug\n");
    client_fetch(client_connect(server, 0), "/", 200);
    server_stop(server);
    char *log = server_log(server);
    unsigned jobs = 0;
    for (unsigned i = 0; i < 5; i++) {
        char *job = harness_text("<7>Worker %u got a job; executing.\n", i);
        char *end = harness_text("<7>Worker %u shutting down.\n", i);
        jobs += strstr(log, job) != NULL;
        assert_non_null(strstr(log, end));
        free(job), free(end);
    }
    assert_true(jobs > 0);
    assert_null(strstr(log, "Worker 5"));
    free(log);
}

static bool has_thread(const struct server *server, const char *name)
{
    char *folder = harness_text("/proc/%d/task", (int)server->pid);
    DIR *tasks = opendir(folder);
    assert_non_null(tasks);
    bool found = false;
    for (struct dirent *entry; !found && (entry = readdir(tasks));) {
        char *path = harness_text("%s/%s/comm", folder, entry->d_name), *text = harness_read_file(path, NULL);
        found = text && strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == '\n';
        free(path), free(text);
    }
    closedir(tasks);
    free(folder);
    return found;
}

static void threads_are_named_after_their_workers(void **state)
{
    (void)state;
    struct server *server = server_run("pool_size = 4\n");
    static const char *const names[] = {"hellod-w0", "hellod-w1", "hellod-w2", "hellod-w3"};
    for (unsigned i = 0; i < 4; i++)
        if (!has_thread(server, names[i]))
            fail_msg("no thread is called %s", names[i]);
    assert_false(has_thread(server, "hellod-w4"));
    server_stop(server);
}

static void in_the_journal_each_line_has_its_priority(void **state)
{
    (void)state;
    struct server *server = server_run("sleep = 1min\n[log]\nlevel = debug\n[timeouts]\ndrain = 0s\n");
    struct client *client = client_connect(server, 0);
    client_fetch(client, "/", 200);
    client_get(client, "/sleep");
    server_await_log(server, "GET /sleep");
    server_allow(server, "cut short");
    server_stop(server);
    char *log = server_log(server), *rest = log, *line;
    unsigned seen[8] = {0};
    while ((line = strsep(&rest, "\n")) && *line) {
        assert_true(line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>' && line[3]);
        seen[line[1] - '0']++;
    }
    assert_true(seen[4] > 0 && seen[6] > 0 && seen[7] > 0);
    free(log);
}

static void elsewhere_it_has_none(void **state)
{
    (void)state;
    struct server *server = server_make();
    server->plain_stderr = true;
    server_listen(server, SERVER_IPV4, "http");
    server_start(server);
    server_stop(server);
    char *log = server_log(server), *rest = log, *line;
    while ((line = strsep(&rest, "\n")) && *line)
        assert_int_not_equal(line[0], '<');
    assert_true(strlen(server_messages(server)) > 0);
    free(log);
}

static void the_stop_sums_up(void **state)
{
    (void)state;
    struct server *server = server_run("");
    for (unsigned i = 0; i < 3; i++) {
        struct client *client = client_connect(server, 0);
        client_fetch(client, "/", 200);
        client_fetch(client, "/nothing", 404);
        client_close(client);
    }
    server_stop(server);
    char *log = server_log(server);
    assert_non_null(strstr(log, "<6>Stopped: 3 connections, 6 requests served, 0 connections cut short"));
    free(log);
}

/* Entries of their own, and those that sums tell of. */
static void count_requests(const char *log, unsigned *entries, unsigned *sums, unsigned *summed)
{
    *entries = *sums = *summed = 0;
    for (const char *line = log; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        unsigned count;
        int end = 0;
        *entries += memmem(line, strcspn(line, "\n"), " - - [", 6) != NULL;
        if (sscanf(line, "<6>%u more request%n", &count, &end) == 1 && end > 0) {
            *summed += count;
            ++*sums;
        }
    }
}

/* Of each the end is known: it is an entry, or a part of a sum. */
static void a_flood_is_summed_up_to_the_last_request(void **state)
{
    (void)state;
    enum { CLIENTS = 8, ROUNDS = 40, AT_ONCE = 50, ALL = CLIENTS * ROUNDS * AT_ONCE, RATE = 10 };
    struct server *server = server_run("[log]\naccess_rate = 10\n");
    struct client *clients[CLIENTS];
    char flood[AT_ONCE * 64] = "";
    for (unsigned i = 0; i < AT_ONCE; i++)
        strcat(flood, i % 10 ? "GET / HTTP/1.1\r\nHost: x\r\n\r\n" : "GET /no HTTP/1.1\r\nHost: x\r\n\r\n");
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i] = client_connect(server, 0);
    int64_t began = patience_now();
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < CLIENTS; i++)
            client_say(clients[i], flood);
        for (unsigned i = 0; i < CLIENTS * AT_ONCE; i++)
            assert_int_equal(client_receive(clients[i / AT_ONCE], false)->status,
                             i % AT_ONCE % 10 ? 200 : 404);
    }
    unsigned seconds = (unsigned)((patience_now() - began) / 1000000) + 1, entries, sums, summed;
    server_stop(server);
    char *log = server_log(server);
    count_requests(log, &entries, &sums, &summed);
    harness_say("%d requests within %u s: %u entries, %u sums", ALL, seconds, entries, sums);
    assert_int_equal(entries + summed, ALL);
    assert_in_range(entries, 1, RATE * (seconds + 2));
    assert_in_range(sums, 1, seconds + 2);
    assert_non_null(strstr(log, " with 200, "));
    assert_non_null(strstr(log, " with 404; the slowest took "));
    free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(debug_shows_the_head_with_control_bytes_escaped),
        harness_test(info_does_not_show_it),
        harness_test(workers_say_when_they_start_a_job_and_when_they_go),
        harness_test(threads_are_named_after_their_workers),
        harness_test(in_the_journal_each_line_has_its_priority),
        harness_test(elsewhere_it_has_none),
        harness_test(the_stop_sums_up),
        harness_test(a_flood_is_summed_up_to_the_last_request),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
