/* One request, one response: the steps of exchange_run() in their order. */
#include "exchange.h"

#include "content.h"
#include "description.h"
#include "http/location.h"
#include "http/precondition.h"
#include "http/response.h"
#include "http/target.h"
#include "trouble.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

enum { PAGE_MAX = 2048, RETRY_AFTER_SECONDS = 1 };

/* Of a list in several lines so much is read. */
enum { WISH_MAX = 1024 };

/* Inlined, the buffers of what happens now and then would be on the stack of every exchange, and all its
 * pages be touched. */
#define RARE __attribute__((noinline))

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

/* A head of so many bytes stands at the end of the output. */
static void note_head(const struct exchange *x, size_t length, unsigned status, uint64_t content_length)
{
    assert(length > 0);
    output_advance(x->output, length);
    x->answer->status = status;
    x->answer->content_length = x->head_only ? 0 : content_length;
}

static void append_head(const struct exchange *x, struct response *response)
{
    response->close = x->answer->close;
    response->keep_alive = says_keep_alive(x->request);
    size_t n =
        response_write_head(response, x->setting->now->date, output_end(x->output), output_room(x->output));
    note_head(x, n, response->status, response->content_length);
}

static struct lookup lookup_of(const struct exchange *x)
{
    const struct site *site = x->setting->site;
    return (struct lookup){&site->root,     &site->rules,       site->cache,
                           x->setting->now, x->setting->recent, x->setting->siblings};
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
    if (!x->head_only)
        output_append(x->output, (struct str){page, length});
}

/* The page that the site has for the error's status; false where it has none. It is not what the target
 * names, so conditions and ranges don't apply to it. */
static bool append_error_file(const struct exchange *x, struct response *response)
{
    const char *file = rules_error_page(&x->setting->site->rules, response->status);
    const struct lookup lookup = lookup_of(x);
    struct found found;
    struct content content;
    struct response all = {.status = 200};
    if (!file || lookup_file(&lookup, file, &found) != 200)
        return false;
    struct representation *page = &found.resolution.representation;
    content_select_all(&content, page);
    bool prepared = content_prepare(&content, page, x->head_only, &all) == 0;
    if (prepared) {
        response->content_type = page->media_type;
        response->charset_utf8 = media_type_is_text(page->media_type);
        response->content_length = all.content_length;
        append_head(x, response);
        if (!x->head_only)
            content_append(&content, page, x->output);
    }
    lookup_end(&lookup, &found);
    return prepared;
}

static void append_error(const struct exchange *x, struct response *response)
{
    if (response->status == 503 || response->status == 429)
        response->retry_after = RETRY_AFTER_SECONDS;
    if (!append_error_file(x, response))
        append_page(x, response);
}

/* The same, where the status may be one that an admin should know of; `error`: then the negative errno. */
static void append_failure(const struct exchange *x, struct response *response, int error)
{
    if (response->status == 500 || response->status == 503)
        trouble_answer(response->status, x->request->target, error);
    append_error(x, response);
}

static void append_status(const struct exchange *x, unsigned status)
{
    append_error(x, &(struct response){.status = status});
}

