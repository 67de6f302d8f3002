#ifndef HELLOD_TESTS_MEMORY_FILES_H
#define HELLOD_TESTS_MEMORY_FILES_H

/*
 * Behind execve(2) nobody but the successor has the memory of its predecessor's files. In a test the
 * predecessor lives on beside it: the numbers of all open memory files of that name become those of copies,
 * of which only the successor will know.
 */
void memory_files_part(const char *name);

#endif
