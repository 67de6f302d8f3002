/* Requests out, answers in, octet by octet, and a count of what became of them. */
#include "load_link.h"

#include "harness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PIECE = 256 << 10, PIECES_A_TURN = 16 };

void load_link_reset(struct load_link *link)
{
    link->fd = -1;
    link->connecting = link->ended = link->held = link->said_last = link->in_body = false;
    link->responses = 0;
    link->asked_count = 0;
    link->out_start = link->out_end = link->head_length = link->got = 0;
}

void load_link_ask(struct load_link *link, const struct load_request *request)
{
    size_t length = strlen(request->text);
    if (link->out_start == link->out_end)
        link->out_start = link->out_end = 0;
    assert_true(link->asked_count < LOAD_DEPTH_MAX && link->out_end + length <= sizeof link->out);
    memcpy(link->out + link->out_end, request->text, length);
    link->out_end += length;
    link->asked[link->asked_count++] = request;
    link->got = 0;
}

void load_link_send(struct load_link *link, size_t most)
{
    while (most > 0 && link->out_start < link->out_end) {
        size_t left = link->out_end - link->out_start;
        ssize_t n = send(link->fd, link->out + link->out_start, left < most ? left : most, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        /* What the server has closed is seen, and judged, by who reads. */
        if (n < 0)
            return;
        link->out_start += (size_t)n;
        most -= (size_t)n;
    }
}

/* The first of the asked ones is answered. */
static void complete(struct load_link *link)
{
    link->group->counts.responses++;
    link->responses++;
    link->asked_count--;
    memmove(link->asked, link->asked + 1, link->asked_count * sizeof link->asked[0]);
    link->in_body = false;
    link->head_length = 0;
}

static void blame(struct load_link *link)
{
    link->group->counts.wrong++;
    link->ended = true;
}

static void judge_head(struct load_link *link)
{
    const struct load_request *request = link->asked[0];
    const char *length = strcasestr(link->head, "\r\nContent-Length: ");
    unsigned status = (unsigned)strtoul(link->head + strlen("HTTP/1.1 "), NULL, 10);
    link->body_length = length ? strtoul(length + strlen("\r\nContent-Length: "), NULL, 10) : 0;
    link->body_got = 0;
    link->in_body = true;
    link->said_last = strcasestr(link->head, "\r\nConnection: close\r\n");
    bool right = strncmp(link->head, "HTTP/1.1 ", strlen("HTTP/1.1 ")) == 0 && length &&
                 status == request->status && (!request->last || link->said_last) &&
                 (!request->body || link->body_length == request->body_length);
    if (!right)
        blame(link);
}

/* The octets of the head among these; judged when it is whole. */
static size_t take_head(struct load_link *link, const char *data, size_t length)
{
    size_t room = LOAD_HEAD_MAX - link->head_length, n = length < room ? length : room;
    memcpy(link->head + link->head_length, data, n);
    link->head[link->head_length + n] = '\0';
    const char *end = strstr(link->head, "\r\n\r\n");
    if (!end) {
        link->head_length += n;
        if (link->head_length == LOAD_HEAD_MAX)
            blame(link);
        return n;
    }
    size_t before = link->head_length;
    link->head_length = (size_t)(end - link->head) + 4;
    link->head[link->head_length] = '\0';
    judge_head(link);
    return link->head_length - before;
}

static size_t take_body(struct load_link *link, const char *data, size_t length)
{
    const struct load_request *request = link->asked[0];
    size_t left = link->body_length - link->body_got, n = length < left ? length : left;
    if (request->body && memcmp(data, request->body + link->body_got, n) != 0)
        blame(link);
    link->body_got += n;
    return n;
}

static void take(struct load_link *link, const char *data, size_t length)
{
    link->group->counts.bytes += length;
    link->got += length;
    while (length > 0 && !link->ended) {
        if (link->asked_count == 0) {
            blame(link);
            return;
        }
        size_t n = link->in_body ? take_body(link, data, length) : take_head(link, data, length);
        data += n;
        length -= n;
        if (!link->ended && link->in_body && link->body_got == link->body_length)
            complete(link);
    }
}

/* The server has closed the connection, in order or not. */
static void count_loss(struct load_link *link)
{
    struct load_counts *counts = &link->group->counts;
    link->ended = true;
    if (link->asked_count == 0)
        counts->left += !link->said_last;
    else if (link->head_length > 0 || link->in_body)
        counts->cut++;
    else if (link->said_last)
        counts->dropped += link->asked_count;
    else if (link->responses == 0)
        counts->lost_first++;
    else
        counts->lost_later++;
}

void load_link_receive(struct load_link *link)
{
    static char buffer[PIECE];
    for (int pieces = 0; !link->ended && pieces < PIECES_A_TURN; pieces++) {
        ssize_t n = recv(link->fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        link->group->counts.resets += n < 0;
        if (n <= 0)
            count_loss(link);
        else
            take(link, buffer, (size_t)n);
    }
}
