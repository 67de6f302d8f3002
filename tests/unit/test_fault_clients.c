/*
 * Every call that can fail, failing in turn, the first time, the second, and so on until a whole conversation
 * comes to its end without it; once, and from then on. After each the client has its answer, or the
 * connection is closed; nothing is left over; and the next client is served.
 */
#include "../support/fault.h"
#include "../support/fault_stage.h"
#include "../support/harness.h"
#include "log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REQUEST(line, fields) line " HTTP/1.1\r\nHost: x\r\n" fields "\r\n"
#define GET(target)           REQUEST("GET " target, "")

/* A conversation. Its answers without a fault tell what is right. */
static const struct scene {
    const char *name, *text;
    unsigned responses;
    bool head_only;
    bool any_body;     /* another body is as good, */
    bool lossy;        /* or, where the disk fails, one that lacks what can't be read, */
    bool may_be_200;   /* or the whole instead of parts, */
    const char *other; /* this one is */
} scenes[] = {
    {"small file", GET("/"), 1, .other = NULL},
    {"large file", GET("/big"), 1, .other = NULL},
    {"head", REQUEST("HEAD /big", ""), 1, .head_only = true},
    {"range", REQUEST("GET /big", "Range: bytes=10-19\r\n"), 1, .other = NULL},
    {"ranges", REQUEST("GET /big", "Range: bytes=10-19,100000-199999\r\n"), 1, .any_body = true,
     .may_be_200 = true},
    {"coding", REQUEST("GET /page.html", "Accept-Encoding: gzip\r\n"), 1, .other = "page"},
    {"missing", GET("/missing"), 1, .any_body = true},
    {"way out", GET("/out"), 1, .any_body = true},
    {"link", GET("/in"), 1, .other = NULL},
    {"folder", GET("/folder"), 1, .other = NULL},
    {"listing", REQUEST("GET /folder/", "Accept: text/plain\r\n"), 1, .lossy = true},
    {"sleep", GET("/sleep"), 1, .other = NULL},
    {"body", REQUEST("GET /", "Content-Length: 3\r\n") "abc", 1, .other = NULL},
    {"no request", "GET\r\n\r\n", 1, .any_body = true},
    {"pipeline", GET("/") GET("/missing") GET("/big") GET("/page.html"), 4, .any_body = true},
    {"last", REQUEST("GET /big", "Connection: close\r\n"), 1, .other = NULL},
};

enum { SCENES = sizeof scenes / sizeof *scenes, RESPONSES_MAX = 4, ALWAYS = UINT_MAX / 2 };

/* Events and calls that a conversation may cost: more is a spin. */
enum { TURNS_MAX = 300, CALLS_MAX = 600 };

struct response {
    unsigned status;
    const char *body;
    size_t length;
};

static const struct scene *scene;
static struct response right[RESPONSES_MAX];
static struct stage_heard heard, right_heard;
static unsigned runs;
static int failing_with;
static bool was_made[FAULT_COUNT];

/* The response at the start of the text; false: not all of it is there. */
static bool read_response(const char **text, const char *end, struct response *ret)
{
    const char *head_end = memmem(*text, (size_t)(end - *text), "\r\n\r\n", 4);
    if (!head_end)
        return false;
    assert_memory_equal(*text, "HTTP/1.1 ", 9);
    ret->status = (unsigned)atoi(*text + 9);
    const char *field = memmem(*text, (size_t)(head_end - *text), "\r\nContent-Length: ", 18);
    ret->length = field && !scene->head_only ? strtoul(field + 18, NULL, 10) : 0;
    ret->body = head_end + 4;
    *text = ret->body + ret->length;
    return (size_t)(end - ret->body) >= ret->length;
}

/* All whole ones that have come. */
static unsigned read_responses(const struct stage_heard *from, struct response ret[RESPONSES_MAX])
{
    const char *text = from->text;
    unsigned n = 0;
    while (n < RESPONSES_MAX && read_response(&text, from->text + from->length, &ret[n]))
        n++;
    return n;
}

static bool has_all(const struct stage_heard *from)
{
    struct response responses[RESPONSES_MAX];
    return read_responses(from, responses) == scene->responses;
}

static bool body_is(const struct response *response, const char *body, size_t length)
{
    return response->length == length && memcmp(response->body, body, length) == 0;
}

static bool is_right(const struct response *response, const struct response *wanted)
{
    if (response->status != wanted->status)
        return response->status == 500 || response->status == 503 ||
               (scene->may_be_200 && response->status == 200);
    return scene->any_body || (scene->lossy && failing_with == EIO) ||
           body_is(response, wanted->body, wanted->length) ||
           (scene->other && body_is(response, scene->other, strlen(scene->other)));
}

/* What is wrong with what was heard, or NULL. */
static const char *judge(bool struck, unsigned calls)
{
    struct response responses[RESPONSES_MAX];
    unsigned n = read_responses(&heard, responses);
    if (n < scene->responses && !heard.closed)
        return "neither answered nor closed";
    if (n < scene->responses && !struck)
        return "closed without a reason";
    if (stage.by_hand && (heard.turns > TURNS_MAX || calls > CALLS_MAX))
        return "that many turns or calls are a spin";
    for (unsigned i = 0; i < n; i++)
        if (!is_right(&responses[i], &right[i]))
            return "the answer is wrong";
    return NULL;
}

/* Nothing fails meanwhile, so an answer comes, however long workers have to wait for a core. */
static void converse_patiently(int client, struct stage_heard *ret)
{
    stage_converse(client, scene->text, has_all, ret);
    stage_go_on(client, has_all, ret);
}

