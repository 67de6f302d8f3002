#ifndef HELLOD_TESTS_FAKE_JOURNAL_H
#define HELLOD_TESTS_FAKE_JOURNAL_H

#include <stdbool.h>

/* A journal's socket in a temporary folder, and what is sent there. One at a time. */

/* The path of its socket. */
const char *fake_journal_start(void);

/* Waits for the next entry, which lives until the next call: lines of NAME=value. Fails the test without one.
 */
const char *fake_journal_entry(void);

/* Whether there is one, without waiting. */
bool fake_journal_has_entry(void);

/* Fails the test unless the last entry has this line; and unless it has none of that name. */
void fake_journal_expect(const char *line);
void fake_journal_expect_none(const char *name);

/* No harm where nothing was started. */
void fake_journal_end(void);

#endif
