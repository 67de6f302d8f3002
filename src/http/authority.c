/* The grammar of host and port: strict, because two servers that read one Host differently are a hole. */
#include "http/authority.h"

#include "http/octet.h"

#include <string.h>

enum { PORT_MAX = 65535, IPV6_GROUPS = 8 };

/* dec-octet: 0 to 255 without a leading zero */
static bool is_decimal_octet(struct str s)
{
    uint64_t value;
    return s.length <= 3 && str_to_uint64(s, &value) == 0 && value <= 255 &&
           (s.length == 1 || s.data[0] != '0');
}

static bool is_ipv4(struct str s)
{
    struct str part;
    unsigned parts = 0;
    if (s.length == 0 || s.data[s.length - 1] == '.')
        return false;
    for (; str_next(&s, '.', &part); parts++)
        if (!is_decimal_octet(part))
            return false;
    return parts == 4;
}

static bool is_ipv6(struct str s)
{
    bool compressed = str_starts_with(s, STR("::"));
    if (compressed)
        s = str_after(s, 2);
    unsigned groups = 0;
    while (s.length > 0) {
        size_t digits = octet_span(s, OCTET_HEX);
        if (digits < s.length && s.data[digits] == '.') {
            if (!is_ipv4(s))
                return false;
            groups += 2;
            break;
        }
        groups++;
        if (digits == 0 || digits > 4 || groups > IPV6_GROUPS)
            return false;
        s = str_after(s, digits);
        if (s.length == 0)
            break;
        bool gap = str_starts_with(s, STR("::"));
        if (s.data[0] != ':' || s.length == 1 || (gap && compressed))
            return false;
        compressed |= gap;
        s = str_after(s, gap ? 2 : 1);
    }
    return compressed ? groups < IPV6_GROUPS : groups == IPV6_GROUPS;
}

/* What stands between the brackets of an IP-literal: IPvFuture or IPv6address. */
static bool is_ip_literal(struct str s)
{
    if (s.length == 0 || (s.data[0] | 0x20) != 'v')
        return is_ipv6(s);
    s = str_after(s, 1);
    size_t version = octet_span(s, OCTET_HEX);
    if (version == 0 || version + 1 >= s.length || s.data[version] != '.')
        return false;
    for (s = str_after(s, version + 1); s.length > 0; s = str_after(s, 1))
        if (!octet_is(s.data[0], OCTET_REG_NAME) && s.data[0] != ':')
            return false;
    return true;
}

/* The length of the reg-name at the start of `s`; every IPv4address is one too. */
static size_t reg_name_length(struct str s)
{
    size_t length = 0;
    for (;;) {
        length += octet_span(str_after(s, length), OCTET_REG_NAME);
        if (length == s.length || octet_unescape(str_after(s, length)) < 0)
            return length;
        length += 3;
    }
}

/* The length of the host at the start of `s`, or 0 for none. */
static size_t host_length(struct str s)
{
    if (s.length == 0)
        return 0;
    if (s.data[0] != '[')
        return reg_name_length(s);
    const char *end = memchr(s.data, ']', s.length);
    if (!end || !is_ip_literal((struct str){s.data + 1, (size_t)(end - s.data) - 1}))
        return 0;
    return (size_t)(end - s.data) + 1;
}

bool authority_parse(struct str s, struct authority *ret)
{
    size_t length = host_length(s);
    *ret = (struct authority){.host = {s.data, length}};
    if (length == s.length)
        return true;
    if (length == 0 || s.data[length] != ':')
        return false;
    ret->port = str_after(s, length + 1);
    uint64_t port;
    return ret->port.length == 0 || (str_to_uint64(ret->port, &port) == 0 && port <= PORT_MAX);
}
