/* The live screen on a terminal: it draws, it ends when it is told to, and leaves the terminal as it was. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { METRICS, SITE, SEEN_MAX = 1 << 20 };

#define ENTER "\033[?1049h"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

/* A terminal of a test, and what runs on it. */
struct screen {
    int own, its; /* the two ends; ours keeps its end, too, to look at its modes */
    struct termios before;
    pid_t pid;
    size_t length;
    char seen[SEEN_MAX]; /* all that came, with a NUL behind it */
};

static struct screen screen;

static struct server *run(void)
{
    struct server *server = server_make();
    server_listen(server, SERVER_UNIX, "metrics");
    server_listen(server, SERVER_UNIX, "http");
    server_start(server);
    return server;
}

static char *option_of(struct server *server, unsigned socket)
{
    return harness_text("--top=%s", ((struct sockaddr_un *)&server->sockets[socket].address)->sun_path);
}

static void become(const char *kind, const char *option)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    (void)setsid();
    if (ioctl(screen.its, TIOCSCTTY, 0) == 0 && dup2(screen.its, 0) == 0 && dup2(screen.its, 1) == 1 &&
        dup2(screen.its, 2) == 2) {
        setenv("TERM", kind, 1);
        execl(server_binary(), "hellod", option, NULL);
    }
    _exit(99);
}

static void start(struct server *server, const char *kind)
{
    char *option = option_of(server, METRICS);
    assert_int_equal(openpty(&screen.own, &screen.its, NULL, NULL, &(struct winsize){24, 80, 0, 0}), 0);
    assert_int_equal(fcntl(screen.own, F_SETFD, FD_CLOEXEC), 0);
    assert_int_equal(tcgetattr(screen.its, &screen.before), 0);
    screen.length = 0;
    screen.seen[0] = '\0';
    screen.pid = fork();
    if (screen.pid == 0)
        become(kind, option);
    assert_true(screen.pid > 0);
    free(option);
}

/* More of what it writes. */
static void look(int64_t deadline, const char *wanted)
{
    if (screen.length == SEEN_MAX - 1)
        fail_msg("too much on the screen, and no %s", wanted);
    if (!patience_poll(screen.own, POLLIN, deadline))
        fail_msg("no %s in: %s", wanted, screen.seen + (screen.length > 800 ? screen.length - 800 : 0));
    ssize_t n = read(screen.own, screen.seen + screen.length, SEEN_MAX - 1 - screen.length);
    assert_true(n > 0);
    screen.length += (size_t)n;
    screen.seen[screen.length] = '\0';
}

/* From an offset on; where the text ends then. */
static size_t await(size_t from, const char *text)
{
    int64_t deadline = patience_deadline();
    const char *found;
    while (!(found = strstr(screen.seen + from, text)))
        look(deadline, text);
    return (size_t)(found - screen.seen) + strlen(text);
}

static void type(const char *keys)
{
    assert_int_equal(write(screen.own, keys, strlen(keys)), strlen(keys));
}

static bool is_as_before(void)
{
    struct termios now;
    assert_int_equal(tcgetattr(screen.its, &now), 0);
    return now.c_lflag == screen.before.c_lflag && now.c_iflag == screen.before.c_iflag &&
           now.c_oflag == screen.before.c_oflag && memcmp(now.c_cc, screen.before.c_cc, sizeof now.c_cc) == 0;
}

static void expect_end(int status)
{
    assert_int_equal(process_wait(screen.pid, patience_deadline()), status);
    assert_true(is_as_before());
    close(screen.own);
    close(screen.its);
}

static void it_draws_and_quits_on_q(void **state)
{
    (void)state;
    struct server *server = run();
    struct client *client = client_connect(server, SITE);
    start(server, "xterm");
    assert_non_null(strstr(screen.seen + await(0, "Requests ") - strlen("Requests "), "Requests "));
    assert_non_null(strstr(screen.seen, ENTER));
    assert_false(is_as_before());
    /* A file that has just been written comes into the cache a second later. */
    int64_t deadline = patience_deadline();
    while (!strstr(screen.seen, "  /hello.html")) {
        client_fetch(client, "/hello.html", 200);
        look(deadline, "the path");
    }
    assert_non_null(strstr(screen.seen, "requests/s  path"));
    assert_null(strstr(screen.seen, LEAVE));
    type("xq");
    size_t end = await(0, LEAVE);
    expect_end(0);
    assert_int_equal(end, screen.length);
    server_stop(server);
}

static void every_signal_gives_the_terminal_back(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int number;
    } rows[] = {{"\003", SIGINT}, {"\034", SIGQUIT}, {NULL, SIGTERM}, {NULL, SIGHUP}, {NULL, SIGABRT}};
    struct server *server = run();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start(server, "xterm");
        await(0, "Log ");
        if (rows[i].key)
            type(rows[i].key);
        else
            assert_int_equal(kill(screen.pid, rows[i].number), 0);
        await(0, LEAVE);
        expect_end(128 + rows[i].number);
    }
    server_stop(server);
}

