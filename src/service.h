#ifndef HELLOD_SERVICE_H
#define HELLOD_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the service manager is told (sd_notify(3)). Without one ($NOTIFY_SOCKET unset) every call does
 * nothing; a manager that can't be reached is logged and served on without.
 */

/* Everything is loaded and the pool runs. `status` is what `systemctl status` shows. */
void service_ready(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A reload has begun; service_ready() ends it, whether it came to something or not. */
void service_reloading(void);

/*
 * What comes again and again: it never waits for the service manager, and while that has not read what it was
 * told last, it isn't told more. False where it is to be told again later.
 *
 * service_status(): what `systemctl status` shows from now on behind what service_ready() said, until that
 * says something else. `last`: nothing will follow for a while, so it is told though a little is unread.
 */
bool service_status(const char *text, bool last);
bool service_ping(void);

/* How long the service manager waits for a service_ping() before it restarts the service (WatchdogSec=), in
 * microseconds; 0: it doesn't watch. */
uint64_t service_watchdog(void);

/* A ping, after which that is how long it waits. */
void service_watch(uint64_t usec);

/* The stop has begun, and takes so long at most: the unit's own limit is extended where it is shorter. */
void service_stopping(uint64_t usec, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
