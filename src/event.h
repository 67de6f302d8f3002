#ifndef HELLOD_EVENT_H
#define HELLOD_EVENT_H

/*
 * What an administrator may want to look for, or have explained (journalctl -x): a MESSAGE_ID each, which
 * never changes. systemd/hellod.catalog says of each what it means and what to do.
 */

#define EVENT_CONFIG_REFUSED "adced9f1ebb44a3c92e799f02fdc09c6" /* a mistake in hello.ini */
#define EVENT_ADDRESS_DIFFERS                                                                                \
    "717cd67764ed4e2c9b2d49ce875c3271"                        /* the sockets are not where hello.ini says */
#define EVENT_NO_SOCKET    "1e975d4764444a7c97597ea2be48ad3b" /* the socket unit passed no socket */
#define EVENT_RELOADED     "1ba203a104fd43c1b629b22b84dbb965" /* the process has replaced itself */
#define EVENT_NOT_RELOADED "c89ffc3dc0c746618dd6b156562ea496" /* it has not, and goes on as before */
#define EVENT_DRAIN_CUT    "77187c8cae3042e2ae5dea3671e8d6dc" /* a stop has cut connections short */
#define EVENT_STARTED      "210f01cf3dff4451b512fbdb7df179d4" /* it begins: what, where, with how many workers */
#define EVENT_READY        "f710568d32ce4810ad4d037a1e3c67b8" /* clients are served from now on */
#define EVENT_STOPPING     "8ec5a93457fa4d929c7e050f1201847c" /* no client is accepted from now on */
#define EVENT_STOPPED      "c6d69b7ee4054e698a45c6571d46676f" /* the sum of what was served */
#define EVENT_LIMIT        "e9f530e0718e47489daf5965f9c98959" /* a limit of hello.ini was reached */
#define EVENT_SHORTAGE     "1db9979fd5464a29ae6966b74e274761" /* the machine lacks fds or memory */
#define EVENT_ROOT         "b2e370431b31440ba6e4a59fc2aab9f0" /* the document root can't be opened */
#define EVENT_FILE         "e1df3a42f1244be8a206f8da249b5a10" /* a file can't be read, or was shortened */
#define EVENT_ACCESS_SUM   "faf475a3ed634a669cc9e47cf5c87b0a" /* requests were counted, not written */
#define EVENT_ACCESS_LOST  "c4001d46e96248009d095d0b7743ca1d" /* access entries are not in their file */
#define EVENT_WORKER_STUCK "36d83299415048e4a642be98a2146879" /* a worker has been too long at a job */

#endif
