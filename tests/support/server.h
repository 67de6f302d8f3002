#ifndef HELLOD_TESTS_SERVER_H
#define HELLOD_TESTS_SERVER_H

#include "tree.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

/*
 * hellod as systemd runs it: inherited sockets, NOTIFY_SOCKET, standard error as a journal stream, an INI
 * file. The binary is $HELLOD, build/hellod by default. The listening sockets are the test's, so one process
 * can follow another on them, as after `systemctl restart`.
 *
 * Noise is failure: server_stop() and server_expect_exit() fail the test for any line on standard error that
 * is more urgent than a notice, or not the log's at all (a sanitizer's report), unless server_allow() was
 * told of it. Entries of the access log are none.
 *
 * The order: server_make(), listen and settings, server_start(), ..., server_stop().
 */

enum server_family { SERVER_IPV4, SERVER_IPV6, SERVER_UNIX };

enum { SERVER_SOCKETS_MAX = 8, SERVER_ALLOWED_MAX = 8, SERVER_ARGUMENTS_MAX = 8 };

struct server_socket {
    int fd;
    const char *name;
    struct sockaddr_storage address; /* to connect to */
    socklen_t address_length;
};

struct server {
    struct tree *tree; /* hello.ini, root/ with www's two pages, the log */
    struct tree *root; /* the document root, one of its own */
    struct server_socket sockets[SERVER_SOCKETS_MAX];
    unsigned socket_count;
    bool unnamed;           /* no LISTEN_FDNAMES */
    bool unnotified;        /* no NOTIFY_SOCKET */
    uint64_t watchdog_usec; /* WATCHDOG_USEC; 0: none */
    bool plain_stderr;      /* no JOURNAL_STREAM: noise can't be told by priority then, only sanitizers' */
    bool mode_bits_bind;    /* file modes count even for root */
    unsigned long fd_limit; /* RLIMIT_NOFILE, which it can't raise; 0: ours */
    bool was_reloaded;      /* on a busy machine it is asked twice, and may be stopping by then */
    pid_t pid;              /* 0: not running */
    char *ini;              /* what stands in the INI file below document_root */
    bool whole_ini;
    char *program; /* NULL: $HELLOD; see server_install() */
    const char *arguments[SERVER_ARGUMENTS_MAX];
    unsigned argument_count;
    const char *allowed[SERVER_ALLOWED_MAX];
    unsigned allowed_count;
    int notify_fd;
    char *notified; /* all messages so far, each with a newline and an empty line behind it */
    struct server *next;
};

/* A server with hello.html and 404.html in its document root, not started. */
struct server *server_make(void);

/* As server_make() with one IPv4 socket named "http", the settings given, started. */
struct server *server_run(const char *settings);

/* A new listening socket on the loopback address and a port of the kernel's choice, or a path. Returns its
 * index. */
unsigned server_listen(struct server *server, enum server_family family, const char *name);

/* Any fd at all, in the next socket's place; the server owns it from now on. */
void server_hand_over(struct server *server, int fd, const char *name);

/* Lines of the INI file behind "[server]" and document_root; other sections may follow. */
void server_set(struct server *server, const char *settings);

/* The whole INI file. */
void server_set_ini(struct server *server, const char *text);

void server_argument(struct server *server, const char *argument);

/* A line with this text in it is no noise. */
void server_allow(struct server *server, const char *text);

/* The program under test, before anything is installed over it. */
const char *server_binary(void);

/*
 * Installs a program as a package would: the file that server_start() runs and a reload finds is one of the
 * server's own, replaced by renaming. server_install() takes a copy of a file, $HELLOD where `from` is NULL;
 * server_install_text() a text of that mode; server_uninstall() takes it away.
 */
void server_install(struct server *server, const char *from);
void server_install_text(struct server *server, const char *text, unsigned mode);
void server_uninstall(struct server *server);

/* New settings, as server_set() takes them, in the INI file of the server that runs; it isn't told. */
void server_change(struct server *server, const char *settings);

/*
 * `hellod --reload=PID`, started without waiting; its exit status (-1: it didn't end); both in one; and what
 * the last one that has ended said on standard error, which is to be freed by free(3).
 */
pid_t server_ask_reload(struct server *server);
int server_await_answer(pid_t asker);
int server_reload(struct server *server);
char *server_answer(struct server *server);

/* What refuses a reload also where more wants to run than there are cores, and one worker has none for a
 * second.
 */
#define SERVER_NO_CORE "a worker has been at one request for too long"

/* Fails the test unless server_reload() succeeds, with nothing said. */
void server_expect_reload(struct server *server);

/* Of the process that runs: open fds, and the threads that serve, of which so many ids at most go into `ret`.
 */
unsigned server_fds(const struct server *server);
unsigned server_workers(const struct server *server, pid_t *ret, unsigned most);

/* Waits until it has no more than so many fds. */
void server_await_fds(const struct server *server, unsigned count);

/* Starts it without waiting. */
void server_spawn(struct server *server);

/* Starts it and waits for READY=1. */
void server_start(struct server *server);

void server_signal(struct server *server, int number);

/* Waits for a message to NOTIFY_SOCKET that holds this line; all of that message, which lives as long as the
 * server. */
const char *server_await_message(struct server *server, const char *line);

/* The same for a message with a STATUS= that has this text in it. */
const char *server_await_status(struct server *server, const char *text);

/* False where the process has ended, or the time is over, without it. */
bool server_sees_status(struct server *server, const char *text);

/* All messages so far, without waiting. */
const char *server_messages(struct server *server);

/* Waits for a text on standard error. */
void server_await_log(struct server *server, const char *text);

/* Standard error or standard output so far; to be freed by free(3). */
char *server_log(struct server *server);
char *server_output(struct server *server);

/* Shows standard error so far to the reader of a failed test. */
void server_show_log(struct server *server);

/* Waits for its end and checks status and noise. server_end() only waits and returns the status. */
void server_expect_exit(struct server *server, int status);
int server_end(struct server *server);

/* Whether it runs no more, without waiting. */
bool server_has_ended(struct server *server);

/* SIGTERM, and exit status 0 without noise. */
void server_stop(struct server *server);

/* Fails the test for a noisy standard error. */
void server_check_noise(struct server *server);

void server_kill_all(void);

/* The path of the hellod under test. */
const char *server_binary(void);

/* Whether this host has ::1. */
bool server_can_ipv6(void);

/* Raises the limit of open files, for us and our servers, as far as it goes, and returns it. */
unsigned long server_raise_fd_limit(void);

/* A port that was free a moment ago, for who binds by himself. */
unsigned server_free_port(void);

#endif
