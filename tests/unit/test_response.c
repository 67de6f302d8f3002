/* response: heads to the byte, pages for people, and buffers that are too small. */
#include "http/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE_MAX = 1200 /* as the header promises */ };

static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";

#define DATE_LINE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define NOSNIFF   "X-Content-Type-Options: nosniff\r\n"

static const struct str own_fields[] = {STR("A: b"), STR("A: c")};

static void test_heads(void **state)
{
    (void)state;
    static const struct {
        struct response response;
        const char *head;
    } rows[] = {
        {{.status = 200}, "HTTP/1.1 200 OK\r\n" DATE_LINE "Content-Length: 0\r\n\r\n"},
        {{.status = 200,
          .content_type = STR("text/html"),
          .charset_utf8 = true,
          .content_length = 1234567890,
          .has_last_modified = true,
          .last_modified = 0,
          .keep_alive = true},
         "HTTP/1.1 200 OK\r\n" DATE_LINE
         "Content-Type: text/html; charset=utf-8\r\nContent-Length: 1234567890\r\n" NOSNIFF
         "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\nConnection: keep-alive\r\n\r\n"},
        {{.status = 200, .content_type = STR("image/png"), .content_length = UINT64_MAX},
         "HTTP/1.1 200 OK\r\n" DATE_LINE
         "Content-Type: image/png\r\nContent-Length: 18446744073709551615\r\n" NOSNIFF "\r\n"},
        {{.status = 301, .location = STR("/a%20b/"), .close = true, .keep_alive = true},
         "HTTP/1.1 301 Moved Permanently\r\n" DATE_LINE
         "Content-Length: 0\r\nLocation: /a%20b/\r\nConnection: close\r\n\r\n"},
        {{.status = 200,
          .content_type = STR("text/css"),
          .content_length = 5,
          .content_coding = STR("br"),
          .etag = STR("\"e\""),
          .vary = STR("Accept-Encoding"),
          .cache_control = STR("no-cache"),
          .fields = own_fields,
          .field_count = 2},
         "HTTP/1.1 200 OK\r\n" DATE_LINE
         "Content-Type: text/css\r\nContent-Encoding: br\r\nContent-Length: 5\r\n" NOSNIFF
         "ETag: \"e\"\r\nVary: Accept-Encoding\r\nCache-Control: no-cache\r\nA: b\r\nA: c\r\n\r\n"},
        {{.status = 304,
          .content_coding = STR("br"),
          .vary = STR("Accept-Encoding"),
          .cache_control = STR("no-cache"),
          .fields = own_fields,
          .field_count = 1},
         "HTTP/1.1 304 Not Modified\r\n" DATE_LINE
         "Vary: Accept-Encoding\r\nCache-Control: no-cache\r\nA: b\r\n\r\n"},
        {{.status = 405, .allow = STR("GET, HEAD"), .content_length = 10},
         "HTTP/1.1 405 Method Not Allowed\r\n" DATE_LINE "Content-Length: 10\r\n" NOSNIFF
         "Allow: GET, HEAD\r\n\r\n"},
        {{.status = 503, .retry_after = 7, .vary = STR("Accept-Encoding")},
         "HTTP/1.1 503 Service Unavailable\r\n" DATE_LINE
         "Content-Length: 0\r\nVary: Accept-Encoding\r\nRetry-After: 7\r\n\r\n"},
        {{.status = 299, .has_last_modified = true, .last_modified = INT64_MAX, .charset_utf8 = true},
         "HTTP/1.1 299 Unknown\r\n" DATE_LINE "Content-Length: 0\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[512] = {0};
        size_t length = response_write_head(&rows[i].response, date, head, sizeof head);
        assert_string_equal(head, rows[i].head);
        assert_int_equal(length, strlen(rows[i].head));
    }
}

/* RFC 9110 sections 14.4, 15.3.7 and 15.4.5. */
static void test_heads_of_parts(void **state)
{
    (void)state;
    static const struct {
        struct response response;
        const char *head;
    } rows[] = {
        {{.status = 206,
          .content_type = STR("image/gif"),
          .content_length = 26012,
          .has_content_range = true,
          .range = {21010, 26012},
          .complete_length = 47022,
          .accept_ranges = true,
          .etag = STR("\"a\"")},
         "HTTP/1.1 206 Partial Content\r\n" DATE_LINE "Content-Type: image/gif\r\nContent-Length: 26012\r\n"
         "Content-Range: bytes 21010-47021/47022\r\n" NOSNIFF "ETag: \"a\"\r\nAccept-Ranges: bytes\r\n\r\n"},
        {{.status = 206,
          .content_type = STR("text/html"),
          .charset_utf8 = true,
          .content_length = 1741,
          .boundary = STR("THIS_STRING_SEPARATES")},
         "HTTP/1.1 206 Partial Content\r\n" DATE_LINE
         "Content-Type: multipart/byteranges; boundary=THIS_STRING_SEPARATES\r\n"
         "Content-Length: 1741\r\n" NOSNIFF "\r\n"},
        {{.status = 416, .has_content_range = true, .complete_length = 47022, .content_length = 3},
         "HTTP/1.1 416 Range Not Satisfiable\r\n" DATE_LINE
         "Content-Length: 3\r\nContent-Range: bytes */47022\r\n" NOSNIFF "\r\n"},
        {{.status = 304,
          .content_type = STR("a/b"),
          .content_length = 3,
          .etag = STR("\"a\""),
          .vary = STR("B")},
         "HTTP/1.1 304 Not Modified\r\n" DATE_LINE "ETag: \"a\"\r\nVary: B\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[512] = {0};
        size_t length = response_write_head(&rows[i].response, date, head, sizeof head);
        assert_string_equal(head, rows[i].head);
        assert_int_equal(length, strlen(rows[i].head));
    }
}

/* RFC 9110 section 14.6. */
static void test_parts(void **state)
{
    (void)state;
    const struct response response = {.content_type = STR("application/pdf"),
                                      .boundary = STR("THIS_STRING_SEPARATES"),
                                      .complete_length = 8000};
    static const struct {
        struct range range;
        bool first;
        const char *text;
    } rows[] = {
        {{500, 500},
         true,
         "--THIS_STRING_SEPARATES\r\nContent-Type: application/pdf\r\n"
         "Content-Range: bytes 500-999/8000\r\n\r\n"},
        {{7000, 1000},
         false,
         "\r\n--THIS_STRING_SEPARATES\r\nContent-Type: application/pdf\r\n"
         "Content-Range: bytes 7000-7999/8000\r\n\r\n"},
        {{0, 0}, false, "\r\n--THIS_STRING_SEPARATES--\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = strlen(rows[i].text);
        for (size_t size = 0; size <= length; size++) {
            char *buffer = malloc(size + 1);
            size_t n = response_write_part(&response, rows[i].range, rows[i].first, buffer, size);
            assert_int_equal(n, size == length ? length : 0);
            if (n > 0)
                assert_memory_equal(buffer, rows[i].text, n);
            free(buffer);
        }
    }
}

static void test_head_needs_its_size(void **state)
{
    (void)state;
    const struct response response = {.status = 404,
                                      .content_type = STR("text/html"),
                                      .content_length = 17,
                                      .has_last_modified = true,
                                      .location = STR("/x"),
                                      .allow = STR("GET"),
                                      .close = true};
    char whole[512];
    size_t length = response_write_head(&response, date, whole, sizeof whole);
    assert_true(length > 0);
    for (size_t size = 0; size <= length; size++) {
        char *buffer = malloc(size + 1);
        buffer[size] = 'X';
        assert_int_equal(response_write_head(&response, date, buffer, size), size == length ? length : 0);
        assert_int_equal(buffer[size], 'X');
        free(buffer);
    }
}

/* The head of what is kept is the one that would be written anew. */
static void test_kept_heads(void **state)
{
    (void)state;
    static const struct {
        bool close, keep_alive;
    } ends[] = {{false, false}, {true, false}, {false, true}, {true, true}};
    struct response response = {.status = 200,
                                .content_type = STR("text/css"),
                                .content_length = 5,
                                .etag = STR("\"e\""),
                                .fields = own_fields,
                                .field_count = 2,
                                .accept_ranges = true};
    char lasting[512], kept[512], whole[512];
    size_t length = response_write_lasting(&response, lasting, sizeof lasting);
    assert_true(length > 0);
    assert_int_equal(response_write_lasting(&response, lasting, length), length);
    assert_int_equal(response_write_lasting(&response, kept, length - 1), 0);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        response.close = ends[i].close;
        response.keep_alive = ends[i].keep_alive;
        size_t expected = response_write_head(&response, date, whole, sizeof whole);
        for (size_t size = 0; size <= expected; size++) {
            size_t n = response_write_kept((struct str){lasting, length}, response.close, response.keep_alive,
                                           date, kept, size);
            assert_int_equal(n, size == expected ? expected : 0);
        }
        assert_memory_equal(kept, whole, expected);
    }
}

static void test_reasons(void **state)
{
    (void)state;
    static const struct {
        unsigned status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {301, "Moved Permanently"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {414, "URI Too Long"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
        {0, "Unknown"},
        {418, "Unknown"},
        {1404, "Unknown"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(str_equal(response_reason(rows[i].status), str_of(rows[i].reason)));
}

static void test_pages(void **state)
{
    (void)state;
    static const unsigned statuses[] = {301, 302, 303, 307, 308, 400, 403, 404, 405, 408, 412,
                                        413, 414, 416, 417, 429, 431, 500, 501, 503, 505};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        char page[PAGE_MAX + 1] = {0}, text[64];
        struct str reason = response_reason(statuses[i]);
        size_t length = response_write_page(statuses[i], page, PAGE_MAX);
        assert_int_equal(length, strlen(page));
        assert_int_equal(strncmp(page, "<!DOCTYPE html>", 15), 0);
        snprintf(text, sizeof text, "<title>%u %.*s</title>", statuses[i], (int)reason.length, reason.data);
        assert_non_null(strstr(page, text));
        snprintf(text, sizeof text, ">%u<", statuses[i]);
        assert_non_null(strstr(page, text));
        snprintf(text, sizeof text, "<h1>%.*s</h1>", (int)reason.length, reason.data);
        assert_non_null(strstr(page, text));
        assert_null(strstr(page, "<p></p>"));
        assert_non_null(strstr(page, "</html>"));
        assert_non_null(strstr(page, "prefers-color-scheme: dark"));
        /* no outside resources */
        assert_null(strstr(page, "http:"));
        assert_null(strstr(page, "https:"));
        assert_null(strstr(page, "src="));
        assert_non_null(strstr(page, "<link rel=\"icon\" href=\"data:,\">"));
        assert_null(strstr(strstr(page, "href=") + 1, "href="));
        assert_null(strstr(page, "url("));
    }
}

static void test_any_page_fits(void **state)
{
    (void)state;
    char page[PAGE_MAX];
    for (unsigned status = 100; status < 600; status++)
        assert_true(response_write_page(status, page, sizeof page) > 0);
}

static void test_page_needs_its_size(void **state)
{
    (void)state;
    char whole[PAGE_MAX];
    size_t length = response_write_page(404, whole, sizeof whole);
    for (size_t size = 0; size <= length; size++) {
        char *buffer = malloc(size + 1);
        buffer[size] = 'X';
        assert_int_equal(response_write_page(404, buffer, size), size == length ? length : 0);
        assert_int_equal(buffer[size], 'X');
        free(buffer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads_of_parts),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_head_needs_its_size),
        cmocka_unit_test(test_kept_heads),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_any_page_fits),
        cmocka_unit_test(test_page_needs_its_size),
    };
    return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}
