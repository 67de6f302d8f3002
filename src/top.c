/* Fetch, read, show, wait for a second or a key; see top.h. */
#include "top.h"

#include "address.h"
#include "cleanup.h"
#include "log.h"
#include "terminal.h"
#include "top_fetch.h"
#include "top_sample.h"
#include "top_screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

enum { INTERVAL_MSEC = 1000, SOURCE_MAX = 160, TROUBLE_MAX = 256 };

/* For each answer: where nothing can be shown without it, and where somebody may press q meanwhile. */
enum { PATIENCE_MSEC = 10000, PATIENCE_LIVE_MSEC = 1000 };

/* Of the two samples the one is read while the other is what was before. */
struct look {
    struct address address;
    char source[SOURCE_MAX]; /* safe to be shown */
    struct top_sample samples[2];
    unsigned newest;
    unsigned count; /* of samples taken, 2 at most */
    char trouble[TROUBLE_MAX];
};

static int64_t clock_usec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int fetch(const struct address *address, int patience_msec, struct top_sample *ret)
{
    CLEANUP(free_memory) char *metrics = NULL, *paths = NULL;
    size_t length;
    int r = top_fetch(address, "/metrics", patience_msec, &metrics, &length);
    if (r < 0)
        return r;
    if (!top_sample_read((struct str){metrics, length}, ret))
        return -EBADMSG;
    ret->clock = (double)clock_usec() / 1e6;
    ret->time = (double)time(NULL);
    r = top_fetch(address, "/paths", patience_msec, &paths, &length);
    if (r < 0)
        return r;
    top_sample_read_paths((struct str){paths, length}, ret);
    return 0;
}

static const char *cure(int error)
{
    switch (error) {
    case ENOENT:
        return "; `systemctl restart hello-metrics.socket` opens it, and restarts the server";
    case EACCES:
        return "; it is for root, until a drop-in of hello-metrics.socket says SocketGroup=";
    case EBADMSG:
        return "; what answers there are not the metrics of hellod";
    default:
        return "";
    }
}

/* 0 or a negative errno; then `trouble` says what is wrong. */
static int take(struct look *look, int patience_msec)
{
    unsigned next = look->count > 0 ? !look->newest : 0;
    int r = fetch(&look->address, patience_msec, &look->samples[next]);
    look->trouble[0] = '\0';
    if (r < 0) {
        snprintf(look->trouble, sizeof look->trouble, "Can't read %s: %s%s", look->source, strerror(-r),
                 cure(-r));
        /* It may be half written. */
        look->count = look->count > 0 ? 1 : 0;
        return r;
    }
    look->newest = next;
    look->count = look->count > 0 ? 2 : 1;
    return 0;
}

static void write_screen(const struct look *look, unsigned rows, unsigned columns, FILE *out)
{
    const struct top_view view = {
        .before = look->count == 2 ? &look->samples[!look->newest] : NULL,
        .now = &look->samples[look->newest],
        .source = look->source,
        .trouble = look->trouble[0] ? look->trouble : NULL,
        .rows = rows,
        .columns = columns,
    };
    top_screen_write(&view, out);
}

/* 0 or a negative errno. */
static int show(const struct look *look)
{
    CLEANUP(free_memory) char *text = NULL;
    size_t length;
    unsigned rows, columns;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return -ENOMEM;
    terminal_size(&rows, &columns);
    write_screen(look, rows, columns, out);
    if (fclose(out) != 0)
        return -ENOMEM;
    return terminal_show(text);
}

static int print_once(struct look *look)
{
    (void)poll(NULL, 0, INTERVAL_MSEC);
    if (take(look, PATIENCE_MSEC) < 0) {
        log_error("%s", look->trouble);
        return EX_UNAVAILABLE;
    }
    write_screen(look, 0, 0, stdout);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EX_IOERR;
}

/* The signal that ended it, or 0. */
static int run(struct look *look)
{
    int64_t next_usec = clock_usec() + INTERVAL_MSEC * 1000;
    int what = 0;
    for (int r = show(look); r == 0; r = show(look)) {
        switch (terminal_wait(next_usec, &what)) {
        case TERMINAL_TIME:
            (void)take(look, PATIENCE_LIVE_MSEC);
            next_usec = clock_usec() + INTERVAL_MSEC * 1000;
            break;
        case TERMINAL_KEY:
            if (what == 'q' || what == 'Q')
                return 0;
            break;
        case TERMINAL_CHANGED:
            break;
        case TERMINAL_SIGNAL:
            return what;
        case TERMINAL_GONE:
            return 0;
        }
    }
    return 0;
}

/* With the screen as it was, the process ends by it, as if nothing had stood in its way. */
static void end_by(int number)
{
    sigset_t signals;
    (void)signal(number, SIG_DFL);
    sigemptyset(&signals);
    sigaddset(&signals, number);
    (void)raise(number);
    (void)sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

static int show_live(struct look *look)
{
    int r = terminal_open();
    if (r < 0) {
        log_error("Can't use the terminal: %s", strerror(-r));
        return EX_IOERR;
    }
    int number = run(look);
    terminal_close();
    if (number != 0)
        end_by(number);
    return EXIT_SUCCESS;
}

int top(const char *socket)
{
    CLEANUP(free_memory) struct look *look = calloc(1, sizeof *look);
    if (!look) {
        log_error("Out of memory");
        return EX_OSERR;
    }
    str_escape(str_of(socket), look->source, sizeof look->source);
    if (!address_parse_with_port(socket, &look->address)) {
        log_error("--top=%s: neither the path of a unix socket nor an address with its port", look->source);
        return EX_USAGE;
    }
    if (take(look, PATIENCE_MSEC) < 0) {
        log_error("%s", look->trouble);
        return EX_UNAVAILABLE;
    }
    return terminal_is_usable() ? show_live(look) : print_once(look);
}
