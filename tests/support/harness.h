#ifndef HELLOD_TESTS_HARNESS_H
#define HELLOD_TESTS_HARNESS_H

/* cmocka wants its companions included before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * What a test leaves behind ends with it: a failed cmocka test jumps out of its function, so clients, servers
 * and folders are kept in lists, and this teardown, for every test that uses them, closes, kills and removes
 * what is left.
 */
int harness_teardown(void **state);

/* A row of a cmocka table. */
#define harness_test(function) cmocka_unit_test_teardown(function, harness_teardown)

/* Says that a test, or a part of it, was left out and why, so that nobody takes it for passed. */
void harness_say_skipped(const char *what, const char *why);

/* A figure worth reading in the summary of a run. */
void harness_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether the long forms of tests are wanted, by LONG=1. */
bool harness_is_long(void);

/* Text made by printf(3), to be freed by free(3). */
char *harness_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The whole of a file with a NUL behind it, or NULL with errno; to be freed by free(3). `length` may be NULL.
 */
char *harness_read_file(const char *path, size_t *length);

#endif
