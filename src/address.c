/*
 * Addresses, from text and to text. Two of them are the same where their texts are: an IPv6 address and a
 * unix socket's name have only one.
 */
#include "address.h"

#include "http/str.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool parse_ipv4(const char *text, uint16_t port, struct address *ret)
{
    *ret = (struct address){.length = sizeof ret->in};
    ret->in.sin_family = AF_INET;
    ret->in.sin_port = htons(port);
    return inet_pton(AF_INET, text, &ret->in.sin_addr) == 1;
}

static bool parse_ipv6(const char *text, uint16_t port, struct address *ret)
{
    char bare[INET6_ADDRSTRLEN];
    size_t length = strlen(text);
    if (text[0] == '[') {
        if (length < 3 || length - 2 >= sizeof bare || text[length - 1] != ']')
            return false;
        memcpy(bare, text + 1, length - 2);
        bare[length - 2] = '\0';
        text = bare;
    }
    *ret = (struct address){.length = sizeof ret->in6};
    ret->in6.sin6_family = AF_INET6;
    ret->in6.sin6_port = htons(port);
    /* A mapped one could not be bound by a socket that takes IPv6 only. */
    return inet_pton(AF_INET6, text, &ret->in6.sin6_addr) == 1 && !IN6_IS_ADDR_V4MAPPED(&ret->in6.sin6_addr);
}

/* "/run/hello.sock" or "@hello"; the bytes of an abstract name stand behind a NUL, unix(7). */
static bool parse_unix(const char *text, struct address *ret)
{
    size_t length = strlen(text);
    bool abstract = text[0] == '@';
    /* A unit's line would read on behind a backslash at its end. */
    if (length < 2 || length >= sizeof ret->un.sun_path || strchr(text, '\\') ||
        (!abstract && text[length - 1] == '/'))
        return false;
    *ret = (struct address){.length = offsetof(struct sockaddr_un, sun_path) + (socklen_t)length + !abstract};
    ret->un.sun_family = AF_UNIX;
    memcpy(ret->un.sun_path, text, length);
    if (abstract)
        ret->un.sun_path[0] = '\0';
    return true;
}

bool address_parse(const char *text, uint16_t port, struct address *ret)
{
    if (text[0] == '/' || text[0] == '@')
        return parse_unix(text, ret);
    return parse_ipv4(text, port, ret) || parse_ipv6(text, port, ret);
}

bool address_parse_with_port(const char *text, struct address *ret)
{
    char host[INET6_ADDRSTRLEN + 2];
    uint64_t port;
    if (text[0] == '/' || text[0] == '@')
        return parse_unix(text, ret);
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    if (!colon || length >= sizeof host || str_to_uint64(str_of(colon + 1), &port) < 0 || port > UINT16_MAX)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    return host[0] == '[' ? parse_ipv6(host, (uint16_t)port, ret) : parse_ipv4(host, (uint16_t)port, ret);
}

static void format_unix(const struct address *address, char *buffer, size_t size)
{
    const char *name = address->un.sun_path;
    size_t length = address->length - offsetof(struct sockaddr_un, sun_path);
    if (address->length <= offsetof(struct sockaddr_un, sun_path))
        snprintf(buffer, size, "unix socket without a name");
    else if (name[0] == '\0')
        snprintf(buffer, size, "@%.*s", (int)(length - 1), name + 1);
    else
        snprintf(buffer, size, "%.*s", (int)strnlen(name, length), name);
}

void address_format_host(const struct address *address, char *buffer, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    if (address->any.sa_family == AF_UNIX)
        format_unix(address, buffer, size);
    else if (address->any.sa_family == AF_INET)
        snprintf(buffer, size, "%s", inet_ntop(AF_INET, &address->in.sin_addr, host, sizeof host));
    else if (address->any.sa_family == AF_INET6)
        snprintf(buffer, size, "%s", inet_ntop(AF_INET6, &address->in6.sin6_addr, host, sizeof host));
    else
        snprintf(buffer, size, "socket of address family %d", address->any.sa_family);
}

void address_format(const struct address *address, char *buffer, size_t size)
{
    char host[ADDRESS_TEXT_MAX];
    address_format_host(address, host, sizeof host);
    if (address->any.sa_family == AF_INET)
        snprintf(buffer, size, "%s:%u", host, ntohs(address->in.sin_port));
    else if (address->any.sa_family == AF_INET6)
        snprintf(buffer, size, "[%s]:%u", host, ntohs(address->in6.sin6_port));
    else
        snprintf(buffer, size, "%s", host);
}

int address_of_socket(int fd, struct address *ret)
{
    *ret = (struct address){.length = sizeof *ret - offsetof(struct address, any)};
    return getsockname(fd, &ret->any, &ret->length) < 0 ? -errno : 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    char a_text[ADDRESS_TEXT_MAX], b_text[ADDRESS_TEXT_MAX];
    address_format(a, a_text, sizeof a_text);
    address_format(b, b_text, sizeof b_text);
    return strcmp(a_text, b_text) == 0;
}

bool address_is_any(const struct address *address)
{
    if (address->any.sa_family == AF_INET)
        return address->in.sin_addr.s_addr == htonl(INADDR_ANY);
    return address->any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->in6.sin6_addr);
}

bool address_is_everywhere(const struct address *address)
{
    switch (address->any.sa_family) {
    case AF_INET:
        return address_is_any(address) || ntohl(address->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    case AF_INET6:
        return address_is_any(address) || IN6_IS_ADDR_LOOPBACK(&address->in6.sin6_addr);
    default:
        return true;
    }
}

void addresses_make(char *const *texts, uint16_t port, struct addresses *ret)
{
    ret->count = 0;
    for (; *texts; texts++) {
        assert(ret->count < ADDRESSES_MAX);
        bool right = address_parse(*texts, port, &ret->list[ret->count++]);
        assert(right);
    }
}

bool addresses_have(const struct addresses *addresses, const struct address *address)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (address_equal(&addresses->list[i], address))
            return true;
    return false;
}

bool addresses_equal(const struct addresses *a, const struct addresses *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!addresses_have(b, &a->list[i]) || !addresses_have(a, &b->list[i]))
            return false;
    return true;
}

bool addresses_ipv6_only(const struct addresses *addresses)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (addresses->list[i].any.sa_family == AF_INET)
            return true;
    return false;
}

bool addresses_conflict(const struct addresses *addresses, const struct address **ret_a,
                        const struct address **ret_b)
{
    for (size_t i = 0; i < addresses->count; i++) {
        const struct address *a = &addresses->list[i];
        for (size_t j = 0; j < addresses->count; j++) {
            const struct address *b = &addresses->list[j];
            bool takes_in = address_is_any(a) && a->any.sa_family == b->any.sa_family;
            if (i != j && (takes_in || address_equal(a, b))) {
                *ret_a = a;
                *ret_b = b;
                return true;
            }
        }
    }
    return false;
}

void addresses_format(const struct addresses *addresses, char *buffer, size_t size)
{
    size_t length = 0;
    snprintf(buffer, size, "nothing");
    for (size_t i = 0; i < addresses->count && length < size; i++) {
        char text[ADDRESS_TEXT_MAX];
        const char *separator = i == 0 ? "" : i + 1 < addresses->count ? ", " : " and ";
        address_format(&addresses->list[i], text, sizeof text);
        length += (size_t)snprintf(buffer + length, size - length, "%s%s", separator, text);
    }
}
