/* An honest client's patience, measured; see prober.h. */
#include "prober.h"

#include "harness.h"
#include "patience.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { SAMPLES_MAX = 100000, REST_USEC = 3000, ANSWER_MAX = 65536, OWN_ADDRESS = 0x7f00004d };

static struct prober {
    pthread_t thread;
    bool running;
    _Atomic bool ending;
    struct sockaddr_storage to;
    socklen_t to_length;
    int kept; /* -1: none */
    _Atomic unsigned count;
    uint32_t samples[SAMPLES_MAX]; /* microseconds */
    _Atomic bool complained;
    char complaint[200]; /* the first thing that went wrong */
} prober = {.kept = -1};

static void complain(const char *what, int error)
{
    if (!*prober.complaint)
        snprintf(prober.complaint, sizeof prober.complaint, "request %u: %.100s%s%s",
                 atomic_load(&prober.count) + 1, what, error ? ": " : "", error ? strerror(error) : "");
    atomic_store(&prober.complained, true);
}

static int call(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    const struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(OWN_ADDRESS)};
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (bind(fd, (const struct sockaddr *)&own, sizeof own) == 0 &&
        connect(fd, (const struct sockaddr *)&prober.to, prober.to_length) == 0)
        return fd;
    complain("connect", errno);
    close(fd);
    return -1;
}

/* Whether all of the answer is there. */
static bool is_whole(const char *answer, size_t length)
{
    const char *end = strstr(answer, "\r\n\r\n"), *field = strstr(answer, "Content-Length: ");
    return end && field && length >= (size_t)(end + 4 - answer) + strtoul(field + 16, NULL, 10);
}

static bool ask(int fd)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: honest\r\n\r\n";
    char answer[ANSWER_MAX];
    size_t length = 0;
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1) {
        complain("send", errno);
        return false;
    }
    do {
        ssize_t n = recv(fd, answer + length, sizeof answer - 1 - length, 0);
        if (n <= 0) {
            complain(n == 0 ? "closed without an answer" : "recv", n == 0 ? 0 : errno);
            return false;
        }
        answer[length += (size_t)n] = '\0';
    } while (!is_whole(answer, length));
    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0 || !strstr(answer, "Hello")) {
        answer[strcspn(answer, "\r")] = '\0';
        complain(answer, 0);
        return false;
    }
    return true;
}

/* On the connection that is kept where there is one, and then it is closed; else on a new one, and it is
 * kept. */
static void probe(void)
{
    int64_t start = patience_now();
    bool keep = prober.kept < 0;
    int fd = keep ? call() : prober.kept;
    bool good = fd >= 0 && ask(fd);
    unsigned count = atomic_load(&prober.count);
    if (good && count < SAMPLES_MAX) {
        prober.samples[count] = (uint32_t)(patience_now() - start);
        atomic_store(&prober.count, count + 1);
    }
    if (fd >= 0 && !(keep && good))
        close(fd);
    prober.kept = keep && good ? fd : -1;
}

static void *probe_on(void *context)
{
    (void)context;
    while (!atomic_load(&prober.ending) && !atomic_load(&prober.complained)) {
        probe();
        (void)patience_poll(-1, 0, patience_now() + REST_USEC);
    }
    return NULL;
}

void prober_start(const struct server *server)
{
    assert_false(prober.running);
    prober.to = server->sockets[0].address;
    prober.to_length = server->sockets[0].address_length;
    prober.complaint[0] = '\0';
    atomic_store(&prober.complained, false);
    atomic_store(&prober.count, 0);
    atomic_store(&prober.ending, false);
    assert_int_equal(pthread_create(&prober.thread, NULL, probe_on, NULL), 0);
    prober.running = true;
}

void prober_await(unsigned requests)
{
    int64_t deadline = patience_deadline();
    for (unsigned before = 0, now; (now = atomic_load(&prober.count)) < requests; before = now) {
        if (now > before)
            deadline = patience_deadline();
        if (patience_now() > deadline)
            fail_msg("an honest client had %u answers, and then none", now);
        (void)patience_poll(-1, 0, patience_now() + 10000);
    }
}

void prober_close(void)
{
    if (!prober.running)
        return;
    atomic_store(&prober.ending, true);
    pthread_join(prober.thread, NULL);
    prober.running = false;
    if (prober.kept >= 0)
        close(prober.kept);
    prober.kept = -1;
}

static int compare(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? -1 : one > other;
}

/* Of all but one in a hundred. */
static uint32_t percentile_99(uint32_t *samples, unsigned count)
{
    qsort(samples, count, sizeof *samples, compare);
    return samples[(count * 99 + 99) / 100 - 1];
}

/* The least 99th percentile of the first `count` requests' whole stretches. */
static uint32_t calmest(unsigned count)
{
    uint32_t best = UINT32_MAX, stretch[PROBER_STRETCH];
    for (unsigned start = 0; start + PROBER_STRETCH <= count; start += PROBER_STRETCH) {
        memcpy(stretch, prober.samples + start, sizeof stretch);
        uint32_t one = percentile_99(stretch, PROBER_STRETCH);
        best = one < best ? one : best;
    }
    return best;
}

bool prober_wants_more(void)
{
    unsigned count = atomic_load(&prober.count);
    if (atomic_load(&prober.complained) || (patience_sanitized() && count >= PROBER_STRETCH))
        return false;
    return calmest(count) > PROBER_BOUND_USEC && count < PROBER_STRETCHES * PROBER_STRETCH;
}

void prober_finish(const char *attack)
{
    prober_await(PROBER_STRETCH);
    prober_close();
    if (*prober.complaint)
        fail_msg("%s: an honest client's %s", attack, prober.complaint);
    unsigned count = atomic_load(&prober.count);
    uint32_t best = calmest(count), all = percentile_99(prober.samples, count);
    harness_say("%s: honest GET / p50 %.1f ms, p99 %.1f ms, calmest %u p99 %.1f ms; %u answered", attack,
                prober.samples[count / 2] / 1000.0, all / 1000.0, PROBER_STRETCH, best / 1000.0, count);
    if (best > PROBER_BOUND_USEC && !patience_sanitized())
        fail_msg("%s: an honest client's 99th percentile is %.1f ms, not within %.0f", attack, best / 1000.0,
                 PROBER_BOUND_USEC / 1000.0);
}
