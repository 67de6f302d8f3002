/* Fields that the administrator gives, held against the grammar and against what only the server can know. */
#include "config_field.h"

#include "config_nearest.h"
#include "http/octet.h"

#include <stdio.h>
#include <string.h>

enum { DIRECTIVE_MAX = 64 };

struct known_field {
    const char *name, *cure;
};

static const char own[] = "hellod sends that field itself", framing[] = "hellod alone frames its messages";

static const struct known_field own_fields[] = {
    {"Accept-Ranges", own},
    {"Age", "an origin server sends no Age"},
    {"Allow", own},
    {"Cache-Control", "write cache_control = instead"},
    {"Connection", framing},
    {"Content-Encoding", own},
    {"Content-Length", framing},
    {"Content-Range", own},
    {"Content-Type", "hellod tells the type by the name's end, as /etc/mime.types says"},
    {"Date", own},
    {"ETag", own},
    {"Keep-Alive", framing},
    {"Last-Modified", own},
    {"Location", "write it in [redirect]"},
    {"TE", framing},
    {"Trailer", framing},
    {"Transfer-Encoding", framing},
    {"Upgrade", framing},
    {"X-Content-Type-Options", own},
};

static const char *cure_for_own(struct str name)
{
    for (size_t i = 0; i < sizeof own_fields / sizeof *own_fields; i++)
        if (str_equal_ignoring_case(name, str_of(own_fields[i].name)))
            return own_fields[i].cure;
    return NULL;
}

bool config_field_check(struct config_file *file, const struct config_entry *entry)
{
    struct str text = str_of(entry->value), name = {text.data, octet_span(text, OCTET_TOKEN)};
    const char *fault = NULL;
    if (name.length == 0 || name.length == text.length || text.data[name.length] != ':')
        fault = "write a field as Name: value";
    else if (octet_span(text, OCTET_FIELD) != text.length)
        fault = "a control byte; only text may be in a field";
    else
        fault = cure_for_own(name);
    if (fault)
        config_file_refuse(file, entry, "%s", fault);
    return !fault;
}

enum argument { ARGUMENT_NONE, ARGUMENT_SECONDS, ARGUMENT_MAYBE_FIELDS };

static const struct {
    const char *name;
    enum argument argument;
} directives[] = {
    {"immutable", ARGUMENT_NONE},
    {"max-age", ARGUMENT_SECONDS},
    {"must-revalidate", ARGUMENT_NONE},
    {"must-understand", ARGUMENT_NONE},
    {"no-cache", ARGUMENT_MAYBE_FIELDS},
    {"no-store", ARGUMENT_NONE},
    {"no-transform", ARGUMENT_NONE},
    {"private", ARGUMENT_MAYBE_FIELDS},
    {"proxy-revalidate", ARGUMENT_NONE},
    {"public", ARGUMENT_NONE},
    {"s-maxage", ARGUMENT_SECONDS},
    {"stale-if-error", ARGUMENT_SECONDS},
    {"stale-while-revalidate", ARGUMENT_SECONDS},
};

/* A directive nobody has heard of may be one of tomorrow's (section 5.2.3), unless it looks like a slip. */
static bool check_unknown(struct config_file *file, const struct config_entry *entry, const char *name)
{
    struct config_nearest nearest = {.word = name};
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
        config_nearest_try(&nearest, directives[i].name);
    if (nearest.best)
        config_file_refuse(file, entry, "unknown directive %s, did you mean %s?", name, nearest.best);
    return !nearest.best;
}

static bool check_argument(struct config_file *file, const struct config_entry *entry, const char *name,
                           enum argument expected, struct str argument)
{
    uint64_t seconds;
    if (expected == ARGUMENT_SECONDS && str_to_uint64(argument, &seconds) != 0)
        config_file_refuse(file, entry, "%s takes a number of seconds, as in %s=3600", name, name);
    else if (expected == ARGUMENT_NONE && argument.data)
        config_file_refuse(file, entry, "%s takes no value", name);
    else
        return true;
    return false;
}

static bool check_directive(struct config_file *file, const struct config_entry *entry, struct str directive)
{
    char name[DIRECTIVE_MAX];
    size_t length = octet_span(directive, OCTET_TOKEN);
    struct str argument = str_after(directive, length);
    if (length == 0 || length >= sizeof name || (argument.length > 0 && argument.data[0] != '=')) {
        config_file_refuse(file, entry, "write directives between commas, as in public, max-age=3600");
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)length, directive.data);
    argument = argument.length > 0 ? str_after(argument, 1) : (struct str){NULL, 0};
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
        if (str_equal_ignoring_case(str_of(name), str_of(directives[i].name)))
            return check_argument(file, entry, directives[i].name, directives[i].argument, argument);
    return check_unknown(file, entry, name);
}

bool config_field_check_cache_control(struct config_file *file, const struct config_entry *entry)
{
    struct str rest = str_of(entry->value), directive;
    if (octet_span(rest, OCTET_FIELD) != rest.length) {
        config_file_refuse(file, entry, "a control byte; only text may be in a field");
        return false;
    }
    /* A list of fields in quotes holds commas of its own; who writes one knows the RFC. */
    if (str_equal(rest, STR("off")) || memchr(rest.data, '"', rest.length))
        return true;
    while (str_next(&rest, ',', &directive))
        if (!check_directive(file, entry, str_trim(directive)))
            return false;
    return true;
}
