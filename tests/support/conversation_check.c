/*
 * Holds an answer against what a conversation says of it, and against what is true of all: Date is now, the
 * content is framed and not to be guessed at, and what was modified was so in the past.
 */
#include "conversation.h"

#include "harness.h"
#include "patience.h"
#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Whether `text` is `pattern`, in which a star stands for any text. */
static bool matches(const char *pattern, const char *text)
{
    for (; *pattern && *pattern != '*'; pattern++, text++)
        if (*pattern != *text)
            return false;
    if (!*pattern)
        return !*text;
    for (;; text++) {
        if (matches(pattern + 1, text))
            return true;
        if (!*text)
            return false;
    }
}

static time_t read_date(const char *text)
{
    struct tm tm = {0};
    char again[64];
    const char *end = text ? strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm) : NULL;
    if (!end || *end)
        fail_msg("the date is \"%s\"", text ? text : "missing");
    time_t time = timegm(&tm);
    strftime(again, sizeof again, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    assert_string_equal(text, again);
    return time;
}

static time_t check_date(const struct reply *reply)
{
    time_t then = read_date(reply_field(reply, "Date")), now = time(NULL);
    if (then > now || then < now - PATIENCE_MS / 1000)
        fail_msg("Date is %ld seconds old", (long)(now - then));
    return then;
}

/* RFC 9110 sections 6.4.1, 8.6 and 8.8.2.1. */
static void check_content(const struct reply *reply)
{
    const char *length = reply_field(reply, "Content-Length");
    bool has_content = reply->status != 204 && reply->status != 304;
    if (has_content != (length != NULL))
        fail_msg("%u %s Content-Length", reply->status, length ? "with" : "without");
    if (length && strcmp(length, "0") != 0 && !reply_field(reply, "X-Content-Type-Options"))
        fail_msg("content without nosniff");
    if (!has_content && reply_field(reply, "Content-Type"))
        fail_msg("%u with Content-Type", reply->status);
}

bool conversation_check_always(const struct reply *reply)
{
    if (reply->status < 200) {
        assert_int_equal(reply->field_count, 0);
        return false;
    }
    time_t now = check_date(reply);
    check_content(reply);
    const char *modified = reply_field(reply, "Last-Modified"),
               *connection = reply_field(reply, "Connection");
    if (modified && read_date(modified) >= now)
        fail_msg("Last-Modified is %s, and it is %s", modified, reply_field(reply, "Date"));
    return connection && strcasecmp(connection, "close") == 0;
}

void conversation_check_status(const struct conversation_view *view, const char *text,
                               const struct reply *reply)
{
    size_t length;
    char *want = conversation_expand(text, view->row, &length), got[256];
    snprintf(got, sizeof got, "%u %s", reply->status, reply->reason);
    if (!matches(want, got))
        fail_msg("the answer is %s, not %s", got, want);
    free(want);
}

static void check_field(const struct conversation_view *view, const char *text, const struct reply *reply)
{
    size_t length;
    char *want = conversation_expand(text, view->row, &length), *value = strstr(want, ": ");
    assert_non_null(value);
    *value = '\0';
    value += 2;
    const char *got = reply_field(reply, want);
    if (!got || !matches(value, got))
        fail_msg("%s is \"%s\", not \"%s\"", want, got ? got : "missing", value);
    free(want);
}

static void check_absent(const char *name, const struct reply *reply)
{
    const char *got = reply_field(reply, name);
    if (got)
        fail_msg("%s is there: %s", name, got);
}

static char *file_of_root(const struct conversation_view *view, const char *name, size_t *length)
{
    char *path = harness_text("%s/%s", view->root, name), *data = harness_read_file(path, length);
    if (!data)
        fail_msg("no such file: %s", path);
    free(path);
    return data;
}

static void compare_body(const struct reply *reply, const char *want, size_t length)
{
    if (reply->body_length != length)
        fail_msg("the body has %zu bytes, not %zu", reply->body_length, length);
    if (memcmp(reply->body, want, length) != 0)
        fail_msg("the body's %zu bytes are not the ones expected", length);
}

