#ifndef HELLOD_ACCESS_JSON_H
#define HELLOD_ACCESS_JSON_H

#include "access_text.h"

/*
 * "{"time": "2026-11-28T22:15:09Z", ...}": the entry as a JSON object in one line, without the end of the
 * line. Its members are the journal's fields in lower case; what is not there has none. Octets of a client
 * that are no UTF-8 become U+FFFD. Returns the length; ACCESS_TEXT_MAX always suffices.
 */
size_t access_json(const struct access_entry *entry, const struct excerpt *excerpt, char *buffer,
                   size_t size);

#endif
