#ifndef HELLOD_HTTP_LOCATION_H
#define HELLOD_HTTP_LOCATION_H

#include "http/str.h"

/* The value of Location (RFC 9110 section 10.2.2) of a redirection. Both return its length, or 0 where `size`
 * is too small; three times the request target and the template always suffice. */

/*
 * The folder's path (decoded, without a slash at either end, not empty) with the slash that its target
 * lacked, and the query (data == NULL: none).
 */
size_t location_of_folder(struct str path, struct str query, char *buffer, size_t size);

/*
 * A template as location_read_template() wrote it, in which `star` (decoded) stands for the star, if there is
 * one. The query is kept where the template has none. What begins with a slash never begins with two, which
 * would name another host.
 */
size_t location_from_template(struct str template, struct str star, struct str query, char *buffer,
                              size_t size);

/*
 * Reads a template as people write it: "/path", or "http://host/path", also https, with a query and a
 * fragment, perhaps, and a star, perhaps, behind the host. Octets that an address may not hold are
 * percent-encoded into the buffer. Returns the length; 0 with *ret_fault saying, as the end of a sentence,
 * what is wrong with it, or NULL where `size` is too small.
 */
size_t location_read_template(struct str text, char *buffer, size_t size, const char **ret_fault);

#endif
