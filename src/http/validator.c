/* Entity tags: "inode-size-time" in hexadecimal; and finding ours in a list. */
#include "http/validator.h"

#include <assert.h>

enum { NANOSECONDS_PER_SECOND = 1000000000 };

static char *put_hex(char *to, uint64_t value)
{
    static const char digits[] = "0123456789abcdef";
    int shift = 60;
    while (shift > 0 && value >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *to++ = digits[value >> shift & 15];
    return to;
}

static struct str make_etag(const struct version *version, char *buffer)
{
    char *end = buffer;
    *end++ = '"';
    end = put_hex(end, version->inode);
    *end++ = '-';
    end = put_hex(end, version->size);
    *end++ = '-';
    end = put_hex(end, (uint64_t)version->seconds * NANOSECONDS_PER_SECOND + version->nanoseconds);
    *end++ = '"';
    assert(end - buffer <= ETAG_MAX);
    return (struct str){buffer, (size_t)(end - buffer)};
}

void validators_make(const struct version *version, int64_t now, char buffer[static ETAG_MAX],
                     struct validators *ret)
{
    *ret = (struct validators){.modified = version->seconds};
    /* Images and packages that are built to be the same each time have 0 or 1 here, in every version. */
    ret->dated = version->seconds > 1;
    ret->settled = ret->dated && version->seconds < now;
    if (ret->settled)
        ret->etag = make_etag(version, buffer);
}

/* Passes over white space and commas: empty members of a list count for nothing (RFC 9110 section 5.6.1). */
static struct str next_member(struct str s)
{
    while (s.length > 0 && (s.data[0] == ' ' || s.data[0] == '\t' || s.data[0] == ','))
        s = str_after(s, 1);
    return s;
}

/* The length of the opaque-tag that `s` starts with, quotes and all, or 0. */
static size_t tag_length(struct str s)
{
    if (s.length == 0 || s.data[0] != '"')
        return 0;
    for (size_t i = 1; i < s.length; i++)
        if (s.data[i] == '"')
            return i + 1;
    return 0;
}

bool validators_listed(struct str value, struct str etag, bool weakly)
{
    for (struct str rest = next_member(value); rest.length > 0; rest = next_member(rest)) {
        bool weak = str_starts_with(rest, STR("W/"));
        if (weak)
            rest = str_after(rest, 2);
        struct str tag = {rest.data, tag_length(rest)};
        if (tag.length == 0)
            return false;
        rest = str_after(rest, tag.length);
        if (str_trim(rest).length > 0 && str_trim(rest).data[0] != ',')
            return false;
        if ((weakly || !weak) && str_equal(tag, etag))
            return true;
    }
    return false;
}
