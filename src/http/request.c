/*
 * The parser of request heads. It refuses whatever two servers in a row could read differently: every line
 * must end in CRLF, nothing may be folded, and what frames the request (Host, Content-Length,
 * Transfer-Encoding) may be said once.
 *
 * One pass over the head, field by field; the fields that mean something are judged after the last line, when
 * all are known. Connection alone is read as it comes, because several lines of it add up.
 */
#include "http/request.h"

#include "http/authority.h"
#include "http/octet.h"
#include "http/target.h"

#include <assert.h>
#include <string.h>

/* Every method that IANA has registered; those that mean something here stand first. */
static const struct {
    struct str name;
    enum method method;
} methods[] = {
    {STR("GET"), METHOD_GET},
    {STR("HEAD"), METHOD_HEAD},
    {STR("OPTIONS"), METHOD_OPTIONS},
    {STR("CONNECT"), METHOD_CONNECT},
    {STR("POST"), METHOD_OTHER},
    {STR("PUT"), METHOD_OTHER},
    {STR("DELETE"), METHOD_OTHER},
    {STR("TRACE"), METHOD_OTHER},
    {STR("PATCH"), METHOD_OTHER},
    {STR("ACL"), METHOD_OTHER},
    {STR("BASELINE-CONTROL"), METHOD_OTHER},
    {STR("BIND"), METHOD_OTHER},
    {STR("CHECKIN"), METHOD_OTHER},
    {STR("CHECKOUT"), METHOD_OTHER},
    {STR("COPY"), METHOD_OTHER},
    {STR("LABEL"), METHOD_OTHER},
    {STR("LINK"), METHOD_OTHER},
    {STR("LOCK"), METHOD_OTHER},
    {STR("MERGE"), METHOD_OTHER},
    {STR("MKACTIVITY"), METHOD_OTHER},
    {STR("MKCALENDAR"), METHOD_OTHER},
    {STR("MKCOL"), METHOD_OTHER},
    {STR("MKREDIRECTREF"), METHOD_OTHER},
    {STR("MKWORKSPACE"), METHOD_OTHER},
    {STR("MOVE"), METHOD_OTHER},
    {STR("ORDERPATCH"), METHOD_OTHER},
    {STR("PRI"), METHOD_OTHER},
    {STR("PROPFIND"), METHOD_OTHER},
    {STR("PROPPATCH"), METHOD_OTHER},
    {STR("QUERY"), METHOD_OTHER},
    {STR("REBIND"), METHOD_OTHER},
    {STR("REPORT"), METHOD_OTHER},
    {STR("SEARCH"), METHOD_OTHER},
    {STR("UNBIND"), METHOD_OTHER},
    {STR("UNCHECKOUT"), METHOD_OTHER},
    {STR("UNLINK"), METHOD_OTHER},
    {STR("UNLOCK"), METHOD_OTHER},
    {STR("UPDATE"), METHOD_OTHER},
    {STR("UPDATEREDIRECTREF"), METHOD_OTHER},
    {STR("VERSION-CONTROL"), METHOD_OTHER},
};

/*
 * The fields by a hash of length, first and last letter, which no two of them share (the compiler would warn
 * of an initialiser that is said twice). Letters of either case have one place.
 */
enum { FIELD_PLACES = 32, LOWER = 0x20 };

#define PLACE(length, first, last)                                                                           \
    ((8 * (length) + (unsigned char)((first) | LOWER) + (unsigned char)((last) | LOWER)) % FIELD_PLACES)

