#ifndef HELLOD_RELOAD_ASK_H
#define HELLOD_RELOAD_ASK_H

#include <sys/types.h>

/*
 * `hellod --reload=PID`, what ExecReload= runs: asks a running hellod to reload and waits for how it went, so
 * that `systemctl reload` can tell. The question is SIGHUP; the answer is a datagram to an abstract unix
 * socket that is named after the asker. A plain kill -HUP asks as well, and is answered by the log only.
 */

/*
 * The asker's side. 0: reloaded; else a negative errno after one log entry that says why not: -ESRCH where
 * there is no server to reload, since it stops, has ended, or is named 0, which is how systemd names one that
 * has ended.
 */
int reload_ask(pid_t server);

enum reload_answer { RELOAD_DONE = '0', RELOAD_NOT = '1', RELOAD_STOPPING = '2' };

/* The server's side: who asks by a SIGHUP with these, of siginfo_t or of struct signalfd_siginfo. */
pid_t reload_asker(pid_t sender, int code, int value);

/*
 * The server's side: tells the process that sent the signal, if it waits for it. It may have asked again, on
 * a busy machine; that question, a SIGHUP that is blocked and pending, is answered by this as well and goes.
 * As signals don't queue, a plain kill -HUP that came while that one was pending goes with it. Another's
 * question stays pending; whose it is, only reload_asker() tells then.
 */
void reload_answer(pid_t asker, enum reload_answer answer, const char *text);

#endif
