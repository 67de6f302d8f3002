#ifndef HELLOD_TESTS_LOGGED_H
#define HELLOD_TESTS_LOGGED_H

/*
 * What this very process says in its log, for tests of modules that say something. In between standard error
 * is a pipe.
 */

void logged_start(void);

/* What was said since the last call, or the start; the next call uses the buffer anew. */
const char *logged(void);

/* No harm where nothing was started. */
void logged_end(void);

#endif
