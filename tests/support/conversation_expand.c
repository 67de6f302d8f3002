/* What the escapes and braces of a conversation's text stand for. */
#include "conversation.h"

#include "harness.h"
#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void expand_into(FILE *out, const char *text, const char *row);

static void expand_part(FILE *out, const char *text, size_t length, const char *row)
{
    char *part = strndup(text, length);
    assert_non_null(part);
    expand_into(out, part, row);
    free(part);
}

/* The column of that number, from 1, of a row such as "one | two". */
static void expand_column(FILE *out, const char *row, unsigned long column)
{
    if (!row)
        fail_msg("braces, but no row");
    const char *end;
    for (; (end = strstr(row, " | ")) && column > 1; column--)
        row = end + 3;
    if (column > 1)
        fail_msg("the row ends before that column: %s", row);
    expand_part(out, row, end ? (size_t)(end - row) : strlen(row), NULL);
}

static const char *closing_brace(const char *text)
{
    for (unsigned depth = 0; *text; text++) {
        if (*text == '\\' && text[1])
            text++;
        else if (*text == '{')
            depth++;
        else if (*text == '}' && depth-- == 0)
            return text;
    }
    fail_msg("an open brace");
    return NULL;
}

/* The " * " before the count that ends a repetition. */
static const char *last_times(const char *text, size_t length)
{
    const char *end = text + length;
    while (end > text && strchr("0123456789", end[-1]))
        end--;
    return end < text + length && end - text >= 3 && strncmp(end - 3, " * ", 3) == 0 ? end - 3 : NULL;
}

/* What the answers of this connection have said last, field by field. */
static struct {
    char *name, *value;
} noted[REPLY_FIELDS_MAX];

static void note(const char *name, const char *value)
{
    unsigned i = 0;
    while (noted[i].name && strcasecmp(noted[i].name, name) != 0)
        assert_true(++i < REPLY_FIELDS_MAX);
    free(noted[i].name), free(noted[i].value);
    noted[i].name = strdup(name), noted[i].value = strdup(value);
}

void conversation_note(const struct reply *reply)
{
    for (unsigned i = 0; !reply && i < REPLY_FIELDS_MAX; i++) {
        free(noted[i].name), free(noted[i].value);
        noted[i].name = noted[i].value = NULL;
    }
    for (unsigned i = 0; reply && i < reply->field_count; i++)
        note(reply->fields[i].name, reply->fields[i].value);
}

static const char *noted_value(const char *name, size_t length)
{
    for (unsigned i = 0; i < REPLY_FIELDS_MAX && noted[i].name; i++)
        if (strlen(noted[i].name) == length && strncasecmp(noted[i].name, name, length) == 0)
            return noted[i].value;
    fail_msg("no answer has had the field %.*s", (int)length, name);
    return NULL;
}

/* "field NAME" or "boundary"; false for other braces. */
static bool expand_noted(FILE *out, const char *text, size_t length)
{
    static const char field[] = "field ", boundary[] = "boundary", mark[] = "; boundary=";
    if (length > strlen(field) && strncmp(text, field, strlen(field)) == 0) {
        fputs(noted_value(text + strlen(field), length - strlen(field)), out);
        return true;
    }
    if (length != strlen(boundary) || strncmp(text, boundary, length) != 0)
        return false;
    const char *type = noted_value("Content-Type", strlen("Content-Type")), *value = strstr(type, mark);
    if (!value)
        fail_msg("no boundary in %s", type);
    fputs(value + strlen(mark), out);
    return true;
}

/* "{}", "{2}", "{text * 100}", "{field ETag}" or "{boundary}"; returns what follows. */
static const char *expand_braces(FILE *out, const char *text, const char *row)
{
    const char *end = closing_brace(text);
    size_t length = (size_t)(end - text);
    const char *times = last_times(text, length);
    if (times)
        for (unsigned long n = strtoul(times + 3, NULL, 10); n > 0; n--)
            expand_part(out, text, (size_t)(times - text), row);
    else if (!expand_noted(out, text, length))
        expand_column(out, row, length > 0 ? strtoul(text, NULL, 10) : 1);
    return end + 1;
}

/* What stands behind a backslash; returns what follows. */
static const char *expand_escape(FILE *out, const char *text)
{
    static const char names[] = "rnt0\\{", bytes[] = "\r\n\t\0\\{";
    const char *name = *text ? strchr(names, *text) : NULL;
    unsigned byte;
    if (name)
        fputc(bytes[name - names], out);
    else if (sscanf(text, "x%2x", &byte) == 1) {
        fputc((int)byte, out);
        return text + 3;
    } else
        fail_msg("no such escape: \\%s", text);
    return text + 1;
}

static void expand_into(FILE *out, const char *text, const char *row)
{
    while (*text) {
        if (*text == '{')
            text = expand_braces(out, text + 1, row);
        else if (*text == '\\')
            text = expand_escape(out, text + 1);
        else
            fputc(*text++, out);
    }
}

char *conversation_expand(const char *text, const char *row, size_t *length)
{
    char *bytes;
    FILE *out = open_memstream(&bytes, length);
    assert_non_null(out);
    expand_into(out, text, row);
    assert_int_equal(fclose(out), 0);
    return bytes;
}
