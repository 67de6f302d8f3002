#ifndef HELLOD_PAGES_H
#define HELLOD_PAGES_H

#include <stddef.h>

/* Memory by the page, see mmap(2): zeros, which cost nothing before they are touched. Any thread. */

/* NULL with errno where memory is short. */
void *pages_map(size_t size);

/* NULL is fine. */
void pages_unmap(void *pages, size_t size);

/*
 * Makes the pages of a writable range present at once, at a tenth or less of what a fault for each costs.
 * 0, also where the kernel (before 5.14) doesn't know how and each comes by its fault; or a negative errno:
 * there is no room for them.
 */
int pages_touch(void *start, size_t size);

#endif
