/*
 * A state machine over the bytes of a chunked body (RFC 9112 section 7.1), as strict as the grammar: lines
 * end in CRLF, an extension is a name with or without a value, a trailer field is a field line. Two readers
 * that disagree here disagree about where the next request starts.
 *
 * What a state expects is named after it. Content goes by in one stride, all else octet by octet.
 */
#include "http/body.h"

#include "http/octet.h"

enum state {
    BODY_WHOLE,
    BODY_SIZED,       /* content whose length is known */
    BODY_SIZE,        /* the first digit of a chunk's size */
    BODY_SIZE_MORE,   /* a digit, an extension or the line's end */
    BODY_SPACE,       /* behind white space: the ";" of an extension */
    BODY_NAME,        /* an extension's name, or white space before it */
    BODY_NAME_MORE,   /* more of it, or what may follow it */
    BODY_NAME_SPACE,  /* behind it and white space: "=" or ";" */
    BODY_VALUE,       /* an extension's value, or white space before it */
    BODY_VALUE_MORE,  /* more of a value that is a token, or what may follow */
    BODY_QUOTED,      /* in a quoted string */
    BODY_QUOTED_PAIR, /* behind a backslash in it */
    BODY_VALUE_END,   /* behind it: an extension or the line's end */
    BODY_SIZE_LF,     /* the LF that ends the line of a size */
    BODY_CHUNK,       /* content */
    BODY_CHUNK_CR,    /* the CRLF behind it */
    BODY_CHUNK_LF,
    BODY_TRAILER,       /* a trailer field, or the last line */
    BODY_TRAILER_NAME,  /* more of its name, or the colon */
    BODY_TRAILER_VALUE, /* its value, or the line's end */
    BODY_TRAILER_LF,
    BODY_LAST_LF, /* the LF that ends the body */
    BODY_BROKEN,
};

enum { SIZE_DIGITS_MAX = 16 /* of a 64-bit number in hexadecimal */ };

void body_start_sized(struct body *body, uint64_t length)
{
    *body = (struct body){.left = length, .state = length > 0 ? BODY_SIZED : BODY_WHOLE};
}

void body_start_chunked(struct body *body, uint64_t limit)
{
    *body = (struct body){.left = limit, .state = BODY_SIZE};
}

bool body_is_whole(const struct body *body)
{
    return body->state == BODY_WHOLE;
}

bool body_is_valid(const struct body *body)
{
    return body->state < BODY_BROKEN && body->digits <= SIZE_DIGITS_MAX;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* What may follow a size or a whole extension. */
static enum state after_extension(char c)
{
    return c == ';' ? BODY_NAME : is_space(c) ? BODY_SPACE : c == '\r' ? BODY_SIZE_LF : BODY_BROKEN;
}

static enum state read_size(struct body *body, char c)
{
    if (!octet_is(c, OCTET_HEX))
        return body->state == BODY_SIZE ? BODY_BROKEN : after_extension(c);
    unsigned value = (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    if (body->digits > 0 || value > 0)
        body->digits++;
    if (body->digits > SIZE_DIGITS_MAX)
        return BODY_BROKEN;
    body->chunk = body->chunk << 4 | value;
    return BODY_SIZE_MORE;
}

static enum state read_extension(enum state state, char c)
{
    bool token = octet_is(c, OCTET_TOKEN);
    switch (state) {
    case BODY_SPACE:
        return c == ';' ? BODY_NAME : is_space(c) ? BODY_SPACE : BODY_BROKEN;
    case BODY_NAME:
        return token ? BODY_NAME_MORE : is_space(c) ? BODY_NAME : BODY_BROKEN;
    case BODY_NAME_MORE:
        return token         ? BODY_NAME_MORE
               : c == '='    ? BODY_VALUE
               : is_space(c) ? BODY_NAME_SPACE
                             : after_extension(c);
    case BODY_NAME_SPACE:
        return c == '=' ? BODY_VALUE : c == ';' ? BODY_NAME : is_space(c) ? BODY_NAME_SPACE : BODY_BROKEN;
    case BODY_VALUE:
        return token ? BODY_VALUE_MORE : c == '"' ? BODY_QUOTED : is_space(c) ? BODY_VALUE : BODY_BROKEN;
    case BODY_VALUE_MORE:
        return token ? BODY_VALUE_MORE : after_extension(c);
    case BODY_QUOTED:
        return c == '"'                   ? BODY_VALUE_END
               : c == '\\'                ? BODY_QUOTED_PAIR
               : octet_is(c, OCTET_FIELD) ? BODY_QUOTED
                                          : BODY_BROKEN;
    case BODY_QUOTED_PAIR:
        return octet_is(c, OCTET_FIELD) ? BODY_QUOTED : BODY_BROKEN;
    default:
        return after_extension(c); /* BODY_VALUE_END */
    }
}

static enum state read_trailer(enum state state, char c)
{
    bool token = octet_is(c, OCTET_TOKEN);
    switch (state) {
    case BODY_TRAILER:
        return token ? BODY_TRAILER_NAME : c == '\r' ? BODY_LAST_LF : BODY_BROKEN;
    case BODY_TRAILER_NAME:
        return token ? BODY_TRAILER_NAME : c == ':' ? BODY_TRAILER_VALUE : BODY_BROKEN;
    case BODY_TRAILER_VALUE:
        return octet_is(c, OCTET_FIELD) ? BODY_TRAILER_VALUE : c == '\r' ? BODY_TRAILER_LF : BODY_BROKEN;
    case BODY_TRAILER_LF:
        return c == '\n' ? BODY_TRAILER : BODY_BROKEN;
    default:
        return c == '\n' ? BODY_WHOLE : BODY_BROKEN; /* BODY_LAST_LF */
    }
}

static enum state read_octet(struct body *body, char c)
{
    switch (body->state) {
    case BODY_SIZE:
    case BODY_SIZE_MORE:
        return read_size(body, c);
    case BODY_SIZE_LF:
        if (c != '\n')
            return BODY_BROKEN;
        body->digits = 0;
        return body->chunk > 0 ? BODY_CHUNK : BODY_TRAILER;
    case BODY_CHUNK_CR:
        return c == '\r' ? BODY_CHUNK_LF : BODY_BROKEN;
    case BODY_CHUNK_LF:
        return c == '\n' ? BODY_SIZE : BODY_BROKEN;
    default:
        return body->state < BODY_SIZE_LF ? read_extension(body->state, c) : read_trailer(body->state, c);
    }
}

/* Content, as much of it as has come. */
static void pass_content(struct body *body, struct str *received)
{
    uint64_t *content = body->state == BODY_SIZED ? &body->left : &body->chunk;
    size_t length = *content < received->length ? (size_t)*content : received->length;
    *received = str_after(*received, length);
    if (body->state == BODY_CHUNK)
        body->left -= length;
    *content -= length;
    if (*content == 0)
        body->state = body->state == BODY_SIZED ? BODY_WHOLE : BODY_CHUNK_CR;
}

unsigned body_read(struct body *body, struct str *received)
{
    while (received->length > 0 && body->state != BODY_WHOLE) {
        if (body->state == BODY_SIZED || body->state == BODY_CHUNK) {
            pass_content(body, received);
            continue;
        }
        if (body->left == 0)
            return 413;
        body->left--;
        body->state = (uint8_t)read_octet(body, received->data[0]);
        *received = str_after(*received, 1);
        if (body->state == BODY_BROKEN)
            return 400;
        if (body->state == BODY_CHUNK && body->chunk > body->left)
            return 413;
    }
    return 0;
}
