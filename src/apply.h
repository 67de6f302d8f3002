#ifndef HELLOD_APPLY_H
#define HELLOD_APPLY_H

/*
 * A changed configuration comes into force. It is read as a whole first: one with mistakes changes nothing,
 * and every mistake is logged. New addresses are tried before the old ones are given up; where one is taken,
 * or the socket can't be started with them, it listens on as before.
 *
 * The functions return an exit status of sysexits.h: 0, EX_CONFIG for mistakes in the file, EX_UNAVAILABLE
 * where an address is taken, EX_NOPERM, or another one after log entries that say what failed.
 */

/*
 * All of it: systemd reads its units, the socket is restarted where its addresses differ, and the service
 * with it; else the service reloads, if it runs. A socket that is stopped stays so; one that failed is
 * started. Waits until all is done. A file that changes meanwhile is read again. Needs root.
 * hello-config.service runs this.
 */
int apply_all(const char *ini);

/*
 * What a reload of the service can't do by itself: has the addresses, if they differ, applied by
 * hello-config.service, and so the service restarted, which ends this process. For ExecReload= with full
 * privileges, before what makes the service reload.
 */
int apply_socket(const char *ini);

#endif
