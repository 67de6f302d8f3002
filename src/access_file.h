#ifndef HELLOD_ACCESS_FILE_H
#define HELLOD_ACCESS_FILE_H

#include "access_mode.h"
#include "access_text.h"

#include <stdint.h>

/*
 * A file of access entries, a line each, which others may read, rename and remove while it is written. Lines
 * are gathered and written together, and what can't be written is dropped and counted; the log tells of that.
 * One that was begun as the disk became full is finished as soon as there is room. For one thread.
 */

struct access_file;

/* What became of entries. */
struct access_outcome {
    uint64_t written, dropped;
};

/* `path` is not owned. Where it can't be opened now, that is tried again. 0 or -ENOMEM. */
int access_file_new(struct access_file **ret, const char *path, enum access_format format);

/* What was put and not flushed is lost. NULL is fine. */
void access_file_free(struct access_file *file);

/* One entry more. What became of those that had to make room for it is added to *outcome. */
void access_file_put(struct access_file *file, const struct access_entry *entry,
                     const struct excerpt *excerpt, struct access_outcome *outcome);

/* Writes all that was put, and opens the file where it isn't. */
void access_file_flush(struct access_file *file, struct access_outcome *outcome);

/* Opens the path anew, whatever is there now, with the next flush. */
void access_file_reopen(struct access_file *file, struct access_outcome *outcome);

/* Entries for it that never got here. */
void access_file_note_dropped(const struct access_file *file, uint64_t count);

#endif
