/*
 * Each call that a reload makes fails in turn. Before the other program runs: the server goes on as it was,
 * with all its connections, and the next reload succeeds. From then on: it serves them all the same, or says
 * why it can't and ends.
 */
#include "support/client.h"
#include "support/faulty.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/scraper.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>

/* The sockets, in their order. */
enum { SITE, METRICS };

enum { LARGE = 3 << 20 };

#define HEAD_BEGUN "GET / HTTP/1.1\r\nHost: x\r\nX-A: "
#define BODY_BEGUN "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab"

static unsigned reloads, survived;

/* Clients in the midst of something. */
static struct clients {
    struct client *idle, *head, *body, *taker;
} clients;

static struct server *run(const char *image, enum fault_call call, unsigned nth, int error)
{
    struct server *server = server_make();
    faulty_install(server);
    server_listen(server, SERVER_UNIX, "http");
    server_listen(server, SERVER_UNIX, "metrics");
    char *settings = harness_text("pool_size = 2\nidle_exit = 1h\n"
                                  "[log]\naccess = file\naccess_file = %s/access\n",
                                  tree_root(server->tree));
    server_set(server, settings);
    free(settings);
    tree_noise(server->root, "large", LARGE, 1);
    faulty_set(image, call, nth, error);
    server_start(server);
    clients = (struct clients){client_connect(server, SITE), client_connect(server, SITE),
                               client_connect(server, SITE), client_connect(server, SITE)};
    client_fetch(clients.idle, "/", 200);
    client_say(clients.head, HEAD_BEGUN);
    client_await_read(clients.head);
    client_say(clients.body, BODY_BEGUN);
    client_await_read(clients.body);
    client_get(clients.taker, "/large");
    assert_true(patience_poll(clients.taker->fd, POLLIN, patience_deadline()));
    /* The call that fails is to be one of the reload's, not of a worker that is still at a connection. */
    scraper_await(server, METRICS, "hellod_connections{state=\"running\"}", 0);
    return server;
}

static void expect_all_served(void)
{
    client_fetch(clients.idle, "/", 200);
    client_say(clients.head, "b\r\n\r\n");
    assert_int_equal(client_receive(clients.head, false)->status, 200);
    client_say(clients.body, "cd");
    assert_int_equal(client_receive(clients.body, false)->status, 405);
    const struct reply *reply = client_receive(clients.taker, false);
    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->body_length, LARGE);
}

static void end(struct server *server)
{
    client_close_all();
    if (server->pid > 0)
        faulty_expect_stop(server);
    harness_teardown(NULL);
}

/* False: the call isn't made so often before all is done. */
static bool fail_before(enum fault_call call, unsigned nth, int error)
{
    struct server *server = run("signal", call, nth, error);
    server_signal(server, SIGUSR2);
    server_await_log(server, "Faults from now on");
    unsigned fds = server_fds(server);
    int status = server_reload(server);
    server_messages(server);
    bool struck = faulty_has_struck(server);
    if (status != 0 && !struck)
        fail_msg("%s: it didn't, and there was no reload", faulty_text());
    reloads += struck, survived += struck && status == 0;
    if (struck && status != 0) {
        char *answer = server_answer(server);
        assert_string_not_equal(answer, "");
        free(answer);
        server_await_fds(server, fds);
        assert_int_equal(server_reload(server), 0);
    }
    if (struck)
        expect_all_served();
    end(server);
    return struck;
}

/* The other program has its turn. */
static bool fail_behind(enum fault_call call, unsigned nth, int error)
{
    struct server *server = run("resume", call, nth, error);
    int status = server_reload(server);
    bool struck = faulty_has_struck(server);
    if (status != 0 && !struck)
        fail_msg("%s: it didn't, and there was no reload", faulty_text());
    reloads += struck, survived += struck && status == 0;
    if (status != 0)
        faulty_expect_failure(server);
    else if (struck)
        expect_all_served();
    end(server);
    return struck;
}

static void fail_each(bool (*reload)(enum fault_call, unsigned, int), const enum fault_call *calls,
                      size_t count)
{
    reloads = survived = 0;
    for (size_t i = 0; i < count; i++)
        for (int error = 0; (error = faulty_next_error(calls[i], error));)
            for (unsigned nth = 1; reload(calls[i], nth, error); nth += faulty_step())
                ;
    faulty_clear();
    harness_say("%u reloads with a call that failed, %u of them came to their end", reloads, survived);
}

#define COUNT(calls) (sizeof calls / sizeof *(calls))

static void whoever_cant_hand_over_goes_on(void **state)
{
    (void)state;
    static const enum fault_call calls[] = {
        FAULT_MALLOC, FAULT_ASPRINTF, FAULT_POSIX_SPAWN,  FAULT_SIGNALFD,  FAULT_SYSCALL,
        FAULT_POLL,   FAULT_WAITPID,  FAULT_MEMFD_CREATE, FAULT_FTRUNCATE, FAULT_MADVISE,
        FAULT_MMAP,   FAULT_FCNTL,    FAULT_EXECVE,
    };
    fail_each(fail_before, calls, COUNT(calls));
}

static void whoever_cant_take_over_says_so(void **state)
{
    (void)state;
    static const enum fault_call calls[] = {
        FAULT_MALLOC,         FAULT_CALLOC,    FAULT_ALIGNED_ALLOC, FAULT_MMAP,  FAULT_FDOPEN,
        FAULT_MEMFD_CREATE,   FAULT_FTRUNCATE, FAULT_FSTAT,         FAULT_FCNTL, FAULT_OPEN,
        FAULT_SYSCALL,        FAULT_EVENTFD,   FAULT_EPOLL_CTL,     FAULT_IOCTL, FAULT_READLINK,
        FAULT_PTHREAD_CREATE, FAULT_DLOPEN,    FAULT_SD_EVENT,      FAULT_SEND,
    };
    fail_each(fail_behind, calls, COUNT(calls));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(whoever_cant_hand_over_goes_on),
        harness_test(whoever_cant_take_over_says_so),
    };
    return cmocka_run_group_tests_name("fault: reload", tests, NULL, NULL);
}
