/*
 * Many clients at once, each connection for one request, and what became of them:
 *   load [--port N] [--path PATH] [--clients N] [--requests N]
 *
 * Says "started" after the first answer. Ends with SIGTERM, or when as many requests were made as asked for;
 * the last line then counts, by what became of them, the requests. An answer is ok if it is a whole 200.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 4096, HEAD_MAX = 16384, WAIT_SECONDS = 60 };

enum outcome { OK, REFUSED, RESET, EMPTY, SHORT, WRONG, LATE, OUTCOMES };
static const char *const outcome_names[OUTCOMES] = {"ok",    "refused", "reset", "empty",
                                                    "short", "wrong",   "late"};

static unsigned port = 7878, clients = 1;
static const char *path = "/";
static long requests = -1;

static atomic_long left;
static atomic_bool stopped;
static atomic_long outcomes[OUTCOMES];
static atomic_long slowest_msec;
static pthread_barrier_t barrier;

static long now_msec(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum outcome of_errno(void)
{
    switch (errno) {
    case ECONNREFUSED:
        return REFUSED;
    case EAGAIN:
    case EINPROGRESS:
    case ETIMEDOUT:
        return LATE;
    default:
        return RESET;
    }
}

/* The head in full, and the body counted against Content-Length. */
static enum outcome receive(int fd)
{
    static const char length_field[] = "\r\nContent-Length: ";
    char buffer[HEAD_MAX + 1];
    size_t used = 0;
    const char *end = NULL;
    while (!end && used < HEAD_MAX) {
        ssize_t n = recv(fd, buffer + used, HEAD_MAX - used, 0);
        if (n < 0)
            return of_errno();
        if (n == 0)
            return used > 0 ? SHORT : EMPTY;
        used += (size_t)n;
        buffer[used] = '\0';
        end = strstr(buffer, "\r\n\r\n");
    }
    const char *length = strstr(buffer, length_field);
    if (!end || strncmp(buffer, "HTTP/1.1 200 ", 13) != 0 || !length || length > end)
        return WRONG;
    size_t wanted = strtoul(length + sizeof length_field - 1, NULL, 10) + (size_t)(end + 4 - buffer);
    for (ssize_t n = 1; n > 0; used += (size_t)n) {
        n = recv(fd, buffer, HEAD_MAX, 0);
        if (n < 0)
            return of_errno();
    }
    return used == wanted ? OK : SHORT;
}

static enum outcome request(void)
{
    const struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval patience = {.tv_sec = WAIT_SECONDS};
    char text[4096];
    int length =
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    assert(length > 0 && (size_t)length < sizeof text);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    enum outcome outcome;
    if (connect(fd, (const struct sockaddr *)&server, sizeof server) < 0 ||
        send(fd, text, (size_t)length, MSG_NOSIGNAL) != length)
        outcome = of_errno();
    else
        outcome = receive(fd);
    close(fd);
    return outcome;
}

static void *client(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&barrier);
    while (!atomic_load(&stopped) && (requests < 0 || atomic_fetch_sub(&left, 1) > 0)) {
        long begun = now_msec();
        enum outcome outcome = request();
        long took = now_msec() - begun, slowest = atomic_load(&slowest_msec);
        while (took > slowest && !atomic_compare_exchange_weak(&slowest_msec, &slowest, took))
            ;
        if (atomic_fetch_add(&outcomes[outcome], 1) == 0 && outcome == OK) {
            puts("started");
            fflush(stdout);
        }
    }
    return NULL;
}

static void on_signal(int number)
{
    (void)number;
    atomic_store(&stopped, true);
}

static void take_options(int argc, char **argv)
{
    static const struct option options[] = {{"port", required_argument, NULL, 'p'},
                                            {"path", required_argument, NULL, 'u'},
                                            {"clients", required_argument, NULL, 'c'},
                                            {"requests", required_argument, NULL, 'n'},
                                            {NULL, 0, NULL, 0}};
    for (int name; (name = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (name == 'p')
            port = (unsigned)strtoul(optarg, NULL, 10);
        else if (name == 'u')
            path = optarg;
        else if (name == 'c')
            clients = (unsigned)strtoul(optarg, NULL, 10);
        else if (name == 'n')
            requests = strtol(optarg, NULL, 10);
        else
            exit(EXIT_FAILURE);
    }
    assert(clients > 0 && clients <= CLIENTS_MAX);
}

int main(int argc, char **argv)
{
    static pthread_t threads[CLIENTS_MAX];
    take_options(argc, argv);
    atomic_store(&left, requests);
    signal(SIGTERM, on_signal);
    /* Only the main thread is interrupted: a socket with a timeout would answer EINTR. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_barrier_init(&barrier, NULL, clients);
    for (unsigned i = 0; i < clients; i++) {
        int r = pthread_create(&threads[i], NULL, client, NULL);
        assert(r == 0);
    }
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    for (unsigned i = 0; i < clients; i++)
        pthread_join(threads[i], NULL);
    for (enum outcome i = 0; i < OUTCOMES; i++)
        printf("%s=%ld ", outcome_names[i], atomic_load(&outcomes[i]));
    printf("slowest=%ldms\n", atomic_load(&slowest_msec));
    return EXIT_SUCCESS;
}
