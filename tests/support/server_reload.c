/* Reload: a program that is replaced while it runs, who asks for it, and what of the process is to be
 * counted. */
#include "server.h"

#include "harness.h"
#include "patience.h"
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program that runs can't be written to, only replaced. */
static void put_in_place(struct server *server, unsigned mode)
{
    char *fresh = tree_path(server->tree, "installed.new");
    if (!server->program)
        server->program = tree_path(server->tree, "installed");
    if (chmod(fresh, mode) < 0 || rename(fresh, server->program) < 0)
        fail_msg("%s: %s", server->program, strerror(errno));
    free(fresh);
}

void server_install(struct server *server, const char *from)
{
    tree_copy(server->tree, "installed.new", from ? from : server_binary());
    put_in_place(server, 0755);
}

void server_install_text(struct server *server, const char *text, unsigned mode)
{
    tree_text(server->tree, "installed.new", text);
    put_in_place(server, mode);
}

void server_uninstall(struct server *server)
{
    assert_int_equal(unlink(server->program), 0);
}

void server_change(struct server *server, const char *settings)
{
    server_set(server, settings);
    tree_text(server->tree, "hello.ini", server->ini);
}

pid_t server_ask_reload(struct server *server)
{
    assert_true(server->pid > 0);
    char *option = harness_text("--reload=%ld", (long)server->pid);
    char *answer = tree_path(server->tree, "answer");
    pid_t asker = process_start(&(struct process_plan){
        .program = server_binary(),
        .arguments = {option},
        .errors = answer,
        /* valgrind 3.19 knows no pidfd, and without one it waits for a server that has ended. */
        .without_tool = true,
    });
    free(option), free(answer);
    return asker;
}

int server_await_answer(pid_t asker)
{
    int status = process_wait(asker, patience_deadline());
    if (status < 0 && kill(asker, SIGKILL) == 0)
        waitpid(asker, NULL, 0);
    return status;
}

int server_reload(struct server *server)
{
    return server_await_answer(server_ask_reload(server));
}

char *server_answer(struct server *server)
{
    char *path = tree_path(server->tree, "answer"), *text = harness_read_file(path, NULL);
    free(path);
    return text ? text : strdup("");
}

void server_expect_reload(struct server *server)
{
    server->was_reloaded = true;
    int status = server_reload(server);
    char *answer = server_answer(server);
    if (status != 0 || *answer)
        fail_msg("hellod --reload ended with %d and said: %s", status, answer);
    free(answer);
}

static DIR *open_folder(const struct server *server, const char *folder)
{
    char *path = harness_text("/proc/%ld/%s", (long)server->pid, folder);
    DIR *entries = opendir(path);
    if (!entries)
        fail_msg("%s: %s", path, strerror(errno));
    free(path);
    return entries;
}

unsigned server_fds(const struct server *server)
{
    unsigned count = 0;
    DIR *entries = open_folder(server, "fd");
    for (struct dirent *entry; (entry = readdir(entries));)
        count += entry->d_name[0] != '.';
    closedir(entries);
    return count;
}

static bool is_worker(const struct server *server, const char *thread)
{
    char *path = harness_text("/proc/%ld/task/%s/comm", (long)server->pid, thread);
    char *name = harness_read_file(path, NULL);
    bool worker = name && strncmp(name, "hellod-w", strlen("hellod-w")) == 0;
    free(path), free(name);
    return worker;
}

unsigned server_workers(const struct server *server, pid_t *ret, unsigned most)
{
    unsigned count = 0;
    DIR *entries = open_folder(server, "task");
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (!is_worker(server, entry->d_name))
            continue;
        if (count < most)
            ret[count] = (pid_t)strtol(entry->d_name, NULL, 10);
        count++;
    }
    closedir(entries);
    return count;
}

void server_await_fds(const struct server *server, unsigned count)
{
    int64_t deadline = patience_deadline();
    unsigned now;
    /* No event tells of another process's fds. */
    while ((now = server_fds(server)) > count) {
        if (patience_now() > deadline)
            fail_msg("%u fds are open, not %u", now, count);
        sched_yield();
    }
}
