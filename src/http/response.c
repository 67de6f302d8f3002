/*
 * Response heads and status pages: pieces written one after the other, with one check of the space for each
 * and no format strings, for a head is written on the hot path.
 */
#include "http/response.h"

#include "http/octet.h"
#include "http/writer.h"

#include <assert.h>
#include <string.h>

/* What is known of a status when the server is built, up to the value of Date. */
struct status {
    unsigned status;
    struct str head_start;
    struct str reason;
    struct str sentence; /* for people */
};

#define STATUS(number, reason, sentence)                                                                     \
    {                                                                                                        \
        number, STR("HTTP/1.1 " #number " " reason "\r\nDate: "), STR(reason), STR(sentence)                 \
    }

static const struct status statuses[] = {
    STATUS(200, "OK", ""),
    STATUS(206, "Partial Content", ""),
    STATUS(301, "Moved Permanently", "This page has another address now."),
    STATUS(302, "Found", "This page is to be found at another address for a while."),
    STATUS(303, "See Other", "What you are looking for is at another address."),
    STATUS(304, "Not Modified", ""),
    STATUS(307, "Temporary Redirect", "This page is to be found at another address for a while."),
    STATUS(308, "Permanent Redirect", "This page has another address now."),
    STATUS(400, "Bad Request", "Your request was malformed, so it was not read any further."),
    STATUS(403, "Forbidden", "This page is not open to visitors."),
    STATUS(404, "Not Found", "There is nothing at this address."),
    STATUS(405, "Method Not Allowed", "This page can be read, but nothing else can be done with it."),
    STATUS(408, "Request Timeout", "Your request took too long to arrive."),
    STATUS(412, "Precondition Failed", "This page has changed since you looked."),
    STATUS(413, "Content Too Large", "You sent more than the server cares to read."),
    STATUS(414, "URI Too Long", "This address is longer than the server cares to read."),
    STATUS(416, "Range Not Satisfiable", "This page does not have the part that was asked for."),
    STATUS(417, "Expectation Failed", "Your request expects what the server cannot do."),
    STATUS(429, "Too Many Requests",
           "Your address asks more than its share of this server. Please try again in a moment."),
    STATUS(431, "Request Header Fields Too Large",
           "Your browser sent more fields than the server cares to read. Deleting this site's cookies may "
           "help."),
    STATUS(500, "Internal Server Error", "The server failed at this request. It is not your fault."),
    STATUS(501, "Not Implemented", "The server does not know how to do what was asked."),
    STATUS(503, "Service Unavailable", "The server is too busy right now. Please try again in a moment."),
    STATUS(505, "HTTP Version Not Supported", "This server speaks HTTP/1.1."),
};

/* A line break in a value would let its author write the rest of the response. */
static void put_value(struct writer *writer, struct str value)
{
    assert(octet_span(value, OCTET_FIELD) == value.length);
    writer_put(writer, value);
}

static void put_field(struct writer *writer, struct str name, struct str value)
{
    if (value.length == 0)
        return;
    writer_put(writer, name);
    put_value(writer, value);
    writer_put(writer, STR("\r\n"));
}

static const struct status *find(unsigned status)
{
    static const struct status unknown = {0, STR(""), STR("Unknown"), STR("")};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return &statuses[i];
    return &unknown;
}

struct str response_reason(unsigned status)
{
    return find(status)->reason;
}

/* RFC 9110 section 14.4; a range of length 0 is unsatisfied. */
static void put_content_range(struct writer *writer, struct range range, uint64_t complete_length)
{
    writer_put(writer, STR("Content-Range: bytes "));
    if (range.length > 0) {
        writer_put_decimal(writer, range.first);
        writer_put(writer, STR("-"));
        writer_put_decimal(writer, range.first + range.length - 1);
    } else {
        writer_put(writer, STR("*"));
    }
    writer_put(writer, STR("/"));
    writer_put_decimal(writer, complete_length);
    writer_put(writer, STR("\r\n"));
}

static void put_content_type(struct writer *writer, const struct response *response)
{
    if (response->content_type.length == 0)
        return;
    writer_put(writer, STR("Content-Type: "));
    put_value(writer, response->content_type);
    writer_put(writer, response->charset_utf8 ? STR("; charset=utf-8\r\n") : STR("\r\n"));
}

static void put_content(struct writer *writer, const struct response *response)
{
    if (response->boundary.length > 0)
        put_field(writer, STR("Content-Type: multipart/byteranges; boundary="), response->boundary);
    else
        put_content_type(writer, response);
    put_field(writer, STR("Content-Encoding: "), response->content_coding);
    writer_put(writer, STR("Content-Length: "));
    writer_put_decimal(writer, response->content_length);
    writer_put(writer, STR("\r\n"));
    if (response->has_content_range)
        put_content_range(writer, response->range, response->complete_length);
    /* A browser that guesses a type may find a script where none was meant. */
    if (response->content_length > 0)
        writer_put(writer, STR("X-Content-Type-Options: nosniff\r\n"));
}

static void put_validators(struct writer *writer, const struct response *response)
{
    char modified[DATE_LENGTH];
    put_field(writer, STR("ETag: "), response->etag);
    if (response->has_last_modified && date_format(response->last_modified, modified) == 0)
        put_field(writer, STR("Last-Modified: "), (struct str){modified, DATE_LENGTH});
    put_field(writer, STR("Vary: "), response->vary);
    put_field(writer, STR("Cache-Control: "), response->cache_control);
    if (response->accept_ranges)
        writer_put(writer, STR("Accept-Ranges: bytes\r\n"));
}

/* RFC 9110 sections 6.4.1 and 8.6. */
static bool has_content(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void put_lines(struct writer *writer, const struct response *response)
{
    if (has_content(response->status))
        put_content(writer, response);
    put_validators(writer, response);
    for (size_t i = 0; i < response->field_count; i++)
        put_field(writer, STR(""), response->fields[i]);
}

static void put_control(struct writer *writer, const struct response *response)
{
    put_field(writer, STR("Location: "), response->location);
    put_field(writer, STR("Allow: "), response->allow);
    if (response->retry_after > 0) {
        writer_put(writer, STR("Retry-After: "));
        writer_put_decimal(writer, response->retry_after);
        writer_put(writer, STR("\r\n"));
    }
}

static void put_head_end(struct writer *writer, bool close, bool keep_alive)
{
    if (close)
        writer_put(writer, STR("Connection: close\r\n\r\n"));
    else if (keep_alive)
        writer_put(writer, STR("Connection: keep-alive\r\n\r\n"));
    else
        writer_put(writer, STR("\r\n"));
}

static void put_head_start(struct writer *writer, unsigned status, const char *date)
{
    const struct status *row = find(status);
    if (row->status == status) {
        writer_put(writer, row->head_start);
    } else {
        writer_put(writer, STR("HTTP/1.1 "));
        writer_put_decimal(writer, status);
        writer_put(writer, STR(" Unknown\r\nDate: "));
    }
    writer_put(writer, (struct str){date, DATE_LENGTH});
    writer_put(writer, STR("\r\n"));
}

size_t response_write_head(const struct response *response, const char date[static DATE_LENGTH], char *buffer,
                           size_t size)
{
    assert(response->status >= 100 && response->status <= 599);
    struct writer writer = {.buffer = buffer, .size = size};
    put_head_start(&writer, response->status, date);
    put_lines(&writer, response);
    put_control(&writer, response);
    put_head_end(&writer, response->close, response->keep_alive);
    return writer_length(&writer);
}

size_t response_write_lasting(const struct response *response, char *buffer, size_t size)
{
    static const char blank[DATE_LENGTH + 1] = "                             ";
    struct writer writer = {.buffer = buffer, .size = size};
    assert(response->status == 200);
    put_head_start(&writer, response->status, blank);
    put_lines(&writer, response);
    return writer_length(&writer);
}

size_t response_write_kept(struct str lasting, bool close, bool keep_alive,
                           const char date[static DATE_LENGTH], char *buffer, size_t size)
{
    static const struct str start = STR("HTTP/1.1 200 OK\r\nDate: ");
    struct writer writer = {.buffer = buffer, .size = size};
    assert(lasting.length > start.length + DATE_LENGTH);
    writer_put(&writer, lasting);
    put_head_end(&writer, close, keep_alive);
    if (!writer.full)
        memcpy(buffer + start.length, date, DATE_LENGTH);
    return writer_length(&writer);
}

size_t response_write_part(const struct response *response, struct range range, bool first, char *buffer,
                           size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};
    writer_put(&writer, first ? STR("--") : STR("\r\n--"));
    put_value(&writer, response->boundary);
    if (range.length == 0) {
        writer_put(&writer, STR("--\r\n"));
        return writer_length(&writer);
    }
    writer_put(&writer, STR("\r\n"));
    put_content_type(&writer, response);
    put_content_range(&writer, range, response->complete_length);
    writer_put(&writer, STR("\r\n"));
    return writer_length(&writer);
}

/* Before the title, before the number, before the reason, before the sentence, and after it. */
static const struct str page_parts[] = {
    STR("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<link rel=\"icon\" href=\"data:,\">\n<title>"),
    STR("</title>\n<style>\n"
        ":root { color-scheme: light dark; --page: #fdf6ee; --ink: #3a2b20; --link: #b5410a }\n"
        "@media (prefers-color-scheme: dark) {\n"
        "  :root { --page: #191410; --ink: #d9cbbd; --link: #ffa94d }\n}\n"
        "body { margin: 0; min-height: 100vh; display: grid; place-content: center; justify-items: center;\n"
        "  text-align: center; font: 1.1rem/1.6 system-ui, sans-serif; color: var(--ink); background: "
        "var(--page) }\n"
        "b { font-size: 6rem; line-height: 1; letter-spacing: -.04em; color: var(--link) }\n"
        "h1 { margin: .5rem 1rem 0; font-size: 1.6rem }\n"
        "p { margin: .5rem 1rem; max-width: 26rem; text-wrap: balance }\n"
        "</style>\n<body>\n<b>"),
    STR("</b>\n<h1>"),
    STR("</h1>\n<p>"),
    STR("</p>\n</body>\n</html>\n"),
};

size_t response_write_page(unsigned status, char *buffer, size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};
    const struct status *row = find(status);
    writer_put(&writer, page_parts[0]);
    writer_put_decimal(&writer, status);
    writer_put(&writer, STR(" "));
    writer_put(&writer, row->reason);
    writer_put(&writer, page_parts[1]);
    writer_put_decimal(&writer, status);
    writer_put(&writer, page_parts[2]);
    writer_put(&writer, row->reason);
    writer_put(&writer, page_parts[3]);
    writer_put(&writer, row->sentence);
    writer_put(&writer, page_parts[4]);
    return writer_length(&writer);
}
