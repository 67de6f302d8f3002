/*
 * The log: one entry, one line, one write(2), so that entries of several threads never mix and the journal,
 * which reads standard error as a stream, keeps them apart.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRY_MAX = 8192 };

static bool to_journal;
static _Atomic int level = LOG_INFO;

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
    to_journal = stderr_is_journal();
}

void log_set_level(int priority)
{
    atomic_store_explicit(&level, priority, memory_order_relaxed);
}

bool log_enabled(int priority)
{
    return priority <= atomic_load_explicit(&level, memory_order_relaxed);
}

static void write_entry(const char *entry, size_t length)
{
    while (length > 0) {
        ssize_t n = write(STDERR_FILENO, entry, length);
        if (n < 0 && errno == EINTR)
            continue;
        /* There is nowhere left to say that the log can't be written. */
        if (n <= 0)
            return;
        entry += n;
        length -= (size_t)n;
    }
}

/* Whatever a caller let through: an entry is one line, and a terminal is not to be steered by it. */
static void blank_control_bytes(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = ' ';
}

void log_write(int priority, const char *format, ...)
{
    if (!log_enabled(priority))
        return;
    int saved = errno;
    char entry[ENTRY_MAX];
    int prefix = to_journal ? snprintf(entry, sizeof entry, "<%d>", priority) : 0;
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(entry + prefix, sizeof entry - (size_t)prefix, format, arguments);
    va_end(arguments);
    if (n >= 0) {
        size_t length = (size_t)(prefix + n);
        if (length > sizeof entry - 1)
            length = sizeof entry - 1;
        blank_control_bytes(entry, length);
        entry[length] = '\n';
        write_entry(entry, length + 1);
    }
    errno = saved;
}
