/* The one table of octet classes; a row's right side says in which grammars its octets may stand. */
#include "http/octet.h"

enum {
    TEXT = OCTET_FIELD | OCTET_TARGET,
    SUB_DELIM = TEXT | OCTET_REG_NAME | OCTET_PATH,
    COMMON = SUB_DELIM | OCTET_TOKEN, /* letters, digits and what else all four allow */
};

const uint8_t octet_classes[256] = {
    ['\t'] = OCTET_FIELD,
    [' '] = OCTET_FIELD,
    ['!'] = COMMON,
    ['"'] = TEXT,
    ['#'] = OCTET_FIELD | OCTET_TOKEN,
    ['$'] = COMMON,
    ['%'] = TEXT | OCTET_TOKEN,
    ['&' ... '\''] = COMMON,
    ['(' ... ')'] = SUB_DELIM,
    ['*' ... '+'] = COMMON,
    [','] = SUB_DELIM,
    ['-' ... '.'] = COMMON,
    ['/'] = TEXT | OCTET_PATH,
    ['0' ... '9'] = COMMON | OCTET_DIGIT | OCTET_HEX,
    [':'] = TEXT | OCTET_PATH,
    [';'] = SUB_DELIM,
    ['<'] = TEXT,
    ['='] = SUB_DELIM,
    ['>' ... '?'] = TEXT,
    ['@'] = TEXT | OCTET_PATH,
    ['A' ... 'F'] = COMMON | OCTET_HEX,
    ['G' ... 'Z'] = COMMON,
    ['[' ... ']'] = TEXT,
    ['^'] = TEXT | OCTET_TOKEN,
    ['_'] = COMMON,
    ['`'] = TEXT | OCTET_TOKEN,
    ['a' ... 'f'] = COMMON | OCTET_HEX,
    ['g' ... 'z'] = COMMON,
    ['{'] = TEXT,
    ['|'] = TEXT | OCTET_TOKEN,
    ['}'] = TEXT,
    ['~'] = COMMON,
    [0x80 ... 0xff] = OCTET_FIELD,
};

static int hex_value(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

int octet_unescape(struct str s)
{
    if (s.length < 3 || s.data[0] != '%' || !octet_is(s.data[1], OCTET_HEX) ||
        !octet_is(s.data[2], OCTET_HEX))
        return -1;
    return hex_value(s.data[1]) * 16 + hex_value(s.data[2]);
}
