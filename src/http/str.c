/* Pieces of text; see str.h. */
#include "http/str.h"

#include <errno.h>
#include <string.h>

/* So many always make a 64-bit number. */
enum { SAFE_DIGITS = 19 };

struct str str_of(const char *terminated)
{
    return (struct str){terminated, strlen(terminated)};
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool str_equal_ignoring_case(struct str a, struct str b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (a.data[i] != b.data[i] && lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

int str_compare_ignoring_case(struct str a, struct str b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    for (size_t i = 0; i < common; i++) {
        unsigned char left = (unsigned char)lower(a.data[i]), right = (unsigned char)lower(b.data[i]);
        if (left != right)
            return left < right ? -1 : 1;
    }
    return (a.length > b.length) - (a.length < b.length);
}

bool str_next(struct str *rest, char separator, struct str *ret)
{
    if (rest->length == 0)
        return false;
    const char *end = memchr(rest->data, separator, rest->length);
    *ret = (struct str){rest->data, end ? (size_t)(end - rest->data) : rest->length};
    size_t used = ret->length + (end ? 1 : 0);
    *rest = (struct str){rest->data + used, rest->length - used};
    return true;
}

int str_to_uint64(struct str s, uint64_t *ret)
{
    uint64_t value = 0;
    bool overflow = false;
    if (s.length == 0)
        return -EINVAL;
    for (size_t i = 0; i < s.length; i++) {
        unsigned digit = (unsigned char)s.data[i] - (unsigned)'0';
        if (digit > 9)
            return -EINVAL;
        overflow |= i >= SAFE_DIGITS && value > (UINT64_MAX - digit) / 10;
        value = value * 10 + digit;
    }
    if (overflow)
        return -ERANGE;
    *ret = value;
    return 0;
}

size_t str_utf8_length(struct str s)
{
    const unsigned char *octets = (const unsigned char *)s.data;
    unsigned char lead = s.length > 0 ? octets[0] : 0xff;
    size_t length = lead < 0x80   ? 1
                    : lead < 0xc2 ? 0
                    : lead < 0xe0 ? 2
                    : lead < 0xf0 ? 3
                    : lead < 0xf5 ? 4
                                  : 0;
    if (length > s.length)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((octets[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Longer than need be, a surrogate, past U+10FFFF. */
    if ((lead == 0xe0 && octets[1] < 0xa0) || (lead == 0xed && octets[1] > 0x9f) ||
        (lead == 0xf0 && octets[1] < 0x90) || (lead == 0xf4 && octets[1] > 0x8f))
        return 0;
    return length;
}

/* One octet as str_escape() shows it; returns how many characters that took. */
static size_t escape(unsigned char octet, char piece[static 4])
{
    static const char digits[] = "0123456789abcdef";
    if (octet >= 0x20 && octet < 0x7f && octet != '\\') {
        piece[0] = (char)octet;
        return 1;
    }
    piece[0] = '\\';
    switch (octet) {
    case '\\':
        piece[1] = '\\';
        return 2;
    case '\r':
        piece[1] = 'r';
        return 2;
    case '\n':
        piece[1] = 'n';
        return 2;
    case '\t':
        piece[1] = 't';
        return 2;
    default:
        piece[1] = 'x';
        piece[2] = digits[octet >> 4];
        piece[3] = digits[octet & 15];
        return 4;
    }
}

size_t str_escape(struct str s, char *buffer, size_t size)
{
    size_t length = 0;
    for (size_t i = 0; i < s.length; i++) {
        char piece[4];
        size_t piece_length = escape((unsigned char)s.data[i], piece);
        if (piece_length >= size - length)
            break;
        memcpy(buffer + length, piece, piece_length);
        length += piece_length;
    }
    buffer[length] = '\0';
    return length;
}
