/* Conditional fields: the input is field lines, put into a request for a file that was changed long ago. */
#include "fuzz.h"

#include "http/precondition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CHANGED INT64_C(784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW     INT64_C(1700000000)

static const struct request_limits limits = {.request_line = 8192, .head = 16384, .fields = 100};

/* A list that has our tag in it has it as text; one that is our tag, or "*", names it. */
static void check_list(struct str value, struct str etag)
{
    bool strongly = validators_listed(value, etag, false), weakly = validators_listed(value, etag, true);
    assert(weakly || !strongly);
    assert(!weakly || memmem(value.data, value.length, etag.data, etag.length));
    assert(strongly || !str_equal(value, etag));
}

static bool says(const struct request *request, enum field field)
{
    return request->lines[field] > 0;
}

/* Nothing is refused or left unsent but for a field that asks for it, and of two the tag stands above the
 * date.
 */
static void check(const struct request *request, const struct validators *validators)
{
    unsigned status = precondition_evaluate(request, validators, NOW);
    bool ranged = precondition_allows_range(request, validators, NOW);
    assert(status == 200 || status == 304 || status == 412);
    assert(status != 412 || says(request, FIELD_IF_MATCH) || says(request, FIELD_IF_UNMODIFIED_SINCE));
    assert(status != 304 || says(request, FIELD_IF_NONE_MATCH) || says(request, FIELD_IF_MODIFIED_SINCE));
    assert(!ranged || request->lines[FIELD_RANGE] == 1);
    assert(ranged || request->lines[FIELD_RANGE] != 1 || says(request, FIELD_IF_RANGE));
    struct request less = *request;
    if (says(request, FIELD_IF_MATCH))
        less.lines[FIELD_IF_UNMODIFIED_SINCE] = 0;
    if (says(request, FIELD_IF_NONE_MATCH))
        less.lines[FIELD_IF_MODIFIED_SINCE] = 0;
    assert(precondition_evaluate(&less, validators, NOW) == status);
    struct request plain = *request;
    for (enum field field = FIELD_IF_MATCH; field <= FIELD_IF_RANGE; field++)
        plain.lines[field] = 0;
    assert(precondition_evaluate(&plain, validators, NOW) == 200);
}

static void check_request(const struct request *request)
{
    static const struct version version = {.inode = 0xa, .size = 0xb, .seconds = CHANGED};
    char etag[ETAG_MAX];
    struct validators validators;
    validators_make(&version, NOW, etag, &validators);
    assert(validators.settled && fuzz_within(validators.etag, (struct str){etag, sizeof etag}));
    check(request, &validators);
    if (says(request, FIELD_IF_MATCH))
        check_list(request->field[FIELD_IF_MATCH], validators.etag);
    if (says(request, FIELD_IF_NONE_MATCH)) {
        check_list(request->field[FIELD_IF_NONE_MATCH], validators.etag);
        check_list(request->field[FIELD_IF_NONE_MATCH], STR("\"x\""));
    }
    /* While its second lasts there is neither tag nor date to compare with. */
    validators_make(&version, CHANGED, etag, &validators);
    assert(validators.etag.length == 0 && !validators.settled);
    check(request, &validators);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char start[] = "GET / HTTP/1.1\r\nHost: x\r\n";
    struct request request;
    struct str rest = {(const char *)data, size}, line;
    struct str head = {malloc(sizeof start + 2 * size + 2), sizeof start - 1};
    char *text = (char *)(uintptr_t)head.data;
    assert(text);
    memcpy(text, start, sizeof start - 1);
    while (str_next(&rest, '\n', &line)) {
        if (line.length > 0)
            memcpy(text + head.length, line.data, line.length);
        memcpy(text + head.length + line.length, "\r\n", 2);
        head.length += line.length > 0 ? line.length + 2 : 0;
    }
    memcpy(text + head.length, "\r\n", 2);
    head.length += 2;
    if (request_head_length(head) == head.length && request_parse(head, &limits, &request) == 0)
        check_request(&request);
    fuzz_free(head);
    return 0;
}
