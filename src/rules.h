#ifndef HELLOD_RULES_H
#define HELLOD_RULES_H

#include "http/str.h"

/*
 * What the configuration says of some paths, and where a path leads elsewhere. Read once (config_rules.h),
 * const from then on, so any thread may look up. Strings are NUL-terminated and owned by the rules; none that
 * goes into a response holds what a field value may not.
 *
 * Paths are decoded and begin with a slash; that of a folder ends in one, too. Patterns: http/pattern.h.
 */

enum rule_switch { RULE_UNSAID, RULE_OFF, RULE_ON };

/* [path PATTERN]. */
struct path_rule {
    char *pattern;
    char *cache_control; /* NULL: not said; "": no such field */
    char **fields;       /* "Name: value"; without a value the field that an earlier rule gave is not sent */
    size_t field_count;
    enum rule_switch listing, precompressed;
    char *fallback; /* NULL: not said; "": none */
};

/* A line of [redirect]. */
struct redirect_rule {
    char *pattern;  /* with one star at most */
    char *location; /* as http/location.h wants its template */
    unsigned status;
};

/* A line of [errors]. */
struct error_rule {
    unsigned status;
    char *file; /* beneath the document root, without a slash in front */
};

struct rules {
    /* What holds for a path of which no rule says otherwise. */
    bool listing, precompressed;
    char *fallback; /* beneath the document root, without a slash in front; NULL: none */
    struct path_rule *paths;
    struct redirect_rule *redirects;
    struct error_rule *errors;
    size_t path_count, redirect_count, error_count;
};

/* The most fields that all rules together may name, the most bytes that they may have, and those of a
 * redirect's location: a head must fit into what an exchange has room for. */
enum { RULES_FIELDS_MAX = 32, RULES_BYTES_MAX = 4096, RULES_LOCATION_MAX = 1024 };

/* What holds for one path. Points into the rules. */
struct policy {
    bool listing;                        /* of a folder without index what it holds is told */
    bool precompressed;                  /* siblings such as x.gz are sent for x */
    const char *fallback;                /* answers where a browser would see a 404; NULL: none */
    struct str cache_control;            /* its value; empty: no such field */
    struct str fields[RULES_FIELDS_MAX]; /* "Name: value" each */
    size_t field_count;
};

/*
 * Puts together what all rules say that match the path, or the path of the file that answers it (such as
 * "/index.html" for "/"; empty while it isn't known). Later rules stand above earlier ones.
 */
void rules_find(const struct rules *rules, struct str path, struct str file, struct policy *ret);

/* The first redirect for the path, with what its star stands for in *ret_star; NULL: none. */
const struct redirect_rule *rules_redirect(const struct rules *rules, struct str path, struct str *ret_star);

/* The page for an error status, beneath the document root; NULL: none. 404.html is that of 404 unless said
 * otherwise. */
const char *rules_error_page(const struct rules *rules, unsigned status);

/* Frees all; *rules is empty then. */
void rules_free(struct rules *rules);

#endif
