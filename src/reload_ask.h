#ifndef HELLOD_RELOAD_ASK_H
#define HELLOD_RELOAD_ASK_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * `hellod --reload=PID`, what ExecReload= runs: asks a running hellod to reload and waits for how it went, so
 * that `systemctl reload` can tell. The question is SIGHUP; the answer is a datagram to an abstract unix
 * socket that is named after the asker. A plain kill -HUP asks as well, and is answered by the log only.
 */

/* The asker's side. 0: reloaded; else a negative errno after one log entry that says why not. */
int reload_ask(pid_t server);

/* The server's side: tells the process that sent the signal, if it waits for it. */
void reload_answer(pid_t asker, bool done, const char *text);

#endif
