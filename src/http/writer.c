/* Pieces of text, one after the other; what two kinds of document need escaped is told by one function each.
 */
#include "http/writer.h"

#include "http/octet.h"

enum { DECIMAL_MAX = 20 /* digits of UINT64_MAX */ };

#define REPLACEMENT STR("\xef\xbf\xbd") /* U+FFFD */

void writer_put_decimal(struct writer *writer, uint64_t value)
{
    char digits[DECIMAL_MAX];
    size_t start = sizeof digits;
    do
        digits[--start] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    writer_put(writer, (struct str){digits + start, sizeof digits - start});
}

static struct str html_entity(char c)
{
    switch (c) {
    case '&':
        return STR("&amp;");
    case '<':
        return STR("&lt;");
    case '>':
        return STR("&gt;");
    case '"':
        return STR("&quot;");
    case '\'':
        return STR("&#39;");
    default:
        return (struct str){NULL, 0};
    }
}

/* Control octets have no place in HTML text, not even as an entity. */
static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Puts what needs no escape, which is most of most texts, at one go; returns what follows. */
static struct str put_plain(struct writer *writer, struct str text)
{
    struct str plain = {text.data, octet_span(text, OCTET_PATH | OCTET_TOKEN)};
    for (size_t i = 0; i < plain.length; i++)
        if (plain.data[i] == '&' || plain.data[i] == '\'')
            plain.length = i;
    writer_put(writer, plain);
    return str_after(text, plain.length);
}

void writer_put_html(struct writer *writer, struct str text)
{
    for (text = put_plain(writer, text); text.length > 0; text = put_plain(writer, text)) {
        size_t length = str_utf8_length(text);
        struct str entity = html_entity(text.data[0]);
        if (length == 0 || is_control(text.data[0]))
            writer_put(writer, REPLACEMENT);
        else
            writer_put(writer, entity.data ? entity : (struct str){text.data, length});
        text = str_after(text, length > 0 ? length : 1);
    }
}

static void put_json_control(struct writer *writer, unsigned char code)
{
    static const char digits[] = "0123456789abcdef";
    writer_put(writer, (struct str){(char[]){'\\', 'u', '0', '0', digits[code >> 4], digits[code & 15]}, 6});
}

void writer_put_json(struct writer *writer, struct str text)
{
    for (text = put_plain(writer, text); text.length > 0; text = put_plain(writer, text)) {
        size_t length = str_utf8_length(text);
        unsigned char octet = (unsigned char)text.data[0];
        if (length == 0)
            writer_put(writer, REPLACEMENT);
        else if (octet == '"' || octet == '\\')
            writer_put(writer, (struct str){(char[]){'\\', (char)octet}, 2});
        else if (octet < 0x20 || octet == 0x7f)
            put_json_control(writer, octet);
        else if (octet == 0xc2 && (unsigned char)text.data[1] < 0xa0)
            put_json_control(writer, (unsigned char)text.data[1]);
        else
            writer_put(writer, (struct str){text.data, length});
        text = str_after(text, length > 0 ? length : 1);
    }
}

static bool is_harmless(char c)
{
    return c >= ' ' && c < 0x7f && c != '\\' && c != '"';
}

void writer_put_escaped(struct writer *writer, struct str text)
{
    while (text.length > 0) {
        char piece[8];
        size_t plain = 0;
        while (plain < text.length && is_harmless(text.data[plain]))
            plain++;
        writer_put(writer, (struct str){text.data, plain});
        text = str_after(text, plain);
        if (text.length == 0)
            return;
        if (text.data[0] == '"')
            writer_put(writer, STR("\\x22"));
        else
            writer_put(writer,
                       (struct str){piece, str_escape((struct str){text.data, 1}, piece, sizeof piece)});
        text = str_after(text, 1);
    }
}

size_t writer_length(const struct writer *writer)
{
    return writer->full ? 0 : writer->length;
}
