/* From ranges of a file to bytes and stretches in an output; see content.h. */
#include "content.h"

#include <sys/random.h>
#include <unistd.h>

void content_select_all(struct content *content, const struct representation *representation)
{
    content->ranges.count = 1;
    content->ranges.list[0] = (struct range){0, representation->version.size};
}

/* Nobody who writes a file must be able to tell what will part it. */
static bool make_boundary(char *boundary)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[CONTENT_BOUNDARY_LENGTH / 2];
    if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) != sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++) {
        *boundary++ = digits[bytes[i] >> 4];
        *boundary++ = digits[bytes[i] & 15];
    }
    return true;
}

/* Makes all delimiters and the length of the whole; false where that can't be. */
static bool make_parts(struct content *content, struct response *response)
{
    size_t used = 0;
    response->boundary = (struct str){content->boundary, sizeof content->boundary};
    response->content_length = 0;
    if (!make_boundary(content->boundary))
        return false;
    for (size_t i = 0; i <= content->ranges.count; i++) {
        struct range range = {0};
        if (i < content->ranges.count)
            range = content->ranges.list[i];
        size_t n =
            response_write_part(response, range, i == 0, content->text + used, sizeof content->text - used);
        if (n == 0)
            return false;
        content->delimiters[i] = (struct str){content->text + used, n};
        used += n;
        response->content_length += n + range.length;
    }
    return true;
}

/* Reads all ranges, one behind the other, where they are little together. */
static int read_ranges(struct content *content, const struct representation *representation)
{
    const struct ranges *ranges = &content->ranges;
    uint64_t length = 0;
    for (size_t i = 0; i < ranges->count; i++)
        length += ranges->list[i].length;
    content->inlined = length <= sizeof content->bytes;
    char *to = content->bytes;
    for (size_t i = 0; content->inlined && i < ranges->count; i++) {
        int r = representation_read(representation, ranges->list[i].first, ranges->list[i].length, to);
        if (r < 0)
            return r;
        to += ranges->list[i].length;
    }
    return 0;
}

int content_prepare(struct content *content, const struct representation *representation, bool head_only,
                    struct response *response)
{
    response->complete_length = representation->version.size;
    if (content->ranges.count > 1 && !make_parts(content, response)) {
        response->status = 200;
        response->boundary.length = 0;
        content_select_all(content, representation);
    }
    if (content->ranges.count == 1) {
        response->range = content->ranges.list[0];
        response->has_content_range = response->status == 206;
        response->content_length = response->range.length;
    }
    content->inlined = representation->bytes;
    return head_only || content->inlined ? 0 : read_ranges(content, representation);
}

void content_append(const struct content *content, struct representation *representation,
                    struct output *output)
{
    const struct ranges *ranges = &content->ranges;
    const char *read = content->bytes;
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->list[i];
        if (ranges->count > 1)
            output_append(output, content->delimiters[i]);
        if (representation->bytes)
            output_append(output, (struct str){representation->bytes + range->first, range->length});
        else if (content->inlined)
            output_append(output, (struct str){read, range->length});
        else
            output_append_file(output, representation->fd, range->first, range->length);
        read += range->length;
    }
    if (ranges->count > 1)
        output_append(output, content->delimiters[ranges->count]);
    if (!content->inlined)
        representation->fd = -1; /* handed over */
}
