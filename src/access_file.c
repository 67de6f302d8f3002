/*
 * A buffer of whole lines. A write that stops in the middle of one, which is what a disk that becomes full
 * does, leaves the rest of that line at the front of the buffer, and nothing else.
 */
#include "access_file.h"

#include "access_json.h"
#include "cleanup.h"
#include "log.h"
#include "log_file.h"
#include "log_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

enum { BUFFER_SIZE = 64 << 10, LINE_MAX_BYTES = ACCESS_TEXT_MAX + 1 };

_Static_assert(LINE_MAX_BYTES <= BUFFER_SIZE, "room for any line");

struct access_file {
    const char *path;
    enum access_format format;
    int fd;    /* -1: to be opened */
    bool torn; /* the first line in the buffer is the rest of one that stands in the file */
    size_t length;
    char text[BUFFER_SIZE];
};

static void close_it(struct access_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

static uint64_t lines_in(const char *text, size_t length)
{
    uint64_t lines = 0;
    for (const char *end = text + length; (text = memchr(text, '\n', (size_t)(end - text))); text++)
        lines++;
    return lines;
}

static void tell(const struct access_file *file, int error, uint64_t lines)
{
    log_note_dropped(lines);
    log_limit_many(LOG_CAUSE_ACCESS, lines, "An access entry could not be written to %s: %s", file->path,
                   strerrordesc_np(-error));
}

void access_file_free(struct access_file *file)
{
    if (!file)
        return;
    if (file->length > 0)
        tell(file, -ENOSPC, lines_in(file->text, file->length));
    close_it(file);
    free(file);
}

/* Where whoever wrote it last ended in the middle of a line, that one ends here. */
static void end_last_line(const struct access_file *file)
{
    struct stat st;
    char last = '\n';
    if (fstat(file->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return;
    CLEANUP(close_fd) int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n' && write(file->fd, "\n", 1) < 0)
        log_debug("Can't end the last line of %s: %s", file->path, strerror(errno));
}

static int open_it(struct access_file *file)
{
    file->fd = log_file_open(file->path);
    if (file->fd < 0)
        return file->fd;
    end_last_line(file);
    return 0;
}

int access_file_new(struct access_file **ret, const char *path, enum access_format format)
{
    struct access_file *file = malloc(sizeof *file);
    if (!file)
        return -ENOMEM;
    file->path = path;
    file->format = format;
    file->torn = false;
    file->length = 0;
    (void)open_it(file); /* else the first line that is lost says why */
    *ret = file;
    return 0;
}

/* Writes as much as it takes. 0 or a negative errno. */
static int write_out(const struct access_file *file, size_t *done)
{
    while (*done < file->length) {
        ssize_t n = write(file->fd, file->text + *done, file->length - *done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        *done += (size_t)n;
    }
    return 0;
}

/* So much of the buffer was written; of the rest, only that of a line that was begun may stay. */
static void settle(struct access_file *file, size_t done, bool may_go_on, int error,
                   struct access_outcome *outcome)
{
    const char *rest = file->text + done;
    size_t left = file->length - done, kept = 0;
    if (done > 0)
        file->torn = rest[-1] != '\n';
    file->torn = file->torn && may_go_on;
    if (file->torn)
        kept = (size_t)((const char *)memchr(rest, '\n', left) - rest) + 1;
    uint64_t dropped = lines_in(rest + kept, left - kept);
    outcome->written += lines_in(file->text, done);
    outcome->dropped += dropped;
    memmove(file->text, rest, kept);
    file->length = kept;
    if (dropped > 0)
        tell(file, error, dropped);
}

void access_file_flush(struct access_file *file, struct access_outcome *outcome)
{
    size_t done = 0;
    if (file->length == 0)
        return;
    int r = file->fd < 0 ? open_it(file) : 0;
    if (r == 0)
        r = write_out(file, &done);
    /* Other than a full disk's, a fault may be that of the open file. */
    bool may_go_on = r == 0 || r == -ENOSPC || r == -EDQUOT || r == -EFBIG || r == -EAGAIN;
    settle(file, done, may_go_on, r, outcome);
    if (!may_go_on)
        close_it(file);
}

void access_file_put(struct access_file *file, const struct access_entry *entry,
                     const struct excerpt *excerpt, struct access_outcome *outcome)
{
    if (sizeof file->text - file->length < LINE_MAX_BYTES)
        access_file_flush(file, outcome);
    if (sizeof file->text - file->length < LINE_MAX_BYTES) { /* the rest of a long line */
        outcome->dropped++;
        tell(file, -ENOSPC, 1);
        return;
    }
    char *line = file->text + file->length;
    size_t size = sizeof file->text - file->length;
    size_t length = file->format == ACCESS_JSON ? access_json(entry, excerpt, line, size)
                                                : access_text_combined(entry, excerpt, line, size);
    line[length] = '\n';
    file->length += length + 1;
}

void access_file_reopen(struct access_file *file, struct access_outcome *outcome)
{
    access_file_flush(file, outcome);
    if (file->length > 0) {
        outcome->dropped++;
        tell(file, -ENOSPC, 1);
    }
    file->length = 0;
    file->torn = false;
    close_it(file);
}

void access_file_note_dropped(const struct access_file *file, uint64_t count)
{
    log_note_dropped(count);
    log_limit_many(LOG_CAUSE_ACCESS, count,
                   "An access entry was dropped: more of them come than %s takes in time", file->path);
}