static void learn(void)
{
    int client = stage_connect();
    converse_patiently(client, &right_heard);
    stage_end_client(client);
    if (read_responses(&right_heard, right) != scene->responses)
        fail_msg("%s: no answer", scene->name);
}

static void expect_next_served(const char *what)
{
    static const struct scene next = {"next", GET("/"), 1, .other = NULL};
    const struct scene *before = scene;
    scene = &next;
    int client = stage_connect();
    converse_patiently(client, &heard);
    if (!has_all(&heard) || !strstr(heard.text, "\r\n\r\nhello"))
        fail_msg("%s: the next is not served: %s", what, heard.text);
    stage_end_client(client);
    scene = before;
}

/* False: the call wasn't made so often. */
static bool run(enum fault_call call, int error, unsigned nth, unsigned times, unsigned fds)
{
    char what[200];
    snprintf(what, sizeof what, "%s: %s fails with %s from call %u on, %s", scene->name, fault_name(call),
             strerrorname_np(error), nth, times == 1 ? "once" : "always");
    fault_set(call, nth, times, failing_with = error);
    int client = stage_connect();
    stage_converse(client, scene->text, has_all, &heard);
    bool struck = fault_has_struck();
    unsigned calls = fault_calls(call);
    fault_clear();
    if (!heard.closed && !has_all(&heard))
        stage_go_on(client, has_all, &heard);
    const char *wrong = judge(struck, calls);
    if (wrong)
        fail_msg("%s: %s (%u turns, %u calls, heard %.300s)", what, wrong, heard.turns, calls, heard.text);
    stage_end_client(client);
    if (fault_open_fds() != fds)
        fail_msg("%s: there are %u open fds, not %u", what, fault_open_fds(), fds);
    expect_next_served(what);
    runs++;
    return struck;
}

/* These pass by themselves, or are about one client that is gone by then: to go on trying is right. */
static unsigned lasting(int error)
{
    return error == EINTR || error == EAGAIN || error == ECONNABORTED || error == EPROTO ? 3 : ALWAYS;
}

static void fail_each_call(void)
{
    unsigned made[FAULT_COUNT], fds = fault_open_fds();
    fault_set(FAULT_COUNT, 0, 0, 0);
    learn();
    for (enum fault_call call = 0; call < FAULT_COUNT; call++)
        was_made[call] |= (made[call] = fault_calls(call)) > 0;
    for (enum fault_call call = 0; call < FAULT_COUNT; call++)
        for (const int *error = fault_errors(call); *error && made[call] > 0; error++) {
            for (unsigned n = 1; run(call, *error, n, 1, fds); n++)
                ;
            for (unsigned n = 1; run(call, *error, n, lasting(*error), fds); n++)
                ;
        }
}

/* Every one, or every second one. */
static void play_scenes(size_t step)
{
    runs = 0;
    memset(was_made, 0, sizeof was_made);
    log_set_level(LOG_CRIT); /* what it says of all that is another test's */
    tree_link(stage.tree, "in", "hello.html");
    tree_link(stage.tree, "out", "/etc/passwd");
    for (size_t i = 0; i < SCENES; i += step) {
        scene = &scenes[i];
        fail_each_call();
    }
    harness_say("%u conversations in which something failed", runs);
}

static void assert_made(const enum fault_call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!was_made[calls[i]])
            fail_msg("no scene calls %s", fault_name(calls[i]));
}

static void whatever_fails_the_next_one_is_served(void **state)
{
    (void)state;
    static const enum fault_call calls[] = {
        FAULT_MALLOC,         FAULT_REALLOCARRAY,    FAULT_ACCEPT4,   FAULT_EPOLL_CTL,
        FAULT_TIMERFD_CREATE, FAULT_TIMERFD_SETTIME, FAULT_SYSCALL,   FAULT_FSTAT,
        FAULT_FSTATAT,        FAULT_FDOPENDIR,       FAULT_READDIR,   FAULT_WRITE,
        FAULT_PREAD,          FAULT_SENDFILE,        FAULT_SEND,      FAULT_RECV,
        FAULT_SHUTDOWN,       FAULT_IOCTL,           FAULT_GETRANDOM, FAULT_MEMFD_CREATE,
        FAULT_MADVISE,
    };
    play_scenes(1);
    assert_made(calls, sizeof calls / sizeof *calls);
}

static void nor_among_workers(void **state)
{
    (void)state;
    static const enum fault_call calls[] = {FAULT_ACCEPT4, FAULT_EPOLL_CTL, FAULT_EPOLL_WAIT, FAULT_SEND};
    play_scenes(2);
    assert_made(calls, sizeof calls / sizeof *calls);
}

/* From now on openat2(2) is taken for one that is filtered out, so this is the last test. */
static void nor_does_the_walk_lead_astray(void **state)
{
    (void)state;
    static const enum fault_call calls[] = {FAULT_OPENAT, FAULT_READLINKAT, FAULT_FSTAT};
    fault_set(FAULT_SYSCALL, 1, 1, ENOSYS);
    expect_next_served("a filter");
    fault_clear();
    play_scenes(1);
    assert_made(calls, sizeof calls / sizeof *calls);
    assert_false(was_made[FAULT_SYSCALL]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_fails_the_next_one_is_served, stage_set_up, stage_tear_down),
        cmocka_unit_test_setup_teardown(nor_among_workers, stage_set_up_workers, stage_tear_down),
        cmocka_unit_test_setup_teardown(nor_does_the_walk_lead_astray, stage_set_up, stage_tear_down),
    };
    return cmocka_run_group_tests_name("fault: clients", tests, NULL, NULL);
}
