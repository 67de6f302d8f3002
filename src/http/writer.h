#ifndef HELLOD_HTTP_WRITER_H
#define HELLOD_HTTP_WRITER_H

#include "http/str.h"

#include <string.h>

/*
 * Text put into a caller's buffer, piece by piece, as a plain value {.buffer, .size}. Once a piece did not
 * fit, nothing more is written: the space is asked for once, at the end.
 */
struct writer {
    char *buffer;
    size_t size;
    size_t length;
    bool full;
};

static inline void writer_put(struct writer *writer, struct str piece)
{
    writer->full |= piece.length > writer->size - writer->length;
    if (writer->full || piece.length == 0)
        return;
    memcpy(writer->buffer + writer->length, piece.data, piece.length);
    writer->length += piece.length;
}

void writer_put_decimal(struct writer *writer, uint64_t value);

/* As text or as a quoted attribute of an HTML document in UTF-8; U+FFFD for octets that are none. */
void writer_put_html(struct writer *writer, struct str text);

/* As the inside of a JSON string (RFC 8259 section 7), with every control character escaped; U+FFFD for
 * octets that are no UTF-8. */
void writer_put_json(struct writer *writer, struct str text);

/* As str_escape() does, and a quotation mark as \x22: so it ends no text that stands in such marks. */
void writer_put_escaped(struct writer *writer, struct str text);

/* How many bytes there are, or 0 where not all fitted. */
size_t writer_length(const struct writer *writer);

#endif
