/*
 * Signals are read from a descriptor, so that nothing happens in the middle of something else; those of
 * faults of our own, which can't wait, give the screen back in a handler and go their way.
 */
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* The other screen, no cursor, no wrapping; and back. */
#define ENTER "\033[?1049h\033[?25l\033[?7l"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

static struct termios before;
static volatile sig_atomic_t entered;
static int signal_fd = -1;

static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV};

/* Safe in a handler of signals. */
static int put(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(STDOUT_FILENO, text, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            /* Who shares the terminal may have made it non-blocking. */
            struct pollfd poll_fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
            (void)poll(&poll_fd, 1, -1);
            continue;
        }
        if (n < 0)
            return -errno;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

static int set_attributes(const struct termios *attributes)
{
    while (tcsetattr(STDIN_FILENO, TCSADRAIN, attributes) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

static int enter(void)
{
    struct termios attributes;
    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return -errno;
    attributes = before;
    attributes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    attributes.c_oflag &= ~(tcflag_t)OPOST;
    attributes.c_cc[VMIN] = 1;
    attributes.c_cc[VTIME] = 0;
    int r = set_attributes(&attributes);
    if (r == 0) {
        entered = 1;
        r = put(ENTER, sizeof ENTER - 1);
    }
    return r;
}

static void leave(void)
{
    if (!entered)
        return;
    entered = 0;
    (void)put(LEAVE, sizeof LEAVE - 1);
    (void)set_attributes(&before);
}

/* SA_RESETHAND: when it returns, or by the second abort(3) does, the fault ends the process. */
static void on_fault(int number)
{
    leave();
    (void)raise(number);
}

static void watch_faults(void)
{
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        (void)sigaction(faults[i], &action, NULL);
}

bool terminal_is_usable(void)
{
    const char *kind = getenv("TERM");
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
}

int terminal_open(void)
{
    static const int awaited[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH};
    sigset_t signals;
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof awaited / sizeof awaited[0]; i++)
        sigaddset(&signals, awaited[i]);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
        return -errno;
    signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_fd < 0)
        return -errno;
    watch_faults();
    int r = enter();
    if (r < 0)
        terminal_close();
    return r;
}

void terminal_close(void)
{
    leave();
    if (signal_fd >= 0)
        close(signal_fd);
    signal_fd = -1;
}

void terminal_size(unsigned *ret_rows, unsigned *ret_columns)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0;
    *ret_rows = known ? size.ws_row : 24;
    *ret_columns = known ? size.ws_col : 80;
}

/* The last line has no line end, which would scroll a screen that is full. Erased is what was there before,
 * line by line, so that nothing flickers, and ahead of the text: behind a text that ends in the last column,
 * the cursor is still there. */
int terminal_show(const char *text)
{
    int r = put("\033[H", 3);
    while (r == 0 && *text) {
        size_t length = strcspn(text, "\n");
        const char *next = text + length + (text[length] == '\n');
        r = put(*next ? "\033[K" : "\033[J", 3);
        if (r == 0)
            r = put(text, length);
        if (r == 0 && *next)
            r = put("\r\n", 2);
        text = next;
    }
    return r;
}

/* The process stops here, and goes on when it has the terminal again. What had it go on is no event any more.
 */
static enum terminal_event stop(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCONT);
    leave();
    (void)raise(SIGSTOP);
    (void)sigtimedwait(&signals, NULL, &(struct timespec){0});
    return enter() < 0 ? TERMINAL_GONE : TERMINAL_CHANGED;
}

/* Stopped by SIGSTOP, nobody has given the screen back; whoever had it meanwhile may have changed it. */
static enum terminal_event go_on(void)
{
    leave();
    return enter() < 0 ? TERMINAL_GONE : TERMINAL_CHANGED;
}

static enum terminal_event take_signal(int *ret)
{
    struct signalfd_siginfo info;
    if (read(signal_fd, &info, sizeof info) != sizeof info)
        return TERMINAL_CHANGED;
    *ret = (int)info.ssi_signo;
    switch (info.ssi_signo) {
    case SIGTSTP:
        return stop();
    case SIGCONT:
        return go_on();
    case SIGWINCH:
        return TERMINAL_CHANGED;
    default:
        return TERMINAL_SIGNAL;
    }
}

static enum terminal_event take_key(int *ret)
{
    unsigned char key;
    ssize_t n = read(STDIN_FILENO, &key, 1);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return TERMINAL_CHANGED;
    if (n <= 0)
        return TERMINAL_GONE;
    *ret = key;
    return TERMINAL_KEY;
}

static int msec_until(int64_t usec)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t left = usec - (now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000);
    return left > 0 ? (int)((left + 999) / 1000) : 0;
}

enum terminal_event terminal_wait(int64_t until_usec, int *ret)
{
    struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    int n;
    while ((n = poll(fds, 2, msec_until(until_usec))) < 0)
        if (errno != EINTR)
            return TERMINAL_GONE;
    if (n == 0)
        return TERMINAL_TIME;
    return fds[0].revents ? take_signal(ret) : take_key(ret);
}
