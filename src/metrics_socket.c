/*
 * A server of a few clients that never waits: each client is one event source that reads until the head is
 * whole, then writes until the response has gone, and one timer that ends it whatever it does.
 */
#include "metrics_socket.h"

#include "http/request.h"
#include "http/response.h"
#include "log_limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CLIENTS_MAX = 8,
    PATIENCE_USEC = 5000000,
    RETRY_USEC = 1000000,
    REQUEST_MAX = 4096,
    HEAD_MAX = 1024,
};

struct client {
    struct metrics_socket *socket; /* NULL: the place is free */
    int fd;
    sd_event_source *io, *timer;
    char request[REQUEST_MAX];
    size_t received;
    char *response;
    size_t length, sent;
};

struct metrics_socket {
    metrics_page *page;
    void *context;
    sd_event *event;
    sd_event_source *accepting[METRICS_LISTENERS_MAX], *retry;
    size_t count;
    struct client clients[CLIENTS_MAX];
};

/* While every place is taken, clients wait in the backlog. */
static void accept_more(struct metrics_socket *metrics, bool more)
{
    for (size_t i = 0; i < metrics->count; i++)
        (void)sd_event_source_set_enabled(metrics->accepting[i], more ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *context)
{
    (void)source;
    (void)usec;
    accept_more(context, true);
    return 0;
}

/* The clients stay in the backlog, so the socket would be ready all the time. */
static void accept_later(struct metrics_socket *metrics, int error)
{
    log_limit(LOG_CAUSE_ACCEPT, "Can't accept a client of the metrics: %s; it waits", strerror(error));
    accept_more(metrics, false);
    (void)sd_event_source_set_time_relative(metrics->retry, RETRY_USEC);
    (void)sd_event_source_set_enabled(metrics->retry, SD_EVENT_ONESHOT);
}

static void end_client(struct client *client)
{
    struct metrics_socket *metrics = client->socket;
    sd_event_source_disable_unref(client->io);
    sd_event_source_disable_unref(client->timer);
    close(client->fd);
    free(client->response);
    *client = (struct client){.fd = -1};
    accept_more(metrics, true);
}

/* A page of its own as a whole response; NULL where memory is short. */
static char *make_response(struct response *response, const char *page, size_t page_length, bool head_only,
                           size_t *ret)
{
    char date[DATE_LENGTH];
    if (date_format(time(NULL), date) < 0)
        (void)date_format(0, date);
    char *text = malloc(HEAD_MAX + page_length);
    if (!text)
        return NULL;
    response->content_length = page_length;
    response->close = true;
    *ret = response_write_head(response, date, text, HEAD_MAX);
    if (!head_only) {
        memcpy(text + *ret, page, page_length);
        *ret += page_length;
    }
    return text;
}

static void write_refusal(struct response *response, unsigned status, FILE *out)
{
    struct str reason = response_reason(status);
    *response = (struct response){.status = status, .content_type = STR("text/plain"), .charset_utf8 = true};
    if (status == 405)
        response->allow = STR("GET, HEAD");
    fprintf(out, "%.*s\n", (int)reason.length, reason.data);
}

static void write_page(const struct metrics_socket *metrics, struct str target, struct response *response,
                       FILE *out)
{
    const char *query = memchr(target.data, '?', target.length);
    struct str path = {target.data, query ? (size_t)(query - target.data) : target.length};
    const char *type = metrics->page(metrics->context, path, out);
    if (type)
        *response = (struct response){.status = 200, .content_type = str_of(type), .charset_utf8 = true};
    else
        write_refusal(response, 404, out);
}

/* A whole head has come, or more than there is room for. 0, or -ENOMEM. */
static int answer(struct client *client, size_t head_length)
{
    static const struct request_limits limits = {
        .request_line = REQUEST_MAX, .head = REQUEST_MAX, .fields = 100, .body = 0};
    struct request request = {.method = METHOD_UNKNOWN};
    struct response response;
    char *page;
    size_t page_length;
    FILE *out = open_memstream(&page, &page_length);
    if (!out)
        return -ENOMEM;
    struct str head = {client->request, head_length};
    unsigned status = head_length == 0 ? 431 : request_parse(head, &limits, &request);
    bool head_only = request.method == METHOD_HEAD;
    if (status == 0 && request.method != METHOD_GET && !head_only)
        status = 405;
    if (status != 0)
        write_refusal(&response, status, out);
    else
        write_page(client->socket, request.target, &response, out);
    if (fclose(out) == 0)
        client->response = make_response(&response, page, page_length, head_only, &client->length);
    free(page);
    return client->response ? 0 : -ENOMEM;
}

/* 0 while the client is to be waited for, else it has ended. */
static int receive(struct client *client)
{
    ssize_t n =
        recv(client->fd, client->request + client->received, REQUEST_MAX - client->received, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        return -ECONNRESET;
    client->received += (size_t)n;
    size_t length = request_head_length((struct str){client->request, client->received});
    if (length == 0 && client->received < REQUEST_MAX)
        return 0;
    int r = answer(client, length);
    return r < 0 ? r : sd_event_source_set_io_events(client->io, EPOLLOUT);
}

static int send_more(struct client *client)
{
    ssize_t n = send(client->fd, client->response + client->sent, client->length - client->sent,
                     MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n < 0)
        return -errno;
    client->sent += (size_t)n;
    return client->sent == client->length ? -ESHUTDOWN : 0;
}

static int on_client(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source;
    (void)fd;
    (void)events;
    struct client *client = context;
    int r = client->response ? 0 : receive(client);
    if (r == 0 && client->response)
        r = send_more(client);
    if (r < 0)
        end_client(client);
    return 0;
}

static int on_patience_over(sd_event_source *source, uint64_t usec, void *context)
{
    (void)source;
    (void)usec;
    end_client(context);
    return 0;
}

static struct client *free_place(struct metrics_socket *metrics)
{
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        if (!metrics->clients[i].socket)
            return &metrics->clients[i];
    return NULL;
}

static int begin_client(struct metrics_socket *metrics, struct client *client, int fd)
{
    *client = (struct client){.socket = metrics, .fd = fd};
    int r = sd_event_add_io(metrics->event, &client->io, fd, EPOLLIN, on_client, client);
    if (r >= 0)
        r = sd_event_add_time_relative(metrics->event, &client->timer, CLOCK_MONOTONIC, PATIENCE_USEC,
                                       PATIENCE_USEC / 10, on_patience_over, client);
    return r;
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *context)
{
    (void)source;
    (void)events;
    struct metrics_socket *metrics = context;
    struct client *client = free_place(metrics);
    if (!client) {
        accept_more(metrics, false);
        return 0;
    }
    int client_fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client_fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
        accept_later(metrics, errno);
    if (client_fd >= 0 && begin_client(metrics, client, client_fd) < 0)
        end_client(client);
    return 0;
}

int metrics_socket_open(struct metrics_socket **ret, sd_event *event, const struct listener *listeners,
                        size_t count, metrics_page *page, void *context)
{
    struct metrics_socket *metrics = calloc(1, sizeof *metrics);
    if (!metrics)
        return -ENOMEM;
    metrics->page = page;
    metrics->context = context;
    metrics->event = event;
    int r = sd_event_add_time(event, &metrics->retry, CLOCK_MONOTONIC, 0, 0, on_retry, metrics);
    if (r >= 0)
        r = sd_event_source_set_enabled(metrics->retry, SD_EVENT_OFF);
    for (size_t i = 0; i < count && r >= 0; i++) {
        r = sd_event_add_io(event, &metrics->accepting[i], listeners[i].fd, EPOLLIN, on_listener, metrics);
        metrics->count += r >= 0;
    }
    if (r < 0) {
        metrics_socket_close(metrics);
        return r;
    }
    *ret = metrics;
    return 0;
}

void metrics_socket_close(struct metrics_socket *metrics)
{
    if (!metrics)
        return;
    for (unsigned i = 0; i < CLIENTS_MAX; i++)
        if (metrics->clients[i].socket)
            end_client(&metrics->clients[i]);
    for (size_t i = 0; i < metrics->count; i++)
        sd_event_source_disable_unref(metrics->accepting[i]);
    sd_event_source_disable_unref(metrics->retry);
    free(metrics);
}
