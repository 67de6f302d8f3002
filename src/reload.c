/* One process, two programs in turn; the head of reload.h tells the steps. */
#include "reload.h"

#include "cleanup.h"
#include "config_changes.h"
#include "event.h"
#include "log.h"
#include "log_limit.h"
#include "media_types_state.h"
#include "pages.h"
#include "reload_ask.h"
#include "service.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    CHECK_PATIENCE_MSEC = 20000,
    /* Less than what malloc(3) would give back to the kernel, or take from there, at once. */
    START_HEAP = 104 << 10,
};

/* Behind it comes the configuration as text. */
struct record {
    int64_t paused_usec;
    int32_t asker;
    int32_t types_fd; /* of media_types_take(); negative: none */
    uint64_t config_length;
    char version[RELOAD_VERSION_MAX];
};

/* Far above what a configuration of 1 MiB comes to as text. */
enum { CONFIG_TEXT_MAX = 16 << 20 };

int reload_init(struct reload *ret, const char *config_path, const char *log_level)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0)
        return -errno;
    path[n] = '\0';
    *ret = (struct reload){.program = strdup(path), .config_path = config_path, .log_level = log_level};
    return ret->program ? 0 : -ENOMEM;
}

void reload_prepare(void)
{
    void *room = malloc(START_HEAP);
    if (room)
        (void)pages_touch(room, START_HEAP);
    free(room);
}

void reload_free(struct reload *reload)
{
    free(reload->program);
    reload->program = NULL;
}

/* The child has no fd of ours but 0 to 2, and takes signals as any program does. */
static int spawn(const char *program, char *const argv[], pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGXFSZ);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -ENOMEM;
    }
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int r = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    if (r == 0)
        r = posix_spawn(ret, program, &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -r;
}