static const struct {
    struct str name;
    enum field field;
} known_fields[FIELD_PLACES] = {
    [PLACE(4, 'H', 't')] = {STR("Host"), FIELD_HOST},
    [PLACE(10, 'C', 'n')] = {STR("Connection"), FIELD_CONNECTION},
    [PLACE(14, 'C', 'h')] = {STR("Content-Length"), FIELD_CONTENT_LENGTH},
    [PLACE(17, 'T', 'g')] = {STR("Transfer-Encoding"), FIELD_TRANSFER_ENCODING},
    [PLACE(6, 'E', 't')] = {STR("Expect"), FIELD_EXPECT},
    [PLACE(8, 'I', 'h')] = {STR("If-Match"), FIELD_IF_MATCH},
    [PLACE(13, 'I', 'h')] = {STR("If-None-Match"), FIELD_IF_NONE_MATCH},
    [PLACE(17, 'I', 'e')] = {STR("If-Modified-Since"), FIELD_IF_MODIFIED_SINCE},
    [PLACE(19, 'I', 'e')] = {STR("If-Unmodified-Since"), FIELD_IF_UNMODIFIED_SINCE},
    [PLACE(8, 'I', 'e')] = {STR("If-Range"), FIELD_IF_RANGE},
    [PLACE(5, 'R', 'e')] = {STR("Range"), FIELD_RANGE},
    [PLACE(6, 'A', 't')] = {STR("Accept"), FIELD_ACCEPT},
    [PLACE(15, 'A', 'g')] = {STR("Accept-Encoding"), FIELD_ACCEPT_ENCODING},
};

/* What all Connection lines together ask for. */
struct connection_options {
    bool close;
    bool keep_alive;
};

static struct str without_empty_lines(struct str s)
{
    while (str_starts_with(s, STR("\r\n")))
        s = str_after(s, 2);
    return s;
}

size_t request_head_length(struct str received)
{
    struct str rest = without_empty_lines(received);
    const char *newline;
    while (rest.length > 0 && (newline = memchr(rest.data, '\n', rest.length))) {
        size_t length = (size_t)(newline - rest.data);
        bool bare = length == 0 || newline[-1] != '\r';
        rest = str_after(rest, length + 1);
        if (bare || length == 1)
            return received.length - rest.length;
    }
    return 0;
}

bool request_line_fits(struct str received, size_t limit)
{
    struct str rest = without_empty_lines(received);
    size_t within = limit + 2 < rest.length ? limit + 2 : rest.length; /* its CRLF doesn't count */
    return within > 0 && memchr(rest.data, '\n', within);
}

bool request_has_begun(struct str received)
{
    return without_empty_lines(received).length > 0;
}

bool request_is_head(struct str received)
{
    return str_starts_with(without_empty_lines(received), STR("HEAD "));
}

/* Cuts a line off *rest, without its CRLF; false where it ends in a bare LF. */
static bool next_line(struct str *rest, struct str *ret)
{
    const char *newline = memchr(rest->data, '\n', rest->length);
    assert(newline); /* a whole head ends in one */
    size_t length = (size_t)(newline - rest->data);
    if (length == 0 || newline[-1] != '\r')
        return false;
    *ret = (struct str){rest->data, length - 1};
    *rest = str_after(*rest, length + 1);
    return true;
}

static enum method recognise_method(struct str name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (str_equal(name, methods[i].name))
            return methods[i].method;
    return METHOD_UNKNOWN;
}

/* Of a name that isn't empty. */
static enum field recognise_field(struct str name)
{
    size_t place = PLACE(name.length, name.data[0], name.data[name.length - 1]);
    bool known = str_equal_ignoring_case(name, known_fields[place].name);
    return known ? known_fields[place].field : FIELD_OTHER;
}

/* `s` follows the target. A minor version we don't know is read as our highest: RFC 9110 section 2.5. */
static unsigned parse_version(struct str s, unsigned *ret_minor)
{
    static const struct str name = STR(" HTTP/");
    if (s.length != name.length + 3 || !str_starts_with(s, name))
        return 400;
    const char *number = s.data + name.length;
    if (!octet_is(number[0], OCTET_DIGIT) || number[1] != '.' || !octet_is(number[2], OCTET_DIGIT))
        return 400;
    if (number[0] != '1')
        return 505;
    *ret_minor = number[2] == '0' ? 0 : 1;
    return 0;
}

