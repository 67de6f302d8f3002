#ifndef HELLOD_THREAD_H
#define HELLOD_THREAD_H

#include <pthread.h>

/*
 * pthread_create(3) with a stack as large as threads of ours need, 512 KiB, where 8 MiB are usual: several
 * lie in one page table then, which a reload takes down and sets up while no worker runs. 0 or a negative
 * errno. To be joined by pthread_join(3).
 */
int thread_start(pthread_t *ret, const char *name, void *(*run)(void *argument), void *argument);

#endif
