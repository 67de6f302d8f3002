/* Heads that are the same say the same; see parsed.h. */
#include "http/parsed.h"

#include <string.h>

static struct str remembered(const struct parsed *parsed)
{
    return (struct str){parsed->head, parsed->length};
}

/* Where a whole head ends is told by nothing behind it. */
size_t parsed_head_length(const struct parsed *parsed, struct str received)
{
    if (parsed->length > 0 && str_starts_with(received, remembered(parsed)))
        return parsed->length;
    return request_head_length(received);
}

void parsed_read(struct parsed *parsed, struct str head, const struct request_limits *limits)
{
    if (str_equal(head, remembered(parsed)))
        return;
    parsed->length = 0;
    if (head.length <= sizeof parsed->head) {
        memcpy(parsed->head, head.data, head.length);
        parsed->length = head.length;
        head.data = parsed->head;
    }
    parsed->status = request_parse(head, limits, &parsed->request);
    if (parsed->status == 0)
        parsed->target_status =
            target_parse(parsed->request.target, parsed->path, sizeof parsed->path, &parsed->target);
}
