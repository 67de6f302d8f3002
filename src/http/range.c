/*
 * The byte ranges of a Range field. Positions may have any number of digits: what does not fit 64 bits lies
 * beyond the end of every file, and that is all there is to know of it.
 */
#include "http/range.h"

#include "http/octet.h"

#include <string.h>

/* A digit string as a number; one that is larger than 64 bits can hold becomes the largest. */
static uint64_t position(struct str digits)
{
    uint64_t value;
    return str_to_uint64(digits, &value) == 0 ? value : UINT64_MAX;
}

/* Compares numbers of any length. */
static bool is_less(struct str a, struct str b)
{
    while (a.length > 0 && a.data[0] == '0')
        a = str_after(a, 1);
    while (b.length > 0 && b.data[0] == '0')
        b = str_after(b, 1);
    if (a.length != b.length)
        return a.length < b.length;
    return a.length > 0 && memcmp(a.data, b.data, a.length) < 0;
}

/* One range-spec, cut to the size; its length is 0 where nothing of it is there. False: no valid syntax. */
static bool parse_spec(struct str spec, uint64_t size, struct range *ret)
{
    struct str first = {spec.data, octet_span(spec, OCTET_DIGIT)};
    if (first.length == spec.length || spec.data[first.length] != '-')
        return false;
    struct str last = str_after(spec, first.length + 1);
    if (octet_span(last, OCTET_DIGIT) != last.length || first.length + last.length == 0)
        return false;
    if (first.length == 0) {
        uint64_t length = position(last);
        ret->length = length < size ? length : size;
        ret->first = size - ret->length;
        return true;
    }
    if (last.length > 0 && is_less(last, first))
        return false;
    uint64_t from = position(first), to = last.length > 0 ? position(last) : UINT64_MAX;
    *ret = (struct range){.first = from};
    if (from < size)
        ret->length = (to < size ? to + 1 : size) - from;
    return true;
}

static bool overlaps(const struct ranges *ranges, struct range range)
{
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *other = &ranges->list[i];
        if (range.first < other->first + other->length && other->first < range.first + range.length)
            return true;
    }
    return false;
}

unsigned ranges_parse(struct str value, uint64_t size, struct ranges *ret)
{
    static const struct str unit = STR("bytes=");
    struct str spec, rest;
    size_t count = 0;
    bool all_of_nothing = false;
    ret->count = 0;
    /* A unit's name may come in either case: section 14.1. */
    if (value.length <= unit.length || !str_equal_ignoring_case((struct str){value.data, unit.length}, unit))
        return 200;
    rest = str_after(value, unit.length);
    if (rest.data[0] == ' ' || rest.data[0] == '\t')
        return 200;
    while (str_next(&rest, ',', &spec)) {
        struct range range;
        spec = str_trim(spec);
        if (spec.length == 0)
            continue;
        if (++count > RANGES_MAX || !parse_spec(spec, size, &range) || overlaps(ret, range))
            return 200;
        if (range.length > 0)
            ret->list[ret->count++] = range;
        /* A suffix of an empty representation is satisfiable, but Content-Range has no words for it. */
        all_of_nothing |= size == 0 && spec.data[0] == '-' && is_less(STR("0"), str_after(spec, 1));
    }
    if (ret->count > 0)
        return 206;
    return count == 0 || all_of_nothing ? 200 : 416;
}
