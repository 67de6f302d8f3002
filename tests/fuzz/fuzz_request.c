/* Request heads: where they end, what they say, and that all of it lies in them. */
#include "fuzz.h"

#include "http/octet.h"
#include "http/parsed.h"
#include "http/request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct request_limits wide = {.request_line = 8192, .head = 16384, .fields = 100};
static const struct request_limits narrow = {.request_line = 40, .head = 16384, .fields = 4};

/* A head ends where it ends, whatever follows or has yet to come. */
static void check_length(struct str received, size_t length)
{
    assert(length <= received.length);
    if (length == 0)
        return;
    assert(received.data[length - 1] == '\n');
    assert(request_head_length((struct str){received.data, length}) == length);
    for (size_t cut = length > 64 ? length - 64 : 0; cut < length; cut++)
        assert(request_head_length((struct str){received.data, cut}) == 0);
    assert(request_has_begun((struct str){received.data, length}));
}

static void check_value(struct str value)
{
    assert(octet_span(value, OCTET_FIELD) == value.length);
    assert(str_equal(str_trim(value), value));
}

static void check_field(const struct request *request, enum field field)
{
    struct str rest = request->field_lines, value;
    char joined[256];
    unsigned lines = 0;
    while (request_next_value(field, &rest, &value)) {
        assert(lines > 0 || field == FIELD_OTHER || str_equal(value, request->field[field]));
        assert(fuzz_within(value, request->field_lines));
        check_value(value);
        lines++;
    }
    assert(lines == request->lines[field]);
    if (field == FIELD_OTHER)
        return;
    struct str all = request_join_values(request, field, joined, sizeof joined);
    assert((lines > 0) == (all.data != NULL));
    assert(lines > 1 ? all.length <= sizeof joined : lines == 0 || str_equal(all, request->field[field]));
}

static void check_request(const struct request *request, struct str head)
{
    assert(fuzz_within(request->method_name, head) && fuzz_within(request->target, head));
    assert(request->method_name.length > 0 && request->target.length > 0);
    assert(octet_span(request->method_name, OCTET_TOKEN) == request->method_name.length);
    assert(octet_span(request->target, OCTET_TARGET) == request->target.length);
    assert(request->minor_version <= 1);
    assert(fuzz_within(request->field_lines, head));
    for (enum field field = FIELD_OTHER; field < FIELD_COUNT; field++)
        check_field(request, field);
    assert(request->content_length == 0 || (request->has_body && !request->chunked));
    assert(!request->chunked || (request->has_body && request->minor_version == 1));
    assert(request->lines[FIELD_CONTENT_LENGTH] + request->lines[FIELD_TRANSFER_ENCODING] <= 1);
    assert(request->lines[FIELD_HOST] <= 1 && request->lines[FIELD_HOST] + 1 - request->minor_version > 0);
}

static bool is_same(const struct request *a, const struct request *b)
{
    bool same = a->method == b->method && str_equal(a->method_name, b->method_name) &&
                str_equal(a->target, b->target) && a->minor_version == b->minor_version &&
                str_equal(a->field_lines, b->field_lines) && a->content_length == b->content_length &&
                a->keep_alive == b->keep_alive && a->has_body == b->has_body && a->chunked == b->chunked &&
                a->expectation == b->expectation;
    for (enum field field = FIELD_OTHER; field < FIELD_COUNT; field++) {
        same = same && a->lines[field] == b->lines[field];
        if (field != FIELD_OTHER && a->lines[field] > 0)
            same = same && str_equal(a->field[field], b->field[field]);
    }
    return same;
}

/* What was understood, said once more, is understood the same. */
static void check_said_again(const struct request *request)
{
    struct request again;
    char *text;
    int length =
        asprintf(&text, "%.*s %.*s HTTP/1.%u\r\n%.*s\r\n", (int)request->method_name.length,
                 request->method_name.data, (int)request->target.length, request->target.data,
                 request->minor_version, (int)request->field_lines.length, request->field_lines.data);
    assert(length > 0);
    struct str head = {text, (size_t)length};
    assert(request_head_length(head) == head.length);
    assert(request_parse(head, &wide, &again) == 0 && is_same(request, &again));
    free(text);
}

/* Read, and asked for again: the same is said of it. */
static void check_parsed(struct str head, unsigned status, const struct request *request)
{
    static struct parsed parsed;
    for (int i = 0; i < 2; i++) {
        parsed_read(&parsed, head, &wide);
        assert(parsed.status == status && parsed_head_length(&parsed, head) == head.length);
        assert(status != 0 || is_same(request, &parsed.request));
    }
    assert(parsed.length == (head.length <= PARSED_HEAD_MAX ? head.length : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request, other;
    struct str received = {(const char *)data, size};
    size_t length = request_head_length(received);
    check_length(received, length);
    (void)request_line_fits(received, 40);
    (void)request_is_head(received);
    if (length == 0)
        return 0;
    struct str head = fuzz_copy((struct str){received.data, length});
    unsigned status = request_parse(head, &wide, &request);
    unsigned within = request_parse(head, &narrow, &other);
    assert(status == 0 || status == 400 || status == 414 || status == 431 || status == 501 || status == 505);
    assert(within == status || within == 414 || within == 431);
    check_parsed(head, status, &request);
    if (status == 0) {
        check_request(&request, head);
        check_said_again(&request);
        assert(within != 0 || is_same(&request, &other));
    }
    fuzz_free(head);
    return 0;
}
