/*
 * Lists of weighted members. A member is a name and parameters, of which one, "q", is the weight; a quoted
 * parameter may hold commas and semicolons, so the list is cut with an eye on quotes.
 */
#include "http/negotiation.h"

#include "http/octet.h"

#include <string.h>

static const struct str coding_names[CODING_COUNT] = {
    [CODING_BR] = STR("br"),
    [CODING_ZSTD] = STR("zstd"),
    [CODING_GZIP] = STR("gzip"),
    [CODING_IDENTITY] = STR("identity"),
};

enum { UNNAMED = -1 };

struct member {
    struct str name;
    unsigned quality;
};

/* Cuts the text before the first `separator` outside of quotes off *rest; false at its end. */
static bool next_part(struct str *rest, char separator, struct str *ret)
{
    bool quoted = false;
    size_t length = 0;
    if (rest->length == 0)
        return false;
    for (; length < rest->length && (quoted || rest->data[length] != separator); length++) {
        if (quoted && rest->data[length] == '\\' && length + 1 < rest->length)
            length++;
        else if (rest->data[length] == '"')
            quoted = !quoted;
    }
    *ret = str_trim((struct str){rest->data, length});
    *rest = str_after(*rest, length < rest->length ? length + 1 : length);
    return true;
}

/* RFC 9110 section 12.4.2: "0" or "1" with at most three digits behind a point, and no more than 1. */
static bool parse_quality(struct str s, unsigned *ret)
{
    unsigned quality = 0;
    if (s.length == 0 || s.length > 5 || (s.data[0] != '0' && s.data[0] != '1') ||
        (s.length > 1 && s.data[1] != '.'))
        return false;
    for (size_t i = 0; i < 5; i++) {
        if (i == 1)
            continue;
        if (i < s.length && !octet_is(s.data[i], OCTET_DIGIT))
            return false;
        quality = quality * 10 + (i < s.length ? (unsigned)(s.data[i] - '0') : 0);
    }
    *ret = quality;
    return quality <= NEGOTIATION_QUALITY_MAX;
}

/* The next member of the list that keeps to the grammar; false at the list's end. */
static bool next_member(struct str *list, struct member *ret)
{
    struct str text, part;
    while (next_part(list, ',', &text)) {
        bool valid = true;
        *ret = (struct member){.quality = NEGOTIATION_QUALITY_MAX};
        if (!next_part(&text, ';', &ret->name) || ret->name.length == 0)
            continue;
        while (valid && next_part(&text, ';', &part))
            if (part.length >= 2 && (part.data[0] == 'q' || part.data[0] == 'Q') && part.data[1] == '=')
                valid = parse_quality(str_after(part, 2), &ret->quality);
        if (valid)
            return true;
    }
    return false;
}

static enum coding recognise_coding(struct str name)
{
    for (unsigned coding = 0; coding < CODING_COUNT; coding++)
        if (str_equal_ignoring_case(name, coding_names[coding]))
            return coding;
    /* RFC 9110 section 8.4.1.3 */
    return str_equal_ignoring_case(name, STR("x-gzip")) ? CODING_GZIP : CODING_COUNT;
}

struct str negotiation_coding_name(enum coding coding)
{
    return coding_names[coding];
}

/* The weight of each coding; the star stands for all that aren't named, identity too. Without a star identity
 * is the last resort where it isn't named: anything named is more welcome. */
static void weigh_codings(struct str list, int quality[static CODING_COUNT])
{
    struct member member;
    int others = UNNAMED;
    for (unsigned i = 0; i < CODING_COUNT; i++)
        quality[i] = UNNAMED;
    while (next_member(&list, &member)) {
        enum coding coding = recognise_coding(member.name);
        if (coding < CODING_COUNT)
            quality[coding] = (int)member.quality;
        else if (str_equal(member.name, STR("*")))
            others = (int)member.quality;
    }
    for (unsigned i = 0; i < CODING_COUNT; i++)
        if (quality[i] == UNNAMED)
            quality[i] = others == UNNAMED ? 0 : others;
}

struct coding_preference negotiation_codings(struct str accept_encoding)
{
    struct coding_preference preference = {.count = 0};
    int quality[CODING_COUNT];
    weigh_codings(accept_encoding, quality);
    for (unsigned coding = 0; coding < CODING_IDENTITY; coding++) {
        if (quality[coding] <= 0 || quality[coding] < quality[CODING_IDENTITY])
            continue;
        unsigned place = preference.count++;
        for (; place > 0 && quality[preference.order[place - 1]] < quality[coding]; place--)
            preference.order[place] = preference.order[place - 1];
        preference.order[place] = coding;
    }
    preference.order[preference.count++] = CODING_IDENTITY;
    return preference;
}

/* How closely a range of Accept fits the type: 3 by its name, 2 by a star behind the slash, 1 by two stars, 0
 * not at all. */
static unsigned closeness(struct str range, struct str type)
{
    const char *slash = memchr(type.data, '/', type.length);
    struct str main_type = {type.data, slash ? (size_t)(slash - type.data) + 1 : type.length};
    if (str_equal_ignoring_case(range, type))
        return 3;
    if (str_equal(range, STR("*/*")))
        return 1;
    bool any_of_main = range.length == main_type.length + 1 && range.data[range.length - 1] == '*' &&
                       str_equal_ignoring_case((struct str){range.data, main_type.length}, main_type);
    return any_of_main ? 2 : 0;
}

unsigned negotiation_quality(struct str accept, struct str media_type)
{
    struct member member;
    unsigned quality = 0, closest = 0;
    if (!accept.data)
        return NEGOTIATION_QUALITY_MAX;
    while (next_member(&accept, &member)) {
        unsigned close = closeness(member.name, media_type);
        if (close == 0 || close < closest)
            continue;
        quality = close > closest || member.quality > quality ? member.quality : quality;
        closest = close;
    }
    return quality;
}

bool negotiation_names(struct str accept, struct str media_type)
{
    struct member member;
    while (next_member(&accept, &member))
        if (member.quality > 0 && str_equal_ignoring_case(member.name, media_type))
            return true;
    return false;
}
