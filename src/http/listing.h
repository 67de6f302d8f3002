#ifndef HELLOD_HTTP_LISTING_H
#define HELLOD_HTTP_LISTING_H

#include "http/str.h"
#include "http/writer.h"

/*
 * What a folder holds, as text: an HTML page for people, JSON for programs, and for shells a line a name. A
 * page is its start, its entries and its end, written one after the other by three functions.
 */

enum listing_form { LISTING_HTML, LISTING_JSON, LISTING_TEXT, LISTING_FORMS };

struct listing_entry {
    struct str name; /* one segment of a path, at most LISTING_NAME_MAX bytes, no UTF-8 promised */
    bool folder;
    uint64_t size;    /* bytes; of no meaning for a folder */
    int64_t modified; /* seconds since the epoch; left out where date_format_iso() refuses it */
};

enum {
    LISTING_NAME_MAX = 255,
    LISTING_PATH_MAX = 4096,
    LISTING_START_MAX = 64 << 10, /* what always suffices for a start, */
    LISTING_ENTRY_MAX = 4 << 10,  /* for an entry, */
    LISTING_END_MAX = 1 << 10,    /* and for an end */
};

/* "text/html" and the like; all are UTF-8. */
struct str listing_media_type(enum listing_form form);

/* The form that a client likes best by its Accept (data == NULL: absent); HTML where it likes all the same.
 */
enum listing_form listing_form_for(struct str accept);

/* `path` is the folder's, decoded, without a slash at either end, at most LISTING_PATH_MAX bytes. */
void listing_write_start(struct writer *writer, enum listing_form form, struct str path);

/* Names are links relative to the folder. `first`: no entry came before it. */
void listing_write_entry(struct writer *writer, enum listing_form form, const struct listing_entry *entry,
                         bool first);

/* `shown` entries came before; `complete` says whether that was all there is. */
void listing_write_end(struct writer *writer, enum listing_form form, size_t shown, bool complete);

/* The order of entries: folders first, then by name, in which runs of digits count as numbers. */
int listing_compare(const struct listing_entry *a, const struct listing_entry *b);

#endif
