#ifndef HELLOD_HTTP_STR_H
#define HELLOD_HTTP_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A piece of somebody else's text: a pointer and a length, no terminating NUL. Nothing here allocates or
 * owns; a str lives as long as the buffer it points into. Comparison ignoring case is that of ASCII, whatever
 * the locale. A str may be {NULL, 0}: nothing here hands a null pointer to mem*(), which forbid it.
 *
 * What is inline is small, and asked often of a literal: then the compiler knows how long that is.
 */
struct str {
    const char *data;
    size_t length;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})

struct str str_of(const char *terminated);

static inline bool str_equal(struct str a, struct str b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool str_equal_ignoring_case(struct str a, struct str b);

static inline bool str_starts_with(struct str s, struct str prefix)
{
    return s.length >= prefix.length && str_equal((struct str){s.data, prefix.length}, prefix);
}

/* Less than, equal to or greater than 0, by bytes as lower case; a prefix of a text comes before it. */
int str_compare_ignoring_case(struct str a, struct str b);

/* Without its first `length` bytes, which it must have. */
static inline struct str str_after(struct str s, size_t length)
{
    return (struct str){s.data + length, s.length - length};
}

/* Without the optional white space (RFC 9110 section 5.6.3: SP and HTAB) at either end. */
static inline struct str str_trim(struct str s)
{
    for (; s.length > 0 && (s.data[0] == ' ' || s.data[0] == '\t'); s.length--)
        s.data++;
    while (s.length > 0 && (s.data[s.length - 1] == ' ' || s.data[s.length - 1] == '\t'))
        s.length--;
    return s;
}

/*
 * Cuts the text before the first `separator` off *rest, with that, and stores it in *ret; false when *rest
 * was used up. So "a,,b," is "a", "" and "b": nothing follows the last separator.
 */
bool str_next(struct str *rest, char separator, struct str *ret);

/* Decimal digits only, no sign, no white space. 0, -EINVAL for anything else or -ERANGE past UINT64_MAX. */
int str_to_uint64(struct str s, uint64_t *ret);

/* The length of the UTF-8 sequence that `s` starts with (RFC 3629 section 4); 0 where it starts with none. */
size_t str_utf8_length(struct str s);

/*
 * Writes `s` so that a log line or a terminal is safe from it: printable ASCII as it is, backslash doubled,
 * CR, LF and TAB as \r, \n and \t, any other byte as \xHH (hex digits in lower case). Cut at a whole escape
 * where `size` is too small; always NUL-terminated (size >= 1). Returns the bytes written without the NUL.
 */
size_t str_escape(struct str s, char *buffer, size_t size);

#endif