/* "NAME FIRST-LAST": the file's bytes from the first to the last. Returns them; to be freed by free(3). */
static char *bytes_of_file(const struct conversation_view *view, const char *text, size_t *length)
{
    char name[256];
    size_t first, last, size;
    if (sscanf(text, "%255s %zu-%zu", name, &first, &last) != 3)
        fail_msg("no such bytes: %s", text);
    char *data = file_of_root(view, name, &size);
    assert_true(first <= last && last < size);
    memmove(data, data + first, last - first + 1);
    *length = last - first + 1;
    return data;
}

/* "NAME TYPE FIRST-LAST FIRST-LAST ...": RFC 9110 section 14.6, with the boundary of the answer's own. A
 * blank in the type is written "_". */
static void check_parts(const struct conversation_view *view, char *text, const struct reply *reply)
{
    char *name = strsep(&text, " "), *type = strsep(&text, " "), *range, *want;
    size_t size, length, first, last;
    for (char *blank; (blank = strchr(type, '_'));)
        *blank = ' ';
    char *data = file_of_root(view, name, &size),
         *boundary = conversation_expand("{boundary}", NULL, &length);
    FILE *out = open_memstream(&want, &length);
    assert_non_null(out);
    while ((range = strsep(&text, " "))) {
        assert_int_equal(sscanf(range, "%zu-%zu", &first, &last), 2);
        assert_true(first <= last && last < size);
        fprintf(out, "%s--%s\r\n", ftell(out) > 0 ? "\r\n" : "", boundary);
        fprintf(out, "Content-Type: %s\r\nContent-Range: bytes %s/%zu\r\n\r\n", type, range, size);
        fwrite(data + first, 1, last - first + 1, out);
    }
    fprintf(out, "\r\n--%s--\r\n", boundary);
    assert_int_equal(fclose(out), 0);
    compare_body(reply, want, length);
    free(want), free(data), free(boundary);
}

static void check_head_of(const struct conversation_view *view, const char *name, const struct reply *reply)
{
    size_t length;
    free(file_of_root(view, name, &length));
    const char *announced = reply_field(reply, "Content-Length");
    if (!announced || strtoul(announced, NULL, 10) != length)
        fail_msg("Content-Length is %s, the file has %zu bytes", announced, length);
}

static void check_words(const char *words, const struct reply *reply, bool expected)
{
    bool there = memmem(reply->body, reply->body_length, words, strlen(words));
    if (there != expected)
        fail_msg("\"%s\" is %sin the body: %.*s", words, there ? "" : "not ", (int)reply->body_length,
                 reply->body);
}

/* "file NAME", "bytes ...", "parts ...", "head", "head NAME", "text ...", "with ...", "without ..." or
 * "empty". */
static void check_body(const struct conversation_view *view, const char *text, const struct reply *reply)
{
    size_t length = 0;
    char *want = conversation_expand(text, view->row, &length), *data = NULL;
    if (strncmp(want, "file ", 5) == 0)
        data = file_of_root(view, want + 5, &length);
    else if (strncmp(want, "bytes ", 6) == 0)
        data = bytes_of_file(view, want + 6, &length);
    else if (strncmp(want, "parts ", 6) == 0)
        check_parts(view, want + 6, reply);
    else if (strncmp(want, "head ", 5) == 0)
        check_head_of(view, want + 5, reply);
    else if (strncmp(want, "text ", 5) == 0)
        compare_body(reply, want + 5, length - 5);
    else if (strncmp(want, "with ", 5) == 0)
        check_words(want + 5, reply, true);
    else if (strncmp(want, "without ", 8) == 0)
        check_words(want + 8, reply, false);
    else if (strcmp(want, "empty") == 0)
        compare_body(reply, "", 0);
    else if (strcmp(want, "head") != 0)
        fail_msg("no such body: %s", want);
    if (data)
        compare_body(reply, data, length);
    free(data);
    free(want);
}

void conversation_check_line(const struct conversation_view *view, const struct conversation_line *line,
                             const struct reply *reply)
{
    if (line->verb == VERB_FIELD)
        check_field(view, line->text, reply);
    else if (line->verb == VERB_ABSENT)
        check_absent(line->text, reply);
    else
        check_body(view, line->text, reply);
}
