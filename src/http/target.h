#ifndef HELLOD_HTTP_TARGET_H
#define HELLOD_HTTP_TARGET_H

#include "http/str.h"

/* A request target (RFC 9112 section 3.2) as a path beneath the document root. */

enum target_form {
    TARGET_INVALID,
    TARGET_ORIGIN,    /* "/path?query" */
    TARGET_ABSOLUTE,  /* "http://authority/path?query", also https, the scheme in any case */
    TARGET_AUTHORITY, /* "host:port", for CONNECT */
    TARGET_ASTERISK,  /* "*", for OPTIONS */
};

struct target {
    struct str path; /* decoded once, dot segments gone, no slash at either end; empty for the root itself */
    struct str raw_path; /* the absolute-path as it came, without the query: for redirects and the log */
    struct str query;    /* what follows the '?', without it; data == NULL: no query */
    bool folder;         /* the path ended in a slash (or in a dot segment): it names a folder */
    bool hidden;         /* a segment starts with a dot, other than a first segment ".well-known" */
    bool asterisk;       /* "*", for OPTIONS: path is empty */
};

/*
 * Which form a target has, by its first octets and, where it carries an authority, by all of that: userinfo,
 * an empty host and a broken port make it invalid. Stores the path with its query (empty for the last two
 * forms).
 */
enum target_form target_form(struct str request_target, struct str *ret_path);

/*
 * Splits, decodes and normalises origin-form, absolute-form and "*". `buffer` receives the decoded path,
 * which never is longer than the target: `size` must not be smaller than that. Empty segments ("a//b") count
 * for nothing. 0, or 400: no such form, octets that no target has, a bad escape, %00, a decoded slash
 * ("%2F"), or dot segments that climb above the root.
 */
unsigned target_parse(struct str request_target, char *buffer, size_t size, struct target *ret);

/*
 * Writes `path` percent-encoded for a Location field: unreserved characters, sub-delims, ":", "@" and "/" as
 * they are. Returns the length, or 0 where `size` is too small.
 */
size_t target_encode(struct str path, char *buffer, size_t size);

#endif
