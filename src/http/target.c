/*
 * From request target to path. Each segment is decoded once and judged only then, so that an encoded dot or
 * slash is never taken for something else later. The path grows in the caller's buffer; a ".." takes the last
 * segment off again.
 */
#include "http/target.h"

#include "http/authority.h"
#include "http/octet.h"

#include <assert.h>
#include <string.h>

/* The length of the scheme with its "://", or 0. */
static size_t scheme_length(struct str s)
{
    static const struct str schemes[] = {STR("http://"), STR("https://")};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (s.length >= schemes[i].length &&
            str_equal_ignoring_case((struct str){s.data, schemes[i].length}, schemes[i]))
            return schemes[i].length;
    return 0;
}

enum target_form target_form(struct str request_target, struct str *ret_path)
{
    struct authority authority;
    struct str s = request_target;
    *ret_path = (struct str){s.data, 0};
    if (s.length == 0)
        return TARGET_INVALID;
    if (s.data[0] == '/') {
        *ret_path = s;
        return TARGET_ORIGIN;
    }
    if (str_equal(s, STR("*")))
        return TARGET_ASTERISK;
    size_t scheme = scheme_length(s);
    if (scheme == 0)
        return authority_parse(s, &authority) && authority.port.length > 0 ? TARGET_AUTHORITY
                                                                           : TARGET_INVALID;
    size_t end = scheme;
    while (end < s.length && s.data[end] != '/' && s.data[end] != '?')
        end++;
    *ret_path = (struct str){s.data + end, s.length - end};
    /* An http URI with an empty host is invalid: RFC 9110 section 4.2.1. */
    bool valid = end > scheme && authority_parse((struct str){s.data + scheme, end - scheme}, &authority);
    return valid ? TARGET_ABSOLUTE : TARGET_INVALID;
}

/* Decodes a segment to `to`; false for what none may hold. A decoded backslash is an ordinary octet. */
static bool decode(struct str segment, char *to, size_t *ret_length)
{
    char *end = to;
    for (;;) {
        size_t plain = octet_span(segment, OCTET_PATH);
        memcpy(end, segment.data, plain);
        end += plain;
        segment = str_after(segment, plain);
        if (segment.length == 0)
            break;
        bool escaped = segment.data[0] == '%';
        int octet = escaped ? octet_unescape(segment) : (unsigned char)segment.data[0];
        if (octet <= 0 || octet == '/' || !octet_is(segment.data[0], OCTET_TARGET))
            return false;
        *end++ = (char)octet;
        segment = str_after(segment, escaped ? 3 : 1);
    }
    *ret_length = (size_t)(end - to);
    return true;
}

/* Takes the last segment off the path; false where there is none. */
static bool path_up(struct str *path)
{
    if (path->length == 0)
        return false;
    while (path->length > 0 && path->data[path->length - 1] != '/')
        path->length--;
    if (path->length > 0)
        path->length--;
    return true;
}

/* Appends a segment to the path in `buffer`; folder: it is empty or of dots, so it names a folder; hidden: it
 * starts with a dot. */
static bool path_append(struct str segment, char *buffer, struct target *target)
{
    struct str *path = &target->path;
    size_t start = path->length > 0 ? path->length + 1 : 0;
    size_t length;
    if (!decode(segment, buffer + start, &length))
        return false;
    struct str decoded = {buffer + start, length};
    bool up = str_equal(decoded, STR(".."));
    target->folder = length == 0 || up || str_equal(decoded, STR("."));
    if (up)
        return path_up(path);
    if (target->folder)
        return true;
    if (start > 0)
        buffer[start - 1] = '/';
    target->hidden |= decoded.data[0] == '.';
    path->length = start + length;
    return true;
}

static bool is_hidden(struct str path)
{
    struct str segment;
    for (bool first = true; str_next(&path, '/', &segment); first = false)
        if (segment.data[0] == '.' && !(first && str_equal(segment, STR(".well-known"))))
            return true;
    return false;
}

unsigned target_parse(struct str request_target, char *buffer, size_t size, struct target *ret)
{
    assert(size >= request_target.length);
    struct str rest, segment;
    enum target_form form = target_form(request_target, &rest);
    *ret = (struct target){.path = {buffer, 0}, .asterisk = form == TARGET_ASTERISK};
    if (form == TARGET_ASTERISK)
        return 0;
    if (form != TARGET_ORIGIN && form != TARGET_ABSOLUTE)
        return 400;
    const char *question = memchr(rest.data, '?', rest.length);
    if (question) {
        ret->query = (struct str){question + 1, rest.length - (size_t)(question - rest.data) - 1};
        rest.length = (size_t)(question - rest.data);
    }
    if (octet_span(ret->query, OCTET_TARGET) != ret->query.length)
        return 400;
    /* RFC 9110 section 4.2.3: an empty path is the same as "/". */
    ret->raw_path = rest.length > 0 ? rest : STR("/");
    ret->folder = true;
    bool ends_in_slash = ret->raw_path.data[ret->raw_path.length - 1] == '/';
    while (str_next(&rest, '/', &segment))
        if (!path_append(segment, buffer, ret))
            return 400;
    ret->folder |= ends_in_slash;
    /* What began with a dot may be gone again, or be one that is none the less to be seen. */
    ret->hidden = ret->hidden && is_hidden(ret->path);
    return 0;
}

size_t target_encode(struct str path, char *buffer, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t length = 0;
    for (size_t i = 0; i < path.length; i++) {
        unsigned char octet = (unsigned char)path.data[i];
        bool plain = octet_is(path.data[i], OCTET_PATH);
        if (size - length < (plain ? 1 : 3))
            return 0;
        if (plain) {
            buffer[length++] = path.data[i];
            continue;
        }
        buffer[length++] = '%';
        buffer[length++] = digits[octet >> 4];
        buffer[length++] = digits[octet & 15];
    }
    return length;
}
