/* Attributes of threads; see thread.h. */
#include "thread.h"

#include <assert.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STACK_SIZE = 8 << 20 }; /* what they lay around each variable */
#else
enum { STACK_SIZE = 512 << 10 };
#endif

int thread_start(pthread_t *ret, const char *name, void *(*run)(void *argument), void *argument)
{
    pthread_attr_t attributes;
    int r = pthread_attr_init(&attributes);
    if (r != 0)
        return -r;
    r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    assert(r == 0);
    r = pthread_create(ret, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    /* A name is for people; a thread without it works. */
    if (r == 0)
        (void)pthread_setname_np(*ret, name);
    return -r;
}