/* What can't be trusted to be a request ends the connection: nothing behind it is read as one. */
static void append_refusal(const struct exchange *x, unsigned status)
{
    x->answer->close = x->answer->unread = true;
    append_status(x, status);
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

/* The content, in full or the ranges that were asked for, behind its head. */
static void append_content(const struct exchange *x, struct representation *representation,
                           struct content *content, struct response *response)
{
    int r = content_prepare(content, representation, x->head_only, response);
    if (r < 0) {
        append_failure(x, &(struct response){.status = resource_status(r) == 503 ? 503 : 500}, r);
        return;
    }
    append_head(x, response);
    if (!x->head_only)
        content_append(content, representation, x->output);
}

/* No condition, no range: then the lines of the head may be known. */
static bool wants_all(const struct request *request)
{
    return request->lines[FIELD_IF_MATCH] + request->lines[FIELD_IF_NONE_MATCH] +
               request->lines[FIELD_IF_MODIFIED_SINCE] + request->lines[FIELD_IF_UNMODIFIED_SINCE] +
               request->lines[FIELD_RANGE] ==
           0;
}

/* Of what is kept the head is ready, and its bytes are at hand or are sent from the file. */
static void append_kept(const struct exchange *x, struct found *found)
{
    struct representation *representation = &found->resolution.representation;
    uint64_t size = representation->version.size;
    size_t n = response_write_kept(found->head, x->answer->close, says_keep_alive(x->request),
                                   x->setting->now->date, output_end(x->output), output_room(x->output));
    note_head(x, n, 200, size);
    if (x->head_only)
        return;
    if (representation->bytes) {
        output_append(x->output, (struct str){representation->bytes, size});
    } else {
        output_append_file(x->output, representation->fd, 0, size);
        representation->fd = -1; /* handed over */
    }
}

/*
 * A client that sent If-Range has all that is said of the representation from the response that it completes,
 * so there it is left out (RFC 9110 section 15.3.7), save by the parts of a multipart.
 */
static RARE void append_selected(const struct exchange *x, struct resolution *found)
{
    char etag[ETAG_MAX];
    struct validators validators;
    struct content content;
    struct representation *representation = &found->representation;
    validators_make(&representation->version, x->setting->now->second, etag, &validators);
    struct response response = description_of(select_ranges(x, &validators, representation, &content), found);
    bool known = response.status == 206 && x->request->lines[FIELD_IF_RANGE] > 0;
    switch (response.status) {
    case 304:
        response.etag = validators.etag;
        append_head(x, &response);
        break;
    case 412:
        append_error(x, &response);
        break;
    case 416:
        response.has_content_range = true;
        response.complete_length = representation->version.size;
        response.accept_ranges = true;
        append_error(x, &response);
        break;
    default:
        response.etag = validators.etag;
        description_of_content(found, &validators, known, &response);
        if (known && content.ranges.count > 1)
            response.content_type = representation->media_type;
        response.charset_utf8 = media_type_is_text(response.content_type);
        append_content(x, representation, &content, &response);
    }
}

/* To where a rule leads, or to the folder with the slash that its target lacks, so that relative links in the
 * index work. */
static RARE void append_redirect(const struct exchange *x, const struct target *target,
                                 const struct resolution *found)
{
    /* Every byte of a path that leads to a file may become "%XX". */
    char location[3 * PATH_MAX + EXCHANGE_REQUEST_LINE_MAX + RULES_LOCATION_MAX];
    struct response response = description_of(found->status, found);
    size_t n = found->redirect ? location_from_template(str_of(found->redirect->location), found->star,
                                                        target->query, location, sizeof location)
                               : location_of_folder(target->path, target->query, location, sizeof location);
    assert(n > 0);
    response.location = (struct str){location, n};
    append_page(x, &response);
}

static void append_resource(const struct exchange *x, const struct target *target)
{
    char accept[WISH_MAX], accept_encoding[WISH_MAX];
    const struct wishes wishes = {
        .accept = request_join_values(x->request, FIELD_ACCEPT, accept, sizeof accept),
        .accept_encoding =
            request_join_values(x->request, FIELD_ACCEPT_ENCODING, accept_encoding, sizeof accept_encoding),
    };
    const struct lookup lookup = lookup_of(x);
    struct found found;
    lookup_target(&lookup, target, &wishes, &found);
    x->answer->cache_use = found.use;
    struct resolution *resolution = &found.resolution;
    if (resolution->status == 200 && found.head.length > 0 && wants_all(x->request)) {
        append_kept(x, &found);
    } else if (resolution->status == 200) {
        append_selected(x, resolution);
    } else if (resolution->status < 400) {
        append_redirect(x, target, resolution);
    } else {
        struct response response = description_of(resolution->status, resolution);
        append_failure(x, &response, resolution->representation.error);
    }
    lookup_end(&lookup, &found);
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
        append_error(x, &(struct response){.status = 405, .allow = served_methods});
}

static bool is_sleep(const struct exchange *x, const struct target *target)
{
    return x->setting->site->sleep_usec > 0 && !target->folder && str_equal(target->path, STR("sleep"));
}

static bool is_health(const struct exchange *x, const struct target *target)
{
    const char *health = x->setting->site->health;
    return health && !target->folder && str_equal(target->path, str_of(health));
}

/* Whether to send more clients here. What asked is most likely a connection that is kept for such questions:
 * it may be the only one that is still told. */
static void append_health(const struct exchange *x)
{
    bool stopping = x->setting->closing;
    struct str text = stopping ? STR("stopping\n") : STR("ok\n");
    struct response response = {
        .status = stopping ? 503 : 200,
        .content_type = STR("text/plain"),
        .charset_utf8 = true,
        .content_length = text.length,
        .cache_control = STR("no-store"),
        .retry_after = stopping ? RETRY_AFTER_SECONDS : 0,
    };
    append_head(x, &response);
    if (!x->head_only)
        output_append(x->output, text);
}

/* The body, if any, has been read, or what is answered here is all that there will be. */
static enum exchange_result answer_request(const struct exchange *x)
{
    const struct parsed *parsed = x->setting->parsed;
    const struct target *target = &parsed->target;
    if (!method_is_served(x->request->method))
        append_method_refusal(x);
    else if (x->request->expectation == EXPECT_UNKNOWN)
        append_status(x, 417);
    else if (parsed->target_status != 0)
        append_refusal(x, parsed->target_status);
    else if (x->request->method == METHOD_OPTIONS)
        append_head(x, &(struct response){.status = 200, .allow = served_methods});
    else if (x->setting->stage == EXCHANGE_SLEPT)
        append_resource(x, &(struct target){.folder = true});
    else if (is_health(x, target))
        append_health(x);
    else if (is_sleep(x, target))
        return EXCHANGE_SLEEP;
    else
        append_resource(x, target);
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
    const struct request *request = &setting->parsed->request;
    parsed_read(setting->parsed, head, &setting->site->limits);
    if (setting->parsed->status != 0) {
        exchange_refuse(setting, head, setting->parsed->status, output, ret);
        return EXCHANGE_ANSWERED;
    }
    *ret = (struct answer){
        .close = setting->closing || !request->keep_alive,
        .unread = setting->closing,
        .method = request->method,
    };
    const struct exchange x = {
        .setting = setting,
        .request = request,
        .output = output,
        .answer = ret,
        .head_only = request->method == METHOD_HEAD,
    };
    if (request->has_body && setting->stage == EXCHANGE_NEW)
        return answer_with_body(&x);
    return answer_request(&x);
}

void exchange_go_ahead(struct output *output)
{
    output_append(output, STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

void exchange_refuse(const struct setting *setting, struct str received, unsigned status,
                     struct output *output, struct answer *ret)
{
    const struct exchange x = {
        .setting = setting,
        .output = output,
        .answer = ret,
        .head_only = request_is_head(received),
    };
    *ret = (struct answer){0};
    append_refusal(&x, status);
}
