/*
 * The log: one entry, one line, one write(2), so that entries of several threads never mix and the journal,
 * which reads standard error as a stream, keeps them apart.
 */
#include "log.h"

#include "http/str.h"
#include "journal.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* No more than a pipe takes at once when poll(2) calls it writable, pipe(7). */
enum { ENTRY_MAX = PIPE_BUF };

static bool to_journal, to_socket, to_terminal;
static int journal_fd = -1; /* where there is a journal to speak to */
static _Atomic int level = LOG_INFO;
static _Atomic unsigned dropped;
static _Atomic uint64_t dropped_in_all;

/* systemd.exec(5): $JOURNAL_STREAM holds device and inode of the stream; another stderr may have been put in
 * its place since. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;
    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
           st.st_dev == device && st.st_ino == inode;
}

void log_open(void)
{
    struct stat st;
    to_journal = stderr_is_journal();
    to_socket = fstat(STDERR_FILENO, &st) == 0 && S_ISSOCK(st.st_mode);
    to_terminal = !to_journal && isatty(STDERR_FILENO);
    if (to_journal && to_socket && journal_fd < 0 && access(JOURNAL_SOCKET, F_OK) == 0)
        journal_fd = journal_open();
}

void log_set_level(int priority)
{
    atomic_store_explicit(&level, priority, memory_order_relaxed);
}

bool log_enabled(int priority)
{
    return priority <= atomic_load_explicit(&level, memory_order_relaxed);
}

/* As write(2), but -1 with EAGAIN where it would wait. */
static ssize_t write_at_once(const char *entry, size_t length)
{
    if (to_socket)
        return send(STDERR_FILENO, entry, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&reader, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(STDERR_FILENO, entry, length);
}

/* False: it did not get through, and there is nowhere left to say so. */
static bool write_entry(const char *entry, size_t length)
{
    while (length > 0) {
        ssize_t n = write_at_once(entry, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        entry += n;
        length -= (size_t)n;
    }
    return true;
}

/* What stands before an entry: for the journal its priority, for a terminal how that looks there. */
static int write_front(char *entry, size_t size, int priority)
{
    static const char *const colours[] = {
        [LOG_ERR] = "\033[1;31m", [LOG_WARNING] = "\033[33m", [LOG_NOTICE] = "\033[1m",
        [LOG_INFO] = "",          [LOG_DEBUG] = "\033[2m",
    };
    if (to_terminal && priority >= LOG_ERR && priority <= LOG_DEBUG)
        return snprintf(entry, size, "%s", colours[priority]);
    return to_journal ? snprintf(entry, size, "<%d>", priority) : 0;
}

/* What stands behind it, the end of the line with it. */
static const char *back_of(int priority)
{
    return to_terminal && priority != LOG_INFO ? "\033[m\n" : "\n";
}

static void tell_of_dropped(void)
{
    char entry[128];
    unsigned count = atomic_exchange(&dropped, 0);
    if (count == 0)
        return;
    int n = write_front(entry, sizeof entry, LOG_WARNING);
    n += snprintf(entry + n, sizeof entry - (size_t)n, "%u log entries are missing here: nobody took them%s",
                  count, back_of(LOG_WARNING));
    if (!write_entry(entry, (size_t)n))
        atomic_fetch_add(&dropped, count);
}

/* Whatever a caller let through: an entry is one line, and a terminal is not to be steered by it. */
static void blank_control_bytes(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = ' ';
}

void log_note_dropped(uint64_t count)
{
    atomic_fetch_add_explicit(&dropped_in_all, count, memory_order_relaxed);
}

uint64_t log_dropped(void)
{
    return atomic_load_explicit(&dropped_in_all, memory_order_relaxed);
}

void log_write(int priority, const char *format, ...)
{
    if (!log_enabled(priority))
        return;
    int saved = errno;
    char entry[ENTRY_MAX];
    const struct str back = str_of(back_of(priority));
    int front = write_front(entry, sizeof entry, priority);
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(entry + front, sizeof entry - (size_t)front, format, arguments);
    va_end(arguments);
    if (n >= 0) {
        size_t length = (size_t)front + (size_t)n;
        if (length > sizeof entry - back.length)
            length = sizeof entry - back.length;
        blank_control_bytes(entry + front, length - (size_t)front);
        memcpy(entry + length, back.data, back.length);
        tell_of_dropped();
        if (!write_entry(entry, length + back.length)) {
            atomic_fetch_add(&dropped, 1);
            log_note_dropped(1);
        }
    }
    errno = saved;
}

bool log_is_journal(void)
{
    return to_journal && to_socket && journal_fd >= 0;
}

/* False: the journal doesn't take it now. */
static bool send_event(const char *message_id, int priority, const char *fields, const char *text)
{
    char entry[ENTRY_MAX + LOG_FIELDS_MAX + 256];
    assert(strlen(fields) <= LOG_FIELDS_MAX);
    int n =
        snprintf(entry, sizeof entry, "MESSAGE=%s\nMESSAGE_ID=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=hellod\n%s",
                 text, message_id, priority, fields);
    return journal_send(journal_fd, JOURNAL_SOCKET, entry, (size_t)n) == 0;
}

__attribute__((format(printf, 4, 0))) static void
write_event(const char *message_id, int priority, const char *fields, const char *format, va_list arguments)
{
    char text[ENTRY_MAX];
    int saved = errno;
    if (vsnprintf(text, sizeof text, format, arguments) >= 0 && log_enabled(priority)) {
        blank_control_bytes(text, strlen(text));
        if (!log_is_journal() || !send_event(message_id, priority, fields, text))
            log_write(priority, "%s", text);
    }
    errno = saved;
}

void log_event(const char *message_id, int priority, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_event(message_id, priority, "", format, arguments);
    va_end(arguments);
}

void log_event_fields(const char *message_id, int priority, const char *fields, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    write_event(message_id, priority, fields, format, arguments);
    va_end(arguments);
}

void log_lines(int priority, const char *lines, const char *message_id, const char *summary)
{
    if (!*lines)
        return;
    while (*lines) {
        int length = (int)strcspn(lines, "\n");
        if (length > 0)
            log_write(priority, "%.*s", length, lines);
        lines += length + (lines[length] == '\n');
    }
    if (log_is_journal())
        log_event(message_id, priority, "%s", summary);
}
