#ifndef HELLOD_RESOLVE_H
#define HELLOD_RESOLVE_H

#include "http/negotiation.h"
#include "http/target.h"
#include "resource.h"
#include "rules.h"
#include "siblings.h"

#include <limits.h>

/*
 * What a target comes to, by the files of the document root, by the rules of the configuration and by what
 * the client likes best. Any thread may ask.
 */

/* What the client would like; values of the fields of those names, data == NULL where one is absent. */
struct wishes {
    struct str accept;
    struct str accept_encoding;
};

struct resolution {
    unsigned status; /* 200; a redirection; or an error */
    /* With 200: */
    struct representation representation;
    enum coding coding; /* of the representation */
    /* With a redirection: the rule that says so, and what its star stands for. No rule: it is the folder's
     * slash that the target lacks. */
    const struct redirect_rule *redirect;
    struct str star;
    struct str vary;         /* which wishes made a difference, as Vary has it; empty: none */
    struct policy policy;    /* for the path, and with 200 for the file that answers */
    bool lasting;            /* what decided is the path, with 200 and Accept-Encoding, nothing else */
    char file[PATH_MAX];     /* with that: the path beneath the document root of what answers */
    char path[PATH_MAX + 2]; /* what `star` points into: decoded, with its slashes */
};

/* The target's path with its slashes, as rules and logs have it, into `path`. Its length; 0 where it is
 * longer than any file's. */
size_t resolve_path(const struct target *target, char path[static PATH_MAX + 2]);

/*
 * Status as resource_open_path() has it. *ret holds a file only with 200; it points into rules, document root
 * and itself. `look`: what is remembered of siblings, then how old is what was relied on; NULL: nothing is.
 */
void resolve(const struct document_root *root, const struct rules *rules, const struct target *target,
             const struct wishes *wishes, struct siblings_look *look, struct resolution *ret);

/* The same of a target that has come to a lasting 404 lately, by its path, without a look at the files. */
void resolve_absent(const struct rules *rules, struct str path, struct resolution *ret);

#endif
