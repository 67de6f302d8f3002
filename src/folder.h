#ifndef HELLOD_FOLDER_H
#define HELLOD_FOLDER_H

#include "http/listing.h"
#include "resource.h"

/*
 * What a folder holds, as something to be sent like a file. Names that start with a dot are left out, and so
 * is what would not be served: what is neither file nor folder, and links that lead out. Any thread may ask.
 *
 * A listing has bounds: FOLDER_NAMES_MAX names and FOLDER_PAGE_MAX bytes, and FOLDER_PAGES_MAX large ones at
 * a time, however slowly their clients take them.
 */

enum {
    FOLDER_NAMES_MAX = 10000,
    FOLDER_PAGE_MAX = 2 << 20,
    FOLDER_PAGES_MAX =
        32, /* of more than FOLDER_PAGE_SMALL bytes; what is less doesn't outlive its sending */
    FOLDER_PAGE_SMALL = 16 << 10,
};

/*
 * Lists the folder of that path (empty: the root itself). 200 with the listing in *ret, which has no time of
 * modification; else the refusal, as of resource_open_path(), with 503 where too many large ones live or are
 * being read.
 */
unsigned folder_list(const struct document_root *root, const char *path, enum listing_form form,
                     struct representation *ret);

#endif
