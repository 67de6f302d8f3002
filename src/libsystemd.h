#ifndef HELLOD_LIBSYSTEMD_H
#define HELLOD_LIBSYSTEMD_H

/*
 * libsystemd, see sd-daemon(3), sd-event(3) and sd_pid_get_unit(3). Its functions are called as they are
 * declared there, by any thread; the first call loads it, and where that fails it says so in the log, and
 * this and all that come return -ELIBACC.
 */

/* Loads it now. 0 or -ELIBACC. */
int libsystemd_load(void);

#endif
