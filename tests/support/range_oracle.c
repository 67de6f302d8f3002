/* Ranges as the set of bytes they name; see range_oracle.h. */
#include "range_oracle.h"

#include <string.h>
#include <strings.h>

enum { WHOLE = -1, NOTHING = -2 };

/* A number with an end: what is larger lies beyond every byte there can be here. */
struct number {
    unsigned digits;
    struct str text; /* without leading zeros */
};

static struct number read_number(struct str *s)
{
    struct number number = {.text = *s};
    for (; s->length > 0 && s->data[0] >= '0' && s->data[0] <= '9'; number.digits++)
        *s = str_after(*s, 1);
    number.text.length = number.digits;
    while (number.text.length > 0 && number.text.data[0] == '0')
        number.text = str_after(number.text, 1);
    return number;
}

static int compare(struct number a, struct number b)
{
    if (a.text.length != b.text.length)
        return a.text.length < b.text.length ? -1 : 1;
    return a.text.length > 0 ? memcmp(a.text.data, b.text.data, a.text.length) : 0;
}

static unsigned value_of(struct number number)
{
    unsigned value = 0;
    if (number.text.length > 4)
        return 10000;
    for (size_t i = 0; i < number.text.length; i++)
        value = value * 10 + (unsigned)(number.text.data[i] - '0');
    return value;
}

struct spec {
    struct number first, last;
};

static bool read_spec(struct str s, struct spec *ret)
{
    ret->first = read_number(&s);
    if (s.length == 0 || s.data[0] != '-')
        return false;
    s = str_after(s, 1);
    ret->last = read_number(&s);
    if (s.length > 0 || ret->first.digits + ret->last.digits == 0)
        return false;
    return ret->first.digits == 0 || ret->last.digits == 0 || compare(ret->last, ret->first) >= 0;
}

static bool names(const struct spec *spec, unsigned byte, unsigned size)
{
    if (spec->first.digits == 0)
        return size - byte <= value_of(spec->last);
    return byte >= value_of(spec->first) && (spec->last.digits == 0 || byte <= value_of(spec->last));
}

/* Every byte that is asked for, by its number, in order; returns how many, or WHOLE or NOTHING. */
static int read_value(struct str value, unsigned size, unsigned char *bytes)
{
    bool seen[RANGE_ORACLE_SIZE_MAX] = {false}, end_of_nothing = false;
    unsigned asked = 0;
    int count = 0;
    struct str member;
    struct spec spec;
    while (str_next(&value, ',', &member)) {
        member = str_trim(member);
        if (member.length == 0)
            continue;
        if (++asked > RANGES_MAX || !read_spec(member, &spec))
            return WHOLE;
        end_of_nothing |= size == 0 && spec.first.digits == 0 && value_of(spec.last) > 0;
        for (unsigned i = 0; i < size; i++) {
            if (!names(&spec, i, size))
                continue;
            if (seen[i])
                return WHOLE;
            seen[i] = true;
            bytes[count++] = (unsigned char)i;
        }
    }
    return count > 0 ? count : asked == 0 || end_of_nothing ? WHOLE : NOTHING;
}

static bool are_the_bytes(const struct ranges *ranges, const unsigned char *bytes, int count)
{
    int at = 0;
    for (size_t i = 0; i < ranges->count; i++)
        for (uint64_t k = 0; k < ranges->list[i].length; k++)
            if (at >= count || bytes[at++] != ranges->list[i].first + k)
                return false;
    return at == count;
}

bool range_oracle_agrees(struct str value, unsigned size, unsigned status, const struct ranges *ranges)
{
    unsigned char bytes[RANGE_ORACLE_SIZE_MAX];
    int count = WHOLE;
    if (value.length > 6 && strncasecmp(value.data, "bytes=", 6) == 0 && value.data[6] != ' ' &&
        value.data[6] != '\t')
        count = read_value(str_after(value, 6), size, bytes);
    if (count < 0)
        return status == (count == WHOLE ? 200 : 416);
    return status == 206 && are_the_bytes(ranges, bytes, count);
}
