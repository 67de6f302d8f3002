/* A response head, line by line. */
#include "reply.h"

#include "harness.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "HTTP/1.1 200 OK": RFC 9112 section 4. */
static void read_status_line(char *line, struct reply *reply)
{
    if (strncmp(line, "HTTP/1.1 ", 9) != 0 || !isdigit(line[9]) || !isdigit(line[10]) || !isdigit(line[11]) ||
        line[12] != ' ')
        fail_msg("not a status line: %s", line);
    reply->status = (unsigned)atoi(line + 9);
    reply->reason = line + 13;
}

/* "Name: value": a token, no white space before the colon (RFC 9112 section 5.1). */
static void read_field_line(char *line, struct reply *reply)
{
    size_t length =
        strspn(line, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (length == 0 || line[length] != ':')
        fail_msg("not a field line: %s", line);
    assert_true(reply->field_count < REPLY_FIELDS_MAX);
    line[length] = '\0';
    if (reply_field(reply, line))
        fail_msg("a field came twice: %s", line);
    char *value = line + length + 1;
    value += strspn(value, " \t");
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' && *p != '\t')
            fail_msg("control byte in the value of %s", line);
    reply->fields[reply->field_count].name = line;
    reply->fields[reply->field_count++].value = value;
}

/* RFC 9112 section 6.3. */
static void read_body_length(struct reply *reply, bool head_only)
{
    const char *length = reply_field(reply, "Content-Length");
    if (length && (!*length || length[strspn(length, "0123456789")]))
        fail_msg("not a Content-Length: %s", length);
    if (reply_field(reply, "Transfer-Encoding"))
        fail_msg("a Transfer-Encoding that nobody asked for");
    if (head_only || reply->status < 200 || reply->status == 204 || reply->status == 304)
        reply->body_length = 0;
    else if (length)
        reply->body_length = strtoul(length, NULL, 10);
    else
        reply->until_close = true;
}

bool reply_read_head(const char *data, size_t length, bool head_only, struct reply *ret)
{
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end)
        return false;
    *ret = (struct reply){.head_length = (size_t)(end - data) + 4};
    ret->head = strndup(data, ret->head_length - 2);
    assert_non_null(ret->head);
    if (strlen(ret->head) != ret->head_length - 2)
        fail_msg("NUL in a response head: %s", ret->head);
    char *line = ret->head;
    for (char *next; *line; line = next) {
        char *stop = strstr(line, "\r\n");
        if (!stop || memchr(line, '\n', (size_t)(stop - line)))
            fail_msg("a line of the head does not end in CRLF: %s", line);
        *stop = '\0';
        next = stop + 2;
        if (line == ret->head)
            read_status_line(line, ret);
        else
            read_field_line(line, ret);
    }
    read_body_length(ret, head_only);
    return true;
}

const char *reply_field(const struct reply *reply, const char *name)
{
    for (unsigned i = 0; i < reply->field_count; i++)
        if (strcasecmp(reply->fields[i].name, name) == 0)
            return reply->fields[i].value;
    return NULL;
}

void reply_free(struct reply *reply)
{
    free(reply->head);
    *reply = (struct reply){0};
}
