/* What the escapes and braces of a conversation's text stand for. */
#include "conversation.h"

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* "{}", "{2}" or "{text * 100}"; returns what follows. */
static const char *expand_braces(FILE *out, const char *text, const char *row)
{
    const char *end = closing_brace(text);
    size_t length = (size_t)(end - text);
    const char *times = last_times(text, length);
    if (times)
        for (unsigned long n = strtoul(times + 3, NULL, 10); n > 0; n--)
            expand_part(out, text, (size_t)(times - text), row);
    else
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
