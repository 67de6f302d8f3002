/* One request, one response: the steps of exchange_run() in their order. */
#include "exchange.h"

#include "http/request.h"
#include "http/response.h"
#include "http/target.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Files up to this size are read and leave with their head in one send(2); larger ones go by sendfile(2). */
enum { INLINE_MAX = 16 << 10 };

enum { PAGE_MAX = 1200 };

static const struct request_limits limits = {
    .request_line = EXCHANGE_REQUEST_LINE_MAX,
    .fields = EXCHANGE_FIELDS_MAX,
};

/* What the steps of one exchange share. */
struct exchange {
    const struct site *site;
    const char *date;
    struct output *output;
    struct answer *answer;
};

static void append_head(const struct exchange *x, struct response *response)
{
    response->close = x->answer->close;
    response->keep_alive = x->answer->keep_alive && !x->answer->close;
    size_t n = response_write_head(response, x->date, output_end(x->output), output_room(x->output));
    assert(n > 0);
    output_advance(x->output, n);
}

/* A response with a small page of our own. */
static void append_page(const struct exchange *x, struct response *response)
{
    char page[PAGE_MAX];
    size_t length = response_write_page(response->status, page, sizeof page);
    assert(length > 0);
    response->content_type = STR("text/html");
    response->charset_utf8 = true;
    response->content_length = length;
    append_head(x, response);
    if (!x->answer->head_only)
        output_append(x->output, (struct str){page, length});
}

static void append_status(const struct exchange *x, unsigned status)
{
    append_page(x, &(struct response){.status = status});
}

/* What can't be trusted to be a request ends the connection: nothing behind it is read as one. */
static void append_refusal(const struct exchange *x, unsigned status)
{
    x->answer->close = x->answer->unread = true;
    append_status(x, status);
}

/* 0, or -ENODATA where the file holds less than its size said, or the errno of read. */
static int read_content(int fd, char *buffer, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = pread(fd, buffer + done, length - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -ENODATA;
        done += (size_t)n;
    }
    return 0;
}

/* Takes the representation's file over. */
static void append_representation(const struct exchange *x, unsigned status,
                                  struct representation *representation)
{
    char content[INLINE_MAX];
    bool inlined = representation->size <= sizeof content && !x->answer->head_only;
    struct response response = {
        .status = status,
        .content_type = representation->media_type,
        .charset_utf8 = media_type_is_text(representation->media_type),
        .content_length = representation->size,
        .has_last_modified = status == 200,
        .last_modified = representation->modified,
    };
    if (inlined && read_content(representation->fd, content, representation->size) < 0) {
        representation_close(representation);
        append_status(x, 500);
        return;
    }
    append_head(x, &response);
    if (inlined) {
        output_append(x->output, (struct str){content, representation->size});
    } else if (!x->answer->head_only) {
        output_append_file(x->output, representation->fd, 0, representation->size);
        representation->fd = -1; /* handed over */
    }
    representation_close(representation);
}

/* The slash that the target lacks, so that relative links in the folder's index work. */
static void append_redirect(const struct exchange *x, const struct target *target)
{
    char location[EXCHANGE_REQUEST_LINE_MAX * 3 + 2]; /* every byte may become "%XX" */
    size_t n = 0;
    location[n++] = '/'; /* and only one: "//name" would be another host */
    n += target_encode(target->path, location + n, sizeof location - n - 1);
    location[n++] = '/';
    struct response response = {.status = 301};
    if (target->query.data) {
        location[n++] = '?';
        memcpy(location + n, target->query.data, target->query.length);
        n += target->query.length;
    }
    response.location = (struct str){location, n};
    append_page(x, &response);
}

static void append_not_found(const struct exchange *x)
{
    struct representation page;
    if (resource_open_file(&x->site->root, "404.html", &page) == 200)
        append_representation(x, 404, &page);
    else
        append_status(x, 404);
}

static void append_resource(const struct exchange *x, const struct target *target)
{
    struct representation representation;
    unsigned status = resource_open(&x->site->root, target, &representation);
    if (status == 200)
        append_representation(x, status, &representation);
    else if (status == 301)
        append_redirect(x, target);
    else if (status == 404)
        append_not_found(x);
    else
        append_status(x, status);
}

/* RFC 9110 section 9: a method we don't know is 501, one we know and don't do is 405 with what we do. */
static bool method_is_served(const struct exchange *x, enum method method)
{
    if (method == METHOD_GET || method == METHOD_HEAD)
        return true;
    if (method == METHOD_UNKNOWN)
        append_status(x, 501);
    else
        append_page(x, &(struct response){.status = 405, .allow = STR("GET, HEAD")});
    return false;
}

enum exchange_result exchange_run(const struct site *site, struct str head,
                                  const char date[static DATE_LENGTH], bool closing, struct output *output,
                                  struct answer *ret)
{
    struct request request = {0};
    struct target target;
    char path[EXCHANGE_REQUEST_LINE_MAX + 1];
    struct exchange x = {.site = site, .date = date, .output = output, .answer = ret};

    unsigned status = request_parse(head, &limits, &request);
    if (status != 0) {
        *ret = (struct answer){.head_only = request.method == METHOD_HEAD};
        append_refusal(&x, status);
        return EXCHANGE_ANSWERED;
    }
    *ret = (struct answer){
        .head_only = request.method == METHOD_HEAD,
        .keep_alive = request.minor_version == 0 && request.keep_alive,
        .close = closing || !request.keep_alive || request.has_body,
        .unread = closing || request.has_body,
        .body = request.has_body,
    };
    if (!method_is_served(&x, request.method))
        return EXCHANGE_ANSWERED;
    status = target_parse(request.target, path, sizeof path, &target);
    if (status != 0)
        append_refusal(&x, status);
    else if (site->sleep_usec > 0 && !target.folder && str_equal(target.path, STR("sleep")))
        return EXCHANGE_SLEEP;
    else
        append_resource(&x, &target);
    return EXCHANGE_ANSWERED;
}

void exchange_wake(const struct site *site, const char date[static DATE_LENGTH], struct answer *answer,
                   struct output *output)
{
    struct exchange x = {.site = site, .date = date, .output = output, .answer = answer};
    append_resource(&x, &(struct target){.folder = true});
}

void exchange_refuse(unsigned status, const char date[static DATE_LENGTH], struct output *output,
                     struct answer *ret)
{
    *ret = (struct answer){0};
    append_refusal(&(struct exchange){.date = date, .output = output, .answer = ret}, status);
}
