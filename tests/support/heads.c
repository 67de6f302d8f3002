/* Request heads under test: found, copied to memory of their own, parsed. */
#include "heads.h"

#include "harness.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 512 };

const struct request_limits heads_limits = {.request_line = 100, .head = 1000, .fields = 8, .body = 1000};

unsigned heads_status(struct str received, struct request *ret)
{
    size_t length = request_head_length(received);
    if (length == 0)
        fail_msg("no head in \"%.*s\"", (int)received.length, received.data);
    char *copy = malloc(length);
    assert_non_null(copy);
    memcpy(copy, received.data, length);
    unsigned status = request_parse((struct str){copy, length}, &heads_limits, ret);
    free(copy);
    return status;
}

void heads_assert_status(struct str head, unsigned expected)
{
    struct request request;
    unsigned status = heads_status(head, &request);
    char text[4 * HEAD_MAX];
    if (status == expected)
        return;
    str_escape(head, text, sizeof text);
    fail_msg("%u, not %u: %s", status, expected, text);
}

void heads_assert_each(const struct str *heads, size_t count, unsigned expected)
{
    for (size_t i = 0; i < count; i++)
        heads_assert_status(heads[i], expected);
}

void heads_assert_each_ending(const char *start, const struct str *fields, size_t count, unsigned expected)
{
    static const char end[] = "\r\n\r\n";
    for (size_t i = 0; i < count; i++) {
        char head[HEAD_MAX];
        size_t length = strlen(start);
        assert_true(length + fields[i].length + strlen(end) <= sizeof head);
        memcpy(head, start, length);
        memcpy(head + length, fields[i].data, fields[i].length);
        length += fields[i].length;
        memcpy(head + length, end, strlen(end));
        heads_assert_status((struct str){head, length + strlen(end)}, expected);
    }
}

void heads_assert_str(struct str s, const char *expected)
{
    if (!str_equal(s, str_of(expected)))
        fail_msg("\"%.*s\", not \"%s\"", (int)s.length, s.data ? s.data : "", expected);
}