static bool target_fits_method(struct str target, enum method method)
{
    struct str path;
    switch (target_form(target, &path)) {
    case TARGET_ORIGIN:
    case TARGET_ABSOLUTE:
        return method != METHOD_CONNECT;
    case TARGET_AUTHORITY:
        return method == METHOD_CONNECT;
    case TARGET_ASTERISK:
        return method == METHOD_OPTIONS;
    case TARGET_INVALID:
        return false;
    }
    return false;
}

static unsigned parse_request_line(struct str *rest, uint64_t limit, struct request *ret)
{
    struct str line;
    size_t length = octet_span(*rest, OCTET_TOKEN);
    ret->method_name = (struct str){rest->data, length};
    ret->method = recognise_method(ret->method_name);
    if (!next_line(rest, &line))
        return 400;
    if (line.length > limit)
        return 414;
    line = str_after(line, length);
    if (length == 0 || !str_starts_with(line, STR(" ")))
        return 400;
    line = str_after(line, 1);
    ret->target = (struct str){line.data, octet_span(line, OCTET_TARGET)};
    unsigned status = parse_version(str_after(line, ret->target.length), &ret->minor_version);
    if (status != 0)
        return status;
    return target_fits_method(ret->target, ret->method) ? 0 : 400;
}

static void read_connection(struct str value, struct connection_options *connection)
{
    struct str option;
    while (str_next(&value, ',', &option)) {
        option = str_trim(option);
        connection->close |= str_equal_ignoring_case(option, STR("close"));
        connection->keep_alive |= str_equal_ignoring_case(option, STR("keep-alive"));
    }
}

/*
 * How many octets that may stand in a field value `s` starts with. Values are most of a head, so they go by
 * eight: a word without control octets has neither a byte below 0x20 nor a DEL, and HTAB, the one exception,
 * is rare.
 */
static size_t value_length(struct str s)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t length = 0, step = sizeof ones;
    while (step == sizeof ones) {
        struct str rest = str_after(s, length);
        uint64_t word = 0;
        if (rest.length >= sizeof word) {
            rest.length = sizeof word;
            memcpy(&word, rest.data, sizeof word);
        }
        uint64_t no_del = word ^ (ones * 0x7f);
        uint64_t suspect = ((word - ones * 0x20) & ~word) | ((no_del - ones) & ~no_del);
        if (suspect & (ones * 0x80))
            step = octet_span(rest, OCTET_FIELD);
        length += step;
    }
    return length;
}

/* Cuts a field line off *rest. A folded line and white space before the colon fail here too: neither SP nor
 * HTAB is a token's. */
static bool parse_field_line(struct str *rest, struct connection_options *connection, struct request *ret)
{
    struct str name = {rest->data, octet_span(*rest, OCTET_TOKEN)};
    if (name.length == 0 || name.length == rest->length || rest->data[name.length] != ':')
        return false;
    struct str value = str_after(*rest, name.length + 1);
    *rest = str_after(value, value_length(value));
    value.length -= rest->length;
    if (!str_starts_with(*rest, STR("\r\n")))
        return false;
    *rest = str_after(*rest, 2);
    enum field field = recognise_field(name);
    if (ret->lines[field]++ == 0 && field != FIELD_OTHER)
        ret->field[field] = str_trim(value);
    if (field == FIELD_CONNECTION)
        read_connection(value, connection);
    return true;
}

static unsigned parse_field_lines(struct str *rest, unsigned limit, struct request *ret)
{
    struct connection_options connection = {0};
    const char *start = rest->data;
    for (unsigned count = 0; !str_starts_with(*rest, STR("\r\n")); count++) {
        if (count == limit)
            return 431;
        if (!parse_field_line(rest, &connection, ret))
            return 400;
    }
    ret->field_lines = (struct str){start, (size_t)(rest->data - start)};
    *rest = str_after(*rest, 2);
    ret->keep_alive = !connection.close && (ret->minor_version > 0 || connection.keep_alive);
    return 0;
}