static void stopped_it_gives_the_terminal_back_for_a_while(void **state)
{
    (void)state;
    struct server *server = run();
    siginfo_t info;
    start(server, "xterm");
    await(0, "Log ");
    type("\032");
    size_t end = await(0, LEAVE);
    assert_int_equal(waitid(P_PID, (id_t)screen.pid, &info, WSTOPPED), 0);
    assert_int_equal(info.si_code, CLD_STOPPED);
    assert_true(is_as_before());
    assert_int_equal(kill(screen.pid, SIGCONT), 0);
    end = await(end, ENTER);
    end = await(end, "Log ");
    assert_false(is_as_before());
    type("q");
    end = await(end, LEAVE);
    expect_end(0);
    assert_int_equal(end, screen.length);
    server_stop(server);
}

/* Whether one of the whole frames from an offset on has no more rows and columns than that. */
static bool has_frame(size_t from, unsigned rows, size_t columns)
{
    static const char start[] = "\033[H";
    const char *frame = strstr(screen.seen + from, start), *next;
    for (; frame && (next = strstr(frame + 1, start)); frame = next) {
        unsigned count = 0;
        bool fits = true;
        for (const char *line = frame + strlen(start); line < next && fits; count++) {
            line += strlen("\033[K");
            size_t length = strcspn(line, "\r\033");
            fits = length <= columns;
            line += length + (line[length] == '\r' ? 2 : 0);
        }
        if (fits && count <= rows)
            return true;
    }
    return false;
}

static void it_fits_into_every_window(void **state)
{
    (void)state;
    static const struct winsize sizes[] = {{5, 20, 0, 0}, {1, 1, 0, 0}};
    struct server *server = run();
    start(server, "xterm");
    size_t end = await(0, "Log ");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int64_t deadline = patience_deadline();
        assert_false(has_frame(end, sizes[i].ws_row, sizes[i].ws_col));
        assert_int_equal(ioctl(screen.own, TIOCSWINSZ, &sizes[i]), 0);
        while (!has_frame(end, sizes[i].ws_row, sizes[i].ws_col))
            look(deadline, "frame of that size");
        end = screen.length;
    }
    type("q");
    expect_end(0);
    server_stop(server);
}

static void it_outlives_the_server(void **state)
{
    (void)state;
    struct server *server = run();
    start(server, "xterm");
    size_t end = await(0, "Log ");
    server_stop(server);
    end = await(end, "Can't read ");
    server_start(server);
    end = await(end, " on /");
    int64_t deadline = patience_deadline();
    /* Title, and an empty line below it. */
    while (!strstr(screen.seen + end, "reloads\r\n\033[K\r\n"))
        look(deadline, "a screen without trouble");
    type("Q");
    expect_end(0);
    server_stop(server);
}

static void without_a_terminal_it_prints_one_screen(void **state)
{
    (void)state;
    struct server *server = run();
    char *option = option_of(server, METRICS), *path = tree_path(server->tree, "screen");
    pid_t pid = process_start(&(struct process_plan){
        .program = server_binary(), .arguments = {option}, .output = path, .errors = "/dev/null"});
    assert_int_equal(process_wait(pid, patience_deadline()), 0);
    char *text = harness_read_file(path, NULL);
    assert_non_null(text);
    assert_int_equal(
        strncmp(text, "hellod " HELLOD_VERSION " on /", strlen("hellod " HELLOD_VERSION " on /")), 0);
    assert_non_null(strstr(text, " 2xx "));
    assert_null(strchr(text, '\033'));
    free(text), free(path), free(option);

    start(server, "dumb");
    await(0, "path\r\n");
    expect_end(0);
    assert_null(strchr(screen.seen, '\033'));
    server_stop(server);
}

static void expect_failure(struct server *server, const char *option, int status, const char *said)
{
    char *path = tree_path(server->tree, "said");
    pid_t pid = process_start(
        &(struct process_plan){.program = server_binary(), .arguments = {option}, .errors = path});
    assert_int_equal(process_wait(pid, patience_deadline()), status);
    char *text = harness_read_file(path, NULL);
    assert_non_null(text);
    if (!strstr(text, said))
        fail_msg("no \"%s\" in: %s", said, text);
    free(text), free(path);
}

static void what_it_cannot_read_it_names(void **state)
{
    (void)state;
    struct server *server = run();
    char *site = option_of(server, SITE);
    expect_failure(server, site, 69, "not the metrics of hellod");
    expect_failure(server, "--top=/nowhere/m\033", 69, "/nowhere/m\\x1b: No such file or directory");
    expect_failure(server, "--top=/nowhere/m", 69, "systemctl restart hello-metrics.socket");
    expect_failure(server, "--top=m", 64, "--top=m: neither the path");
    free(site);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(it_draws_and_quits_on_q),
        harness_test(every_signal_gives_the_terminal_back),
        harness_test(stopped_it_gives_the_terminal_back_for_a_while),
        harness_test(it_fits_into_every_window),
        harness_test(it_outlives_the_server),
        harness_test(without_a_terminal_it_prints_one_screen),
        harness_test(what_it_cannot_read_it_names),
    };
    return cmocka_run_group_tests_name("top", tests, NULL, NULL);
}
