#ifndef HELLOD_MISMATCH_H
#define HELLOD_MISMATCH_H

#include "listener.h"

/*
 * Whether a socket unit of ours has passed sockets that listen elsewhere than the configuration `ini` says.
 * If so, it is logged with the cure, and put as a short text for the service's status into `status`; else
 * that becomes "". Where the admin's own settings of the unit are why, it is told as what is meant, not as a
 * mistake.
 */
void mismatch_tell(const struct listeners *listeners, const struct addresses *wanted, const char *ini,
                   char *status, size_t size);

#endif
