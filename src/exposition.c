/* A line a sample: name, perhaps labels in braces, a space, a number; see exposition.h. */
#include "exposition.h"

#include <stdlib.h>
#include <string.h>

static size_t name_length(struct str text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789";
    size_t length = 0;
    while (length < text.length && memchr(letters, text.data[length], sizeof letters - 1))
        length++;
    return length;
}

/* Of a text that begins with the quote that opens it: the length up to the one that closes it; 0: none does.
 */
static size_t quoted_length(struct str text)
{
    for (size_t i = 1; i < text.length; i++) {
        if (text.data[i] == '"')
            return i + 1;
        if (text.data[i] == '\\')
            i++;
    }
    return 0;
}

/* Cuts name="value" and what separates it from the next one off; false, and nothing is cut, where the text
 * doesn't begin so. */
static bool next_label(struct str *rest, struct str *ret_name, struct str *ret_quoted)
{
    struct str text = *rest;
    size_t length = name_length(text);
    if (length == 0 || length == text.length || text.data[length] != '=')
        return false;
    *ret_name = (struct str){text.data, length};
    text = str_after(text, length + 1);
    size_t quoted = text.length > 0 && text.data[0] == '"' ? quoted_length(text) : 0;
    if (quoted == 0)
        return false;
    *ret_quoted = (struct str){text.data, quoted};
    text = str_after(text, quoted);
    *rest = text.length > 0 && text.data[0] == ',' ? str_after(text, 1) : text;
    return true;
}

/* From behind the opening brace; the rest goes on behind the closing one. */
static bool cut_labels(struct str *rest, struct str *ret)
{
    struct str name, quoted, start = *rest;
    while (next_label(rest, &name, &quoted))
        ;
    if (rest->length == 0 || rest->data[0] != '}')
        return false;
    *ret = (struct str){start.data, start.length - rest->length};
    *rest = str_after(*rest, 1);
    return true;
}

static bool read_value(struct str text, double *ret)
{
    char number[64], *end;
    if (text.length == 0 || text.length >= sizeof number)
        return false;
    memcpy(number, text.data, text.length);
    number[text.length] = '\0';
    *ret = strtod(number, &end);
    return end != number && *end == '\0';
}

static bool read_sample(struct str line, struct exposition_sample *ret)
{
    size_t length = name_length(line);
    *ret = (struct exposition_sample){.name = {line.data, length}};
    line = str_after(line, length);
    if (length == 0 || line.length == 0)
        return false;
    if (line.data[0] == '{') {
        line = str_after(line, 1);
        if (!cut_labels(&line, &ret->labels))
            return false;
    }
    return line.length > 0 && line.data[0] == ' ' && read_value(str_after(line, 1), &ret->value);
}

bool exposition_next(struct str *rest, struct exposition_sample *ret)
{
    struct str line;
    while (str_next(rest, '\n', &line))
        if (read_sample(line, ret))
            return true;
    return false;
}

static size_t unescape(struct str quoted, char *buffer, size_t size)
{
    size_t length = 0;
    for (size_t i = 1; i + 1 < quoted.length && length < size; i++) {
        char c = quoted.data[i];
        if (c == '\\') {
            c = quoted.data[++i];
            c = c == 'n' ? '\n' : c;
        }
        buffer[length++] = c;
    }
    return length;
}

bool exposition_label(const struct exposition_sample *sample, const char *name, char *buffer, size_t size,
                      size_t *ret_length)
{
    struct str rest = sample->labels, found, quoted;
    while (next_label(&rest, &found, &quoted)) {
        if (!str_equal(found, str_of(name)))
            continue;
        *ret_length = unescape(quoted, buffer, size);
        return true;
    }
    return false;
}
