/* A question by signal, an answer by datagram: one byte, an enum reload_answer, then text for people. */
#include "reload_ask.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Signals of a kind don't queue: of several askers only one may be heard, so the others ask again. */
enum { ASK_AGAIN_MSEC = 2000, ASK_TIMES = 30, ANSWER_MAX = 1024 };

/* Abstract, so that nothing is left behind; a service with a network namespace of its own has such names to
 * itself. */
static socklen_t name_of(pid_t asker, struct sockaddr_un *ret)
{
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(ret->sun_path + 1, sizeof ret->sun_path - 1, "hellod/reload/%ld", (long)asker);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

static int open_ear(void)
{
    struct sockaddr_un name;
    socklen_t length = name_of(getpid(), &name);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&name, length) < 0) {
        int r = -errno;
        close(fd);
        return r;
    }
    return fd;
}

/* Asks until there is an answer to be read: 0, or a negative errno after a log entry. */
static int ask(pid_t server, int ear_fd, int server_fd)
{
    struct pollfd fds[] = {{.fd = ear_fd, .events = POLLIN}, {.fd = server_fd, .events = POLLIN}};
    for (int times = 0; times < ASK_TIMES; times++) {
        if (kill(server, SIGHUP) < 0) {
            int r = -errno;
            log_error("Can't ask process %ld to reload: %s", (long)server, strerror(-r));
            return r;
        }
        int n = poll(fds, 2, ASK_AGAIN_MSEC);
        if (fds[0].revents & POLLIN)
            return 0;
        if (n > 0) {
            log_error("The server has ended; its log may tell why");
            return -ESRCH;
        }
    }
    log_error("The server has not answered for %d s; its log may tell why",
              ASK_TIMES * ASK_AGAIN_MSEC / 1000);
    return -ETIMEDOUT;
}

static int receive_answer(int fd)
{
    char text[ANSWER_MAX];
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    if (n < 1) {
        int r = n < 0 ? -errno : -EBADMSG;
        log_error("Can't receive the server's answer: %s", strerror(-r));
        return r;
    }
    text[n] = '\0';
    if (text[0] == RELOAD_DONE)
        return 0;
    log_error("Not reloaded: %s", text + 1);
    return text[0] == RELOAD_STOPPING ? -ESRCH : -ECANCELED;
}

int reload_ask(pid_t server)
{
    if (server == 0) {
        log_error("There is no process to reload any more");
        return -ESRCH;
    }
    CLEANUP(close_fd) int fd = open_ear();
    if (fd < 0) {
        log_error("Can't make a socket for the server's answer: %s", strerror(-fd));
        return fd;
    }
    /* A kernel without pidfds leaves it at -1, which poll(2) passes over. */
    CLEANUP(close_fd) int server_fd = (int)syscall(SYS_pidfd_open, server, 0);
    int r = ask(server, fd, server_fd);
    return r < 0 ? r : receive_answer(fd);
}

pid_t reload_asker(pid_t sender, int code, int value)
{
    return code == SI_QUEUE && sender == getpid() ? (pid_t)value : sender;
}

/* Whose question it is shows only when it is taken. Another's is put back, with his name. */
static void forget_repeated(pid_t asker)
{
    sigset_t hangup;
    siginfo_t info;
    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    if (sigtimedwait(&hangup, &info, &(struct timespec){0}) != SIGHUP)
        return;
    pid_t other = reload_asker(info.si_pid, info.si_code, info.si_value.sival_int);
    if (other == asker)
        return;
    /* Without his name he asks again. */
    if (sigqueue(getpid(), SIGHUP, (union sigval){.sival_int = other}) < 0)
        (void)kill(getpid(), SIGHUP);
}

void reload_answer(pid_t asker, enum reload_answer answer, const char *text)
{
    char message[ANSWER_MAX];
    struct sockaddr_un name;
    socklen_t length = name_of(asker, &name);
    CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int n = snprintf(message, sizeof message, "%c%s", answer, text);
    if (n >= (int)sizeof message)
        n = sizeof message - 1;
    /* Whoever sent the signal without waiting has no such socket. */
    if (fd >= 0 && sendto(fd, message, (size_t)n, MSG_NOSIGNAL, (const struct sockaddr *)&name, length) >= 0)
        forget_repeated(asker);
}
