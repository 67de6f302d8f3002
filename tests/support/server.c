/* A running hellod, and what a test wants to know about it. */
#include "server.h"

#include "harness.h"
#include "patience.h"
#include "process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

static struct server *servers;

const char *server_binary(void)
{
    const char *path = getenv("HELLOD");
    return path && *path ? path : "build/hellod";
}

static void open_notify_socket(struct server *server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/notify", tree_root(server->tree));
    server->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(server->notify_fd >= 0);
    assert_int_equal(bind(server->notify_fd, (struct sockaddr *)&address, sizeof address), 0);
    int on = 1;
    assert_int_equal(setsockopt(server->notify_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
}

struct server *server_make(void)
{
    struct server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    server->notify_fd = -1;
    server->next = servers;
    servers = server;
    server->tree = tree_make();
    server->root = tree_make();
    tree_copy(server->root, "hello.html", "www/hello.html");
    tree_copy(server->root, "404.html", "www/404.html");
    server->ini = strdup("");
    server->notified = strdup("");
    open_notify_socket(server);
    return server;
}

struct server *server_run(const char *settings)
{
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_set(server, settings);
    server_start(server);
    return server;
}

void server_set(struct server *server, const char *settings)
{
    free(server->ini);
    server->ini = harness_text("[server]\ndocument_root = %s\n%s", tree_root(server->root), settings);
}

void server_set_ini(struct server *server, const char *text)
{
    free(server->ini);
    server->ini = strdup(text);
}

void server_argument(struct server *server, const char *argument)
{
    assert_true(server->argument_count < SERVER_ARGUMENTS_MAX);
    server->arguments[server->argument_count++] = argument;
}

void server_allow(struct server *server, const char *text)
{
    assert_true(server->allowed_count < SERVER_ALLOWED_MAX);
    server->allowed[server->allowed_count++] = text;
}

static char *names_of_sockets(const struct server *server)
{
    char *names = strdup("");
    for (unsigned i = 0; i < server->socket_count; i++) {
        char *longer = harness_text("%s%s%s", names, i > 0 ? ":" : "", server->sockets[i].name);
        free(names);
        names = longer;
    }
    return names;
}

void server_spawn(struct server *server)
{
    assert_int_equal(server->pid, 0);
    if (!*server->ini)
        server_set(server, "");
    tree_text(server->tree, "hello.ini", server->ini);
    char *ini = tree_path(server->tree, "hello.ini"), *notify = tree_path(server->tree, "notify");
    char *output = tree_path(server->tree, "output"), *errors = tree_path(server->tree, "errors");
    char *names = names_of_sockets(server);
    struct process_plan plan = {
        .program = server->program ? server->program : server_binary(),
        .arguments = {"--config", ini},
        .fd_count = server->socket_count,
        .fd_names = server->unnamed ? NULL : names,
        .notify_socket = server->unnotified ? NULL : notify,
        .watchdog_usec = server->watchdog_usec,
        .output = output,
        .errors = errors,
        .journal = !server->plain_stderr,
        .mode_bits_bind = server->mode_bits_bind,
        .fd_limit = server->fd_limit,
    };
    for (unsigned i = 0; i < server->argument_count; i++)
        plan.arguments[2 + i] = server->arguments[i];
    for (unsigned i = 0; i < server->socket_count; i++)
        plan.fds[i] = server->sockets[i].fd;
    server->notified[0] = '\0';
    server->pid = process_start(&plan);
    free(ini), free(notify), free(output), free(errors), free(names);
}

void server_start(struct server *server)
{
    server_spawn(server);
    server_await_message(server, "READY=1");
}

void server_signal(struct server *server, int number)
{
    assert_true(server->pid > 0);
    assert_int_equal(kill(server->pid, number), 0);
}

static char *read_own(struct server *server, const char *name)
{
    char *path = tree_path(server->tree, name), *text = harness_read_file(path, NULL);
    free(path);
    return text ? text : strdup("");
}

char *server_log(struct server *server)
{
    return read_own(server, "errors");
}

char *server_output(struct server *server)
{
    return read_own(server, "output");
}

void server_show_log(struct server *server)
{
    char *log = server_log(server);
    fprintf(stderr, "---- standard error of hellod\n%s----\n", log);
    free(log);
}

/* Takes one message off the socket; where it starts in server->notified, or NULL when there is none. */
static const char *take_message(struct server *server)
{
    char text[4096];
    union {
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = text, .iov_len = sizeof text};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n = recvmsg(server->notify_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0)
        return NULL;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    assert_non_null(header);
    struct ucred sender;
    memcpy(&sender, CMSG_DATA(header), sizeof sender);
    assert_int_equal(sender.pid, server->pid);
    size_t before = strlen(server->notified);
    char *all = harness_text("%s%.*s\n\n", server->notified, (int)n, text);
    free(server->notified);
    server->notified = all;
    return server->notified + before;
}

static bool has_line(const char *text, const char *line)
{
    size_t length = strlen(line);
    for (const char *p = text; *p; p++) {
        if (strncmp(p, line, length) == 0 && (p[length] == '\n' || p[length] == '\0'))
            return true;
        p += strcspn(p, "\n");
        if (!*p)
            break;
    }
    return false;
}

static bool has_status(const char *text, const char *part)
{
    const char *status = strstr(text, "STATUS=");
    return status && strstr(status, part);
}

/* NULL: the time is over, or the process is. */
static const char *find_message(struct server *server, bool (*has)(const char *text, const char *part),
                                const char *part)
{
    int64_t deadline = patience_deadline();
    int ended = process_fd(server->pid);
    const char *message = NULL;
    bool got = false;
    while (!got && patience_poll_either(server->notify_fd, ended, deadline)) {
        bool over = patience_poll(ended, POLLIN, 0);
        while (!got && (message = take_message(server)))
            got = has(message, part);
        if (over)
            break;
    }
    close(ended);
    return got ? message : NULL;
}

static const char *await_message(struct server *server, bool (*has)(const char *text, const char *part),
                                 const char *part)
{
    const char *message = find_message(server, has, part);
    if (!message) {
        server_show_log(server);
        fail_msg("no %s from hellod; it said:\n%s", part, server->notified);
    }
    return message;
}

const char *server_await_message(struct server *server, const char *line)
{
    return await_message(server, has_line, line);
}

const char *server_await_status(struct server *server, const char *text)
{
    return await_message(server, has_status, text);
}

bool server_sees_status(struct server *server, const char *text)
{
    return find_message(server, has_status, text);
}

const char *server_messages(struct server *server)
{
    while (take_message(server))
        continue;
    return server->notified;
}

void server_await_log(struct server *server, const char *text)
{
    int64_t deadline = patience_deadline();
    char *path = tree_path(server->tree, "errors");
    int watch = inotify_init1(IN_CLOEXEC);
    assert_true(watch >= 0 && inotify_add_watch(watch, path, IN_MODIFY) >= 0);
    free(path);
    for (;;) {
        char *log = server_log(server);
        bool found = strstr(log, text);
        free(log);
        if (found)
            break;
        char events[4096];
        if (!patience_poll(watch, POLLIN, deadline) || read(watch, events, sizeof events) < 0) {
            server_show_log(server);
            fail_msg("hellod did not log: %s", text);
        }
    }
    close(watch);
}

static bool is_noise(const struct server *server, const char *line)
{
    for (unsigned i = 0; i < server->allowed_count; i++)
        if (strstr(line, server->allowed[i]))
            return false;
    /* An access entry tells of what the test did. */
    if (strstr(line, " - - ["))
        return false;
    if (server->was_reloaded && strstr(line, "Not reloaded: the server is stopping"))
        return false;
    /* The leak checker, of a thread that was joined and is not quite gone. */
    if (strstr(line, "Unable to get registers from thread"))
        return false;
    if (server->plain_stderr)
        return strstr(line, "Sanitizer") || strstr(line, "runtime error:");
    return !(line[0] == '<' && line[1] >= '5' && line[1] <= '7' && line[2] == '>');
}

void server_check_noise(struct server *server)
{
    char *log = server_log(server), *rest = log, *line;
    while ((line = strsep(&rest, "\n"))) {
        if (!*line || !is_noise(server, line))
            continue;
        server_show_log(server);
        fail_msg("noise on standard error: %s", line);
    }
    free(log);
}

bool server_has_ended(struct server *server)
{
    int fd = process_fd(server->pid);
    bool ended = patience_poll(fd, POLLIN, 0);
    close(fd);
    return ended;
}

int server_end(struct server *server)
{
    assert_true(server->pid > 0);
    /* It waits where nobody reads what it tells the service manager. */
    int ended = process_fd(server->pid);
    int64_t deadline = patience_deadline();
    while (patience_poll_either(server->notify_fd, ended, deadline) && !patience_poll(ended, POLLIN, 0))
        server_messages(server);
    close(ended);
    int status = process_wait(server->pid, deadline);
    if (status < 0) {
        server_show_log(server);
        fail_msg("hellod did not end");
    }
    server_messages(server);
    server->pid = 0;
    return status;
}

void server_expect_exit(struct server *server, int expected)
{
    int status = server_end(server);
    if (status != expected) {
        server_show_log(server);
        fail_msg("hellod ended with %d, not with %d", status, expected);
    }
    server_check_noise(server);
}

void server_stop(struct server *server)
{
    server_signal(server, SIGTERM);
    server_expect_exit(server, 0);
}

void server_kill_all(void)
{
    while (servers) {
        struct server *server = servers;
        servers = server->next;
        /* Of threads that are traced still, the end is to be taken notice of first. */
        if (server->pid > 0 && kill(server->pid, SIGKILL) == 0)
            for (pid_t ended = 0; ended >= 0 && ended != server->pid;)
                ended = waitpid(-1, NULL, __WALL);
        for (unsigned i = 0; i < server->socket_count; i++)
            close(server->sockets[i].fd);
        if (server->notify_fd >= 0)
            close(server->notify_fd);
        free(server->ini);
        free(server->program);
        free(server->notified);
        free(server);
    }
}
