/* One failing call in a real server; see faulty.h. */
#include "faulty.h"

#include "harness.h"
#include "patience.h"
#include "process.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Statuses of a server that has given up: sysexits.h ends with 78, and sanitizers say other ones. */
enum { STATUS_MAX = 78, STATUS_THREAD_SANITIZER = 66 };

static char text[200];

void faulty_install(struct server *server)
{
    free(server->program);
    server->program = harness_text("%s-faulty", server_binary());
}

void faulty_set(const char *image, enum fault_call call, unsigned nth, int error)
{
    char *fault = harness_text("%s:%u:%d", fault_name(call), nth, error);
    setenv("FAULT", fault, 1);
    setenv("FAULT_IMAGE", image, 1);
    free(fault);
    snprintf(text, sizeof text, "%s: call %u of %s fails with %s", image, nth, fault_name(call),
             strerrorname_np(error));
}

void faulty_clear(void)
{
    unsetenv("FAULT");
    unsetenv("FAULT_IMAGE");
}

const char *faulty_text(void)
{
    return text;
}

static bool log_has(struct server *server, const char *part)
{
    char *log = server_log(server);
    bool has = strstr(log, part);
    free(log);
    return has;
}

bool faulty_has_struck(struct server *server)
{
    return log_has(server, FAULT_TOLD);
}

bool faulty_is_ready(struct server *server)
{
    int64_t deadline = patience_deadline();
    int ended = process_fd(server->pid);
    bool ready = false, over = false;
    while (!ready && !over && patience_poll_either(server->notify_fd, ended, deadline)) {
        over = patience_poll(ended, POLLIN, 0);
        ready = strstr(server_messages(server), "READY=1");
    }
    close(ended);
    if (!ready && !over)
        fail_msg("%s: neither ready nor at its end", text);
    return ready;
}

static void expect_no_report(struct server *server)
{
    if (!log_has(server, "Sanitizer") && !log_has(server, "runtime error:"))
        return;
    server_show_log(server);
    fail_msg("%s: a report", text);
}

void faulty_expect_failure(struct server *server)
{
    int status = server_end(server);
    expect_no_report(server);
    char *log = server_log(server);
    bool told = strncmp(log, "<3>", 3) == 0 || strstr(log, "\n<3>");
    free(log);
    if (told && status > 0 && status <= STATUS_MAX && status != STATUS_THREAD_SANITIZER)
        return;
    server_show_log(server);
    fail_msg("%s: status %d%s", text, status, told ? "" : ", and not an error is logged");
}

void faulty_expect_stop(struct server *server)
{
    server_signal(server, SIGTERM);
    int status = server_end(server);
    expect_no_report(server);
    if (status == 0)
        return;
    server_show_log(server);
    fail_msg("%s: stopped with status %d", text, status);
}

int faulty_next_error(enum fault_call call, int error)
{
    const int *errors = fault_errors(call);
    if (error == 0)
        return errors[0];
    if (!harness_is_long())
        return 0;
    while (*errors != error)
        errors++;
    return errors[1];
}

unsigned faulty_step(void)
{
    return patience_sanitized() && !harness_is_long() ? 3 : 1;
}
