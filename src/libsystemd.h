#ifndef HELLOD_LIBSYSTEMD_H
#define HELLOD_LIBSYSTEMD_H

/*
 * libsystemd, see sd-daemon(3), sd-event(3) and sd_pid_get_unit(3). Its functions are called as they are
 * declared there, by any thread; the first call loads it. Where that fails it says so in the log, and this
 * call and all that come return -ELIBACC; those that drop a reference do nothing.
 */

/* Loads it now. 0 or -ELIBACC. */
int libsystemd_load(void);

#endif
