/* Addresses to go to, put together from pieces that are encoded each for itself. */
#include "http/location.h"

#include "http/authority.h"
#include "http/octet.h"
#include "http/target.h"
#include "http/writer.h"

#include <string.h>

static void put_encoded(struct writer *writer, struct str path)
{
    size_t n = target_encode(path, writer->buffer + writer->length, writer->size - writer->length);
    writer->full |= n == 0 && path.length > 0;
    writer->length += n;
}

static void put_query(struct writer *writer, struct str query)
{
    if (!query.data)
        return;
    writer_put(writer, STR("?"));
    writer_put(writer, query);
}

size_t location_of_folder(struct str path, struct str query, char *buffer, size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};
    writer_put(&writer, STR("/"));
    put_encoded(&writer, path);
    writer_put(&writer, STR("/"));
    put_query(&writer, query);
    return writer_length(&writer);
}

/* The text before the first `octet`, or all of it. */
static struct str before(struct str s, char octet)
{
    const char *found = s.length > 0 ? memchr(s.data, octet, s.length) : NULL;
    return (struct str){s.data, found ? (size_t)(found - s.data) : s.length};
}

/* A piece of a template, with its star, where that is in it, replaced. */
static void put_piece(struct writer *writer, struct str piece, struct str star)
{
    struct str head = before(piece, '*');
    writer_put(writer, head);
    if (head.length == piece.length)
        return;
    struct str tail = str_after(piece, head.length + 1);
    bool only_slash = writer->length == 1 && writer->buffer[0] == '/';
    while (only_slash && star.length > 0 && star.data[0] == '/')
        star = str_after(star, 1);
    put_encoded(writer, star);
    only_slash = writer->length == 1 && writer->buffer[0] == '/';
    while (only_slash && tail.length > 0 && tail.data[0] == '/')
        tail = str_after(tail, 1);
    writer_put(writer, tail);
}

size_t location_from_template(struct str template, struct str star, struct str query, char *buffer,
                              size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};
    struct str address = before(template, '#'), fragment = str_after(template, address.length);
    put_piece(&writer, address, star);
    if (before(address, '?').length == address.length)
        put_query(&writer, query);
    put_piece(&writer, fragment, star);
    return writer_length(&writer);
}

/* Where the path begins: 0 for "/path", else behind the authority; SIZE_MAX where that is broken. */
static size_t path_start(struct str text)
{
    struct str rest;
    enum target_form form = target_form(before(text, '#'), &rest);
    if (form == TARGET_ORIGIN)
        return text.length > 1 && text.data[1] == '/' ? SIZE_MAX : 0;
    return form == TARGET_ABSOLUTE ? (size_t)(rest.data - text.data) : SIZE_MAX;
}

static const char *fault_of(struct str text)
{
    unsigned stars = 0, hashes = 0;
    size_t path = path_start(text);
    /* A star in the host would make it another one. */
    if (path == SIZE_MAX || memchr(text.data, '*', path))
        return "not an address: /path, or http:// or https:// with a host";
    for (size_t i = 0; i < text.length; i++) {
        stars += text.data[i] == '*';
        hashes += text.data[i] == '#';
        if (text.data[i] == '%' && octet_unescape(str_after(text, i)) < 0)
            return "a percent sign has two hexadecimal digits behind it; %25 is the sign itself";
    }
    if (stars > 1)
        return "one star at most";
    return hashes > 1 ? "one # at most" : NULL;
}

/* Written as they are: they have a meaning in an address. */
static bool is_plain(char c)
{
    static const char plain[] = {'*', '?', '#', '[', ']', '%'};
    return memchr(plain, c, sizeof plain);
}

size_t location_read_template(struct str text, char *buffer, size_t size, const char **ret_fault)
{
    struct writer writer = {.buffer = buffer, .size = size};
    *ret_fault = text.length > 0 ? fault_of(text) : "no address";
    if (*ret_fault)
        return 0;
    for (size_t i = 0; i < text.length; i++) {
        struct str octet = {text.data + i, 1};
        if (is_plain(octet.data[0]))
            writer_put(&writer, octet);
        else
            put_encoded(&writer, octet);
    }
    return writer_length(&writer);
}
