/* One request, one response: the steps of exchange_run() in their order. */
#include "exchange.h"

#include "content.h"
#include "http/precondition.h"
#include "http/response.h"
#include "http/target.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

enum { PAGE_MAX = 2048, RETRY_AFTER_SECONDS = 1 };

static const struct str served_methods = STR("GET, HEAD, OPTIONS");

/* What the steps of one exchange share. */
struct exchange {
    const struct setting *setting;
    const struct request *request;
    struct output *output;
    struct answer *answer;
    bool head_only; /* HEAD: the head of GET's answer, no content */
};

/* A client of HTTP/1.0 that asked to keep the connection must be told that it is kept. */
static bool says_keep_alive(const struct request *request)
{
    return request && request->minor_version == 0 && request->keep_alive;
}

static void append_head(const struct exchange *x, struct response *response)
{
    response->close = x->answer->close;
    response->keep_alive = says_keep_alive(x->request);
    size_t n =
        response_write_head(response, x->setting->now->date, output_end(x->output), output_room(x->output));
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
    if (response->status == 503)
        response->retry_after = RETRY_AFTER_SECONDS;
    append_head(x, response);
    if (!x->head_only)
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

/* Takes the representation's file over. */
static void append_content(const struct exchange *x, struct response *response, struct content *content,
                           struct representation *representation)
{
    if (content_prepare(content, representation, x->head_only, response) < 0) {
        append_status(x, 500);
    } else {
        append_head(x, response);
        if (!x->head_only)
            content_append(content, representation, x->output);
    }
    representation_close(representation);
}

/* A file that tells of an error. It is not what the target names, so conditions and ranges don't apply. */
static void append_error_file(const struct exchange *x, unsigned status,
                              struct representation *representation)
{
    struct content content;
    struct response response = {
        .status = status,
        .content_type = representation->media_type,
        .charset_utf8 = media_type_is_text(representation->media_type),
    };
    content_select_all(&content, representation);
    append_content(x, &response, &content, representation);
}

/* What the preconditions, and then the ranges, make of the representation: 200, 206, 304, 412 or 416. */
static unsigned select_ranges(const struct exchange *x, const struct validators *validators,
                              const struct representation *representation, struct content *content)
{
    int64_t now = x->setting->now->second;
    content_select_all(content, representation);
    unsigned status = precondition_evaluate(x->request, validators, now);
    if (status != 200 || !precondition_allows_range(x->request, validators, now))
        return status;
    status = ranges_parse(x->request->field[FIELD_RANGE], representation->version.size, &content->ranges);
    if (status == 200)
        content_select_all(content, representation);
    return status;
}

/*
 * What 200 and 206 say of the representation. A client that sent If-Range has it all from the response that
 * it completes, so there it is left out (RFC 9110 section 15.3.7), save by the parts of a multipart.
 */
static void describe(const struct exchange *x, const struct representation *representation,
                     const struct validators *validators, const struct content *content,
                     struct response *response)
{
    bool known = response->status == 206 && x->request->lines[FIELD_IF_RANGE] > 0;
    if (!known || content->ranges.count > 1)
        response->content_type = representation->media_type;
    response->charset_utf8 = media_type_is_text(response->content_type);
    response->has_last_modified = validators->settled && !known;
    response->last_modified = validators->modified;
    response->accept_ranges = true;
}

/* The representation that the target names. Takes its file over. */
static void append_representation(const struct exchange *x, struct representation *representation)
{
    char etag[ETAG_MAX];
    struct validators validators;
    struct content content;
    validators_make(&representation->version, x->setting->now->second, etag, &validators);
    struct response response = {
        .status = select_ranges(x, &validators, representation, &content),
        .etag = validators.etag,
    };
    switch (response.status) {
    case 304:
        append_head(x, &response);
        break;
    case 412:
        append_status(x, 412);
        break;
    case 416:
        append_page(x, &(struct response){.status = 416,
                                          .has_content_range = true,
                                          .complete_length = representation->version.size,
                                          .accept_ranges = true});
        break;
    default:
        describe(x, representation, &validators, &content, &response);
        append_content(x, &response, &content, representation);
        return;
    }
    representation_close(representation);
}

/* The slash that the target lacks, so that relative links in the folder's index work. */
static void append_redirect(const struct exchange *x, const struct target *target)
{
    /* Every byte of a path that leads to a folder may become "%XX". */
    char location[3 * PATH_MAX + EXCHANGE_REQUEST_LINE_MAX];
    size_t n = 0;
    location[n++] = '/'; /* and only one: "//name" would be another host */
    n += target_encode(target->path, location + n, sizeof location - n);
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
    if (resource_open_file(&x->setting->site->root, "404.html", &page) == 200)
        append_error_file(x, 404, &page);
    else
        append_status(x, 404);
}

static void append_resource(const struct exchange *x, const struct target *target)
{
    struct representation representation;
    unsigned status = resource_open(&x->setting->site->root, target, &representation);
    if (status == 200)
        append_representation(x, &representation);
    else if (status == 301)
        append_redirect(x, target);
    else if (status == 404)
        append_not_found(x);
    else
        append_status(x, status);
}

static bool method_is_served(enum method method)
{
    return method == METHOD_GET || method == METHOD_HEAD || method == METHOD_OPTIONS;
}

/* RFC 9110 section 9: a method we don't know is 501, one we know and don't do is 405 with what we do. */
static void append_method_refusal(const struct exchange *x)
{
    if (x->request->method == METHOD_UNKNOWN)
        append_status(x, 501);
    else
        append_page(x, &(struct response){.status = 405, .allow = served_methods});
}

static bool is_sleep(const struct exchange *x, const struct target *target)
{
    return x->setting->site->sleep_usec > 0 && !target->folder && str_equal(target->path, STR("sleep"));
}

/* The body, if any, has been read, or what is answered here is all that there will be. */
static enum exchange_result answer_request(const struct exchange *x)
{
    char path[EXCHANGE_REQUEST_LINE_MAX];
    struct target target;
    if (!method_is_served(x->request->method))
        append_method_refusal(x);
    else if (x->request->expectation == EXPECT_UNKNOWN)
        append_status(x, 417);
    else if (target_parse(x->request->target, path, sizeof path, &target) != 0)
        append_refusal(x, 400);
    else if (x->request->method == METHOD_OPTIONS)
        append_head(x, &(struct response){.status = 200, .allow = served_methods});
    else if (x->setting->stage == EXCHANGE_SLEPT)
        append_resource(x, &(struct target){.folder = true});
    else if (is_sleep(x, &target))
        return EXCHANGE_SLEEP;
    else
        append_resource(x, &target);
    return EXCHANGE_ANSWERED;
}

/*
 * A body that may be read is, and thrown away, so that the connection can go on behind it. Not where a client
 * waits for leave to send it and the answer is a refusal anyhow: RFC 9110 section 10.1.1.
 */
static enum exchange_result answer_with_body(const struct exchange *x)
{
    const struct request *request = x->request;
    struct answer *answer = x->answer;
    uint64_t limit = x->setting->site->limits.body;
    bool refused = request->expectation == EXPECT_UNKNOWN ||
                   (request->expectation == EXPECT_CONTINUE && !method_is_served(request->method));
    if (!refused && request->content_length <= limit) {
        answer->go_ahead = request->expectation == EXPECT_CONTINUE;
        if (request->chunked)
            body_start_chunked(&answer->body, limit);
        else
            body_start_sized(&answer->body, request->content_length);
        return EXCHANGE_BODY;
    }
    answer->close = answer->unread = answer->uploading = true;
    if (refused)
        return answer_request(x);
    append_status(x, 413);
    return EXCHANGE_ANSWERED;
}

enum exchange_result exchange_run(const struct setting *setting, struct str head, struct output *output,
                                  struct answer *ret)
{
    struct request request;
    unsigned status = request_parse(head, &setting->site->limits, &request);
    if (status != 0) {
        exchange_refuse(setting->now, head, status, output, ret);
        return EXCHANGE_ANSWERED;
    }
    *ret = (struct answer){.close = setting->closing || !request.keep_alive, .unread = setting->closing};
    const struct exchange x = {
        .setting = setting,
        .request = &request,
        .output = output,
        .answer = ret,
        .head_only = request.method == METHOD_HEAD,
    };
    if (request.has_body && setting->stage == EXCHANGE_NEW)
        return answer_with_body(&x);
    return answer_request(&x);
}

void exchange_go_ahead(struct output *output)
{
    output_append(output, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

void exchange_refuse(const struct moment *now, struct str received, unsigned status, struct output *output,
                     struct answer *ret)
{
    const struct setting setting = {.now = now};
    const struct exchange x = {
        .setting = &setting,
        .output = output,
        .answer = ret,
        .head_only = request_is_head(received),
    };
    *ret = (struct answer){0};
    append_refusal(&x, status);
}