/* Readable while a signal to stop is pending; whoever waits for signals takes it, not we. */
static int open_stop_fd(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* 0 when the child has ended, or can't be watched; -ETIMEDOUT; -ECANCELED where the server is to stop. */
static int watch_child(pid_t child)
{
    CLEANUP(close_fd) int child_fd = (int)syscall(SYS_pidfd_open, child, 0);
    CLEANUP(close_fd) int stop_fd = open_stop_fd();
    struct pollfd fds[] = {{.fd = child_fd, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
    int r;
    do
        r = child_fd < 0 ? 1 : poll(fds, 2, CHECK_PATIENCE_MSEC);
    while (r < 0 && errno == EINTR);
    if (r == 0)
        return -ETIMEDOUT;
    return fds[1].revents ? -ECANCELED : 0;
}

/* The exit status of a child, or what watch_child() says (then it is killed), or -EPROTO where a signal
 * ended it. */
static int await_child(pid_t child)
{
    int status;
    int r = watch_child(child);
    if (r < 0)
        (void)kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    if (r < 0)
        return r;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -EPROTO;
}

/* The exit status of the installed program when it was asked whether it can take over. */
static int ask_successor(const struct reload *reload)
{
    char version[32];
    CLEANUP(free_memory) char *config = NULL;
    if (asprintf(&config, "--config=%s", reload->config_path) < 0) {
        config = NULL;
        return -ENOMEM;
    }
    snprintf(version, sizeof version, "--can-resume=%d", STATE_VERSION);
    pid_t child = 0;
    int r = spawn(reload->program, (char *[]){reload->program, config, version, NULL}, &child);
    return r < 0 ? r : await_child(child);
}

__attribute__((format(printf, 2, 3))) static enum reload_result refuse(pid_t asker, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_event(EVENT_NOT_RELOADED, LOG_ERR, "Not reloaded, going on as before: %s", text);
    service_ready("Not reloaded, going on as before: %s", text);
    reload_answer(asker, RELOAD_NOT, text);
    return RELOAD_REFUSED;
}

/* The stop came first, and is no fault of anybody's. */
static enum reload_result give_way(pid_t asker)
{
    log_notice("Not reloaded: the server is stopping");
    reload_answer(asker, RELOAD_STOPPING, "the server is stopping");
    return RELOAD_REFUSED;
}

/* True: go on. Else *ret is what reload_run() answers. */
static bool successor_agrees(const struct reload *reload, pid_t asker, enum reload_result *ret)
{
    int status = ask_successor(reload);
    switch (status) {
    case EX_OK:
        return true;
    case EX_CONFIG:
        *ret = refuse(asker, "the configuration is not right; the log says where");
        return false;
    case EX_UNAVAILABLE:
    case EX_USAGE:
        log_warning("%s can't take over from this version: draining, to be started anew", reload->program);
        reload_answer(asker, RELOAD_DONE, "");
        *ret = RELOAD_NO_WAY_ON;
        return false;
    case -ECANCELED:
        *ret = give_way(asker);
        return false;
    case -ETIMEDOUT:
        *ret = refuse(asker, "%s did not answer in time", reload->program);
        return false;
    case -EPROTO:
        *ret = refuse(asker, "%s was ended by a signal", reload->program);
        return false;
    default:
        if (status < 0)
            *ret = refuse(asker, "%s can't be run: %s", reload->program, strerror(-status));
        else
            *ret = refuse(asker, "%s answered with exit status %d", reload->program, status);
        return false;
    }
}

/* For free(3); NULL where memory ran out. */
static char *text_of(const struct config *config)
{
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    if (!stream)
        return NULL;
    config_dump(config, stream);
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

/* The state of a server that pauses, as an fd that outlives execve(2). */
static int lay_down(struct state *state, struct server *server, struct record *record, const char *config,
                    const struct listeners *listeners)
{
    int fd;
    /* The last client of --exit-after may just have come: the end has begun then, and a successor wouldn't
     * know. */
    if (server_is_draining(server))
        return -ESHUTDOWN;
    record->paused_usec = server_paused_usec(server);
    record->config_length = config ? strlen(config) : 0;
    state_put(state, record, sizeof *record);
    if (config)
        state_put(state, config, record->config_length);
    listeners_put(listeners, state);
    server_put(server, state);
    int r = state_finish(state, &fd);
    return r < 0 ? r : fd;
}

/* Returns only if it failed, with a negative errno. */
static int execute(const struct reload *reload, int state_fd)
{
    char resume[32];
    char level[32] = "";
    CLEANUP(free_memory) char *config = NULL;
    if (asprintf(&config, "--config=%s", reload->config_path) < 0) {
        config = NULL;
        return -ENOMEM;
    }
    snprintf(resume, sizeof resume, "--resume=%d", state_fd);
    if (reload->log_level)
        snprintf(level, sizeof level, "--log-level=%s", reload->log_level);
    log_limit_tell_all(); /* the successor starts counting from nothing */
    execve(reload->program, (char *[]){reload->program, config, resume, *level ? level : NULL, NULL},
           environ);
    return -errno;
}

enum reload_result reload_run(const struct reload *reload, struct server *server, const struct config *config,
                              const struct listeners *listeners, pid_t asker)
{
    enum reload_result result;
    struct state state = {0};
    CLEANUP(free_memory) char *text = text_of(config);
    log_info("Reloading");
    service_reloading();
    /* Whatever comes of it: whoever has renamed a log may take it away now. */
    server_reopen_logs(server);
    if (!successor_agrees(reload, asker, &result))
        return result;
    CLEANUP(close_fd) int types_fd = media_types_lay_down(MEDIA_TYPES_FILE);
    struct record record = {.asker = asker, .types_fd = types_fd, .version = HELLOD_VERSION};
    int r = state_create(&state);
    if (r < 0)
        return refuse(asker, "can't go on as %s: %s", reload->program, strerror(-r));
    r = server_pause(server);
    if (r < 0) {
        state_close(&state);
        return refuse(asker, "%s; a disk may not answer",
                      r == -EIO ? "the file of the access log has not taken its entries"
                                : "a worker has been at one request for too long");
    }
    r = lay_down(&state, server, &record, text, listeners);
    if (r >= 0)
        r = execute(reload, r);
    server_resume(server);
    state_close(&state);
    if (r == -ESHUTDOWN)
        return give_way(asker);
    return refuse(asker, "can't go on as %s: %s", reload->program, strerror(-r));
}

/* 0; -ENOMEM or -EBADMSG. */
static int take_config(struct arrival *ret, const struct record *record)
{
    if (record->config_length > CONFIG_TEXT_MAX || !memchr(record->version, 0, sizeof record->version))
        return -EBADMSG;
    memcpy(ret->version, record->version, sizeof ret->version);
    if (record->config_length == 0)
        return 0;
    ret->config = calloc(1, record->config_length + 1);
    return ret->config ? state_get(&ret->state, ret->config, record->config_length) : -ENOMEM;
}

int reload_arrive(struct arrival *ret, int fd, struct listeners *listeners)
{
    struct record record = {0};
    *ret = (struct arrival){.types_fd = -1};
    listeners->count = listeners->metrics_count = 0;
    int r = state_open(&ret->state, fd);
    if (r == 0)
        r = state_get(&ret->state, &record, sizeof record);
    if (r == 0)
        r = take_config(ret, &record);
    if (r == 0)
        r = listeners_get(listeners, &ret->state);
    if (r < 0) {
        log_error("Can't read what the predecessor left: %s", strerror(-r));
        reload_leave(ret);
        return r;
    }
    ret->asker = record.asker;
    ret->types_fd = record.types_fd;
    ret->paused_usec = record.paused_usec;
    return 0;
}

/* "; pool_size 4 -> 8", or that it is what it was. */
static void describe_changes(const struct arrival *arrival, const struct config *config,
                             struct config_changes *changes, char *text, size_t size)
{
    CLEANUP(free_memory) char *now = arrival->config ? text_of(config) : NULL;
    bool upgrade = strcmp(arrival->version, HELLOD_VERSION) != 0;
    *changes = (struct config_changes){0};
    if (now)
        config_changes_find(arrival->config, now, changes);
    snprintf(text, size, "%s%s%s%s", upgrade ? "; it was hellod " : "", upgrade ? arrival->version : "",
             now ? "; " : "",
             changes->count > 0 ? changes->text
             : now              ? "nothing has changed in the configuration"
                                : "");
}

void reload_tell(const struct arrival *arrival, struct server *server, const struct config *config)
{
    struct config_changes changes;
    char text[sizeof changes.text + 128], fields[sizeof changes.fields + 128];
    if (!arrival->state.data)
        return;
    int64_t pause = server_note_pause(server, arrival->paused_usec);
    unsigned connections = server_connections(server);
    describe_changes(arrival, config, &changes, text, sizeof text);
    snprintf(fields, sizeof fields, "RELOAD_PAUSE_USEC=%lld\nRELOAD_CONNECTIONS=%u\n%s", (long long)pause,
             connections, changes.fields);
    log_event_fields(EVENT_RELOADED, LOG_NOTICE, fields,
                     "Reloaded: %u connections carried over, no worker ran for %lld.%03lld ms%s", connections,
                     (long long)(pause / 1000), (long long)(pause % 1000), text);
}

void reload_complete(struct arrival *arrival)
{
    if (arrival->state.data)
        reload_answer(arrival->asker, RELOAD_DONE, "");
    reload_leave(arrival);
}

void reload_leave(struct arrival *arrival)
{
    state_close(&arrival->state);
    free(arrival->config);
    arrival->config = NULL;
}