/* RFC 9112 section 3.2; an absolute-form target stands above it, but the line must be right even then. */
static bool host_is_valid(const struct request *request)
{
    struct authority authority;
    if (request->lines[FIELD_HOST] == 0)
        return request->minor_version == 0;
    return request->lines[FIELD_HOST] == 1 && authority_parse(request->field[FIELD_HOST], &authority);
}

/*
 * RFC 9112 section 6.3: only a last coding "chunked" tells where a request ends. Empty list members, which
 * RFC 9110 section 5.6.1 lets a recipient skip, are refused, as are parameters, which no coding for us has.
 */
static unsigned check_transfer_encoding(struct str value)
{
    struct str coding;
    bool chunked = false, unknown = false;
    if (value.length == 0 || value.data[value.length - 1] == ',')
        return 400;
    while (str_next(&value, ',', &coding)) {
        coding = str_trim(coding);
        if (chunked || coding.length == 0 || octet_span(coding, OCTET_TOKEN) != coding.length)
            return 400;
        chunked = str_equal_ignoring_case(coding, STR("chunked"));
        unknown |= !chunked;
    }
    if (!chunked)
        return 400;
    return unknown ? 501 : 0;
}

static unsigned check_framing(struct request *request)
{
    unsigned codings = request->lines[FIELD_TRANSFER_ENCODING];
    unsigned lengths = request->lines[FIELD_CONTENT_LENGTH];
    if (codings + lengths == 0)
        return 0;
    if (codings + lengths > 1 || (codings > 0 && request->minor_version == 0))
        return 400;
    if (codings > 0) {
        request->has_body = request->chunked = true;
        return check_transfer_encoding(request->field[FIELD_TRANSFER_ENCODING]);
    }
    if (str_to_uint64(request->field[FIELD_CONTENT_LENGTH], &request->content_length) < 0)
        return 400;
    request->has_body = request->content_length > 0;
    return 0;
}

bool request_next_value(enum field field, struct str *rest, struct str *ret)
{
    struct str line;
    while (rest->length > 0) {
        bool whole = next_line(rest, &line);
        assert(whole); /* request_parse() has seen them all */
        size_t length = octet_span(line, OCTET_TOKEN);
        *ret = str_trim(str_after(line, length + 1));
        if (recognise_field((struct str){line.data, length}) == field)
            return true;
    }
    return false;
}

struct str request_join_lines(const struct request *request, enum field field, char *buffer, size_t size)
{
    struct str rest = request->field_lines, value;
    size_t length = 0;
    while (request_next_value(field, &rest, &value) && value.length < size - length) {
        memcpy(buffer + length, value.data, value.length);
        length += value.length;
        buffer[length++] = ',';
    }
    return (struct str){buffer, length};
}

/* RFC 9110 section 10.1.1; HTTP/1.0 has no 100 (Continue), so there the wish for it is not heard. */
static enum expectation read_expectation(const struct request *request)
{
    enum expectation expectation = EXPECT_NOTHING;
    struct str rest = request->field_lines, value, member;
    while (request_next_value(FIELD_EXPECT, &rest, &value)) {
        while (str_next(&value, ',', &member)) {
            member = str_trim(member);
            if (member.length == 0)
                continue;
            if (!str_equal_ignoring_case(member, STR("100-continue")))
                return EXPECT_UNKNOWN;
            expectation = request->minor_version > 0 ? EXPECT_CONTINUE : EXPECT_NOTHING;
        }
    }
    return expectation;
}

unsigned request_parse(struct str head, const struct request_limits *limits, struct request *ret)
{
    /* Values of fields that aren't there are not even cleared: they are most of the struct. */
    memset(ret, 0, offsetof(struct request, field));
    struct str rest = without_empty_lines(head);
    unsigned status = parse_request_line(&rest, limits->request_line, ret);
    if (status == 0)
        status = parse_field_lines(&rest, limits->fields, ret);
    if (status != 0)
        return status;
    assert(rest.length == 0); /* one head, no more */
    if (ret->lines[FIELD_EXPECT] > 0)
        ret->expectation = read_expectation(ret);
    return host_is_valid(ret) ? check_framing(ret) : 400;
}
