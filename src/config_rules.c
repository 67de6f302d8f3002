/*
 * Sections of rules, entry by entry. A head of [path ...] begins a rule, and the keys below it are the last
 * rule's, until the next head. A rule with a pattern that was refused is made all the same, so that its keys
 * are judged too: nothing of it is used once there is a mistake.
 */
#include "config_rules.h"

#include "config_entry.h"
#include "config_field.h"
#include "config_nearest.h"
#include "http/location.h"
#include "http/octet.h"
#include "http/pattern.h"
#include "http/response.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLANK " \t"

enum { LOCATION_MAX = RULES_LOCATION_MAX, REDIRECT_DEFAULT = 301 };

const char *const config_rules_sections[] = {"path", "redirect", "errors", NULL};

/* A row is two lines: what may be written, and what it is for. */
const struct config_rule config_rules[] = {
    /* clang-format off */
    {"path /assets/*", "cache_control", "public, max-age=31536000, immutable",
     "What caches are told of what is found; off: nothing."},
    {"path /assets/*", "header", "Access-Control-Allow-Origin: *",
     "A field more in the head, as many lines as fields; one without a value takes an earlier section's away."},
    {"path /assets/*", "listing", "on",
     "As in [server], for these paths."},
    {"path /assets/*", "precompressed", "off",
     "As in [server], for these paths."},
    {"path /assets/*", "fallback", "off",
     "As in [server], for these paths."},
    {"redirect", "/old/*", "/new/* 308",
     "Where a path has moved: a path or an http address, in which a * is what the first one stood for, and the status."},
    {"errors", "403", "/errors/403.html",
     "The page for a status from 400 on; for 404 it is /404.html unless another is named."},
    {NULL, NULL, NULL, NULL},
    /* clang-format on */
};

/* The keys of [path], in the order of the rows. */
enum path_key { PATH_CACHE_CONTROL, PATH_HEADER, PATH_LISTING, PATH_PRECOMPRESSED, PATH_FALLBACK, PATH_KEYS };

/* Room for one more in an array; NULL, and the error noted, where there is none. */
static void *grow(struct config_file *file, void *array, size_t count, size_t size)
{
    void *grown = reallocarray(array, count + 1, size);
    if (!grown)
        file->error = -ENOMEM;
    return grown;
}

static char *copy(struct config_file *file, const char *text)
{
    char *copied = strdup(text);
    if (!copied)
        file->error = -ENOMEM;
    return copied;
}

/* NULL, or what is wrong with a pattern of paths. */
static const char *pattern_fault(struct str pattern)
{
    if (pattern.length == 0 || (pattern.data[0] != '/' && pattern.data[0] != '*'))
        return "a path begins with a slash";
    if (memmem(pattern.data, pattern.length, "//", 2))
        return "no path has two slashes in a row";
    for (size_t i = 0; i < pattern.length; i++)
        if (octet_unescape(str_after(pattern, i)) >= 0)
            return "write the path as it reads, without %-escapes";
    return NULL;
}

const char *config_rules_section(const char *section)
{
    size_t word = strcspn(section, BLANK);
    for (const char *const *name = config_rules_sections; *name; name++)
        if (strlen(*name) == word && strncmp(section, *name, word) == 0)
            return *name;
    return NULL;
}

static void begin_path(struct config_rules_reader *reader, const struct config_entry *entry)
{
    struct rules *rules = reader->rules;
    struct str pattern = str_trim(str_of(entry->section + strlen("path")));
    const char *fault =
        pattern.length == 0 ? "say for which paths, as in [path /assets/*]" : pattern_fault(pattern);
    if (fault)
        config_file_mistake(reader->file, entry->line, "[%s]: %s", entry->section, fault);
    void *grown = grow(reader->file, rules->paths, rules->path_count, sizeof *rules->paths);
    if (!grown)
        return;
    rules->paths = grown;
    struct path_rule rule = {.pattern = strndup(pattern.data, pattern.length)};
    if (rule.pattern)
        rules->paths[rules->path_count++] = rule;
    else
        reader->file->error = -ENOMEM;
}

/* Whether the key was set before: below the same head of [path], or anywhere in [redirect] or [errors]. */
static bool refuse_again(struct config_rules_reader *reader, const struct config_entry *entry)
{
    const char *section = config_rules_section(entry->section);
    assert(section);
    bool path = strcmp(section, "path") == 0;
    for (const struct config_entry *e = entry; e-- > reader->file->entries;) {
        if (path && !e->key)
            return false;
        if (!e->key || strcmp(e->section, entry->section) != 0 || strcmp(e->key, entry->key) != 0)
            continue;
        config_file_refuse(reader->file, entry, "already set on line %u", e->line);
        return true;
    }
    return false;
}

static void read_header(struct config_rules_reader *reader, const struct config_entry *entry,
                        struct path_rule *rule)
{
    if (!config_field_check(reader->file, entry))
        return;
    if (reader->field_count == RULES_FIELDS_MAX) {
        config_file_refuse(reader->file, entry, "more than %d fields in all", RULES_FIELDS_MAX);
        return;
    }
    reader->field_bytes += strlen(entry->value);
    if (reader->field_bytes > RULES_BYTES_MAX) {
        config_file_refuse(reader->file, entry, "with this one the fields have more than %d bytes",
                           RULES_BYTES_MAX);
        return;
    }
    char **grown = grow(reader->file, rule->fields, rule->field_count, sizeof *rule->fields);
    if (!grown)
        return;
    rule->fields = grown;
    char *field = copy(reader->file, entry->value);
    if (!field)
        return;
    rule->fields[rule->field_count++] = field;
    reader->field_count++;
}

static void read_switch(struct config_rules_reader *reader, const struct config_entry *entry,
                        enum rule_switch *ret)
{
    static const struct config_domain domain = {CONFIG_BOOLEAN, 0, 0};
    bool on = false;
    config_entry_read(reader->file, entry, &domain, &on);
    *ret = on ? RULE_ON : RULE_OFF;
}

static void read_cache_control(struct config_rules_reader *reader, const struct config_entry *entry,
                               struct path_rule *rule)
{
    reader->field_bytes += strlen(entry->value);
    if (reader->field_bytes > RULES_BYTES_MAX)
        config_file_refuse(reader->file, entry, "with this one the fields have more than %d bytes",
                           RULES_BYTES_MAX);
    else if (config_field_check_cache_control(reader->file, entry))
        rule->cache_control = copy(reader->file, strcmp(entry->value, "off") == 0 ? "" : entry->value);
}

static void read_fallback(struct config_rules_reader *reader, const struct config_entry *entry,
                          struct path_rule *rule)
{
    static const struct config_domain domain = {CONFIG_FILE_OR_OFF, 0, 0};
    size_t mistakes = reader->file->n_mistakes;
    config_entry_read(reader->file, entry, &domain, &rule->fallback);
    if (!rule->fallback && reader->file->n_mistakes == mistakes)
        rule->fallback = copy(reader->file, "");
}

static void refuse_key(struct config_rules_reader *reader, const struct config_entry *entry)
{
    struct config_nearest nearest = {.word = entry->key};
    for (unsigned key = 0; key < PATH_KEYS; key++)
        config_nearest_try(&nearest, config_rules[key].key);
    if (nearest.best)
        config_file_refuse(reader->file, entry, "unknown key, did you mean %s?", nearest.best);
    else
        config_file_refuse(reader->file, entry, "unknown key; hellod --help lists all");
}

static void read_path_key(struct config_rules_reader *reader, const struct config_entry *entry)
{
    unsigned key = 0;
    struct path_rule *rule = &reader->rules->paths[reader->rules->path_count - 1];
    while (key < PATH_KEYS && strcmp(config_rules[key].key, entry->key) != 0)
        key++;
    if (key < PATH_KEYS && key != PATH_HEADER && refuse_again(reader, entry))
        return;
    switch (key) {
    case PATH_CACHE_CONTROL:
        read_cache_control(reader, entry, rule);
        break;
    case PATH_HEADER:
        read_header(reader, entry, rule);
        break;
    case PATH_LISTING:
        read_switch(reader, entry, &rule->listing);
        break;
    case PATH_PRECOMPRESSED:
        read_switch(reader, entry, &rule->precompressed);
        break;
    case PATH_FALLBACK:
        read_fallback(reader, entry, rule);
        break;
    default:
        refuse_key(reader, entry);
    }
}

/* "ADDRESS" or "ADDRESS STATUS"; NULL, or what is wrong with it. */
static const char *read_target(const char *value, struct redirect_rule *rule,
                               char location[static LOCATION_MAX])
{
    static const unsigned statuses[] = {301, 302, 303, 307, 308};
    struct str address = {value, strcspn(value, BLANK)},
               status = str_trim(str_after(str_of(value), address.length));
    uint64_t number = REDIRECT_DEFAULT;
    bool known = false;
    const char *fault;
    size_t length = location_read_template(address, location, LOCATION_MAX - 1, &fault);
    if (length == 0)
        return fault ? fault : "too long";
    location[length] = '\0';
    if (status.length > 0 && str_to_uint64(status, &number) != 0)
        number = 0;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        known |= statuses[i] == number;
    rule->status = (unsigned)number;
    return known ? NULL : "behind the address comes a status, 301, 302, 303, 307 or 308, or nothing";
}

/* A redirect that leads to where it is for leads there for ever. */
static bool leads_to_itself(const char *pattern, const char *location)
{
    char path[LOCATION_MAX];
    struct str target = {location, strcspn(location, "?#")}, star;
    if (location[0] != '/')
        return false;
    for (size_t i = 0; i < target.length; i++)
        path[i] = location[i] == '*' ? 'x' : location[i];
    return pattern_match_one(str_of(pattern), (struct str){path, target.length}, &star);
}

static const char *redirect_fault(const struct config_entry *entry, struct redirect_rule *rule,
                                  char location[static LOCATION_MAX])
{
    struct str pattern = str_of(entry->key);
    const char *fault = pattern_fault(pattern);
    if (fault)
        return fault;
    if (pattern_stars(pattern) > 1)
        return "one star at most";
    fault = read_target(entry->value, rule, location);
    if (fault)
        return fault;
    if (strchr(location, '*') && pattern_stars(pattern) == 0)
        return "the star stands for nothing: there is none on the left";
    return leads_to_itself(entry->key, location) ? "leads back to itself" : NULL;
}

static void read_redirect(struct config_rules_reader *reader, const struct config_entry *entry)
{
    struct rules *rules = reader->rules;
    struct redirect_rule rule = {0};
    char location[LOCATION_MAX];
    if (refuse_again(reader, entry))
        return;
    const char *fault = redirect_fault(entry, &rule, location);
    if (fault) {
        config_file_refuse(reader->file, entry, "%s", fault);
        return;
    }
    void *grown = grow(reader->file, rules->redirects, rules->redirect_count, sizeof *rules->redirects);
    if (!grown)
        return;
    rules->redirects = grown;
    rule.pattern = copy(reader->file, entry->key);
    rule.location = copy(reader->file, location);
    rules->redirects[rules->redirect_count++] = rule;
}

static void read_error(struct config_rules_reader *reader, const struct config_entry *entry)
{
    static const struct config_domain domain = {CONFIG_FILE, 0, 0};
    struct rules *rules = reader->rules;
    struct error_rule rule = {0};
    uint64_t status = 0;
    bool number = str_to_uint64(str_of(entry->key), &status) == 0 && status >= 400 && status <= 599;
    rule.status = (unsigned)status;
    if (!number || str_equal(response_reason(rule.status), STR("Unknown"))) {
        config_file_refuse(reader->file, entry, "not the status of an error that hellod answers with");
        return;
    }
    if (refuse_again(reader, entry))
        return;
    void *grown = grow(reader->file, rules->errors, rules->error_count, sizeof *rules->errors);
    if (!grown)
        return;
    rules->errors = grown;
    config_entry_read(reader->file, entry, &domain, &rule.file);
    if (rule.file)
        rules->errors[rules->error_count++] = rule;
}

void config_rules_read(struct config_rules_reader *reader, const struct config_entry *entry)
{
    const char *section = config_rules_section(entry->section);
    assert(section);
    bool path = strcmp(section, "path") == 0;
    if (reader->file->error < 0)
        return;
    if (!entry->key && path)
        begin_path(reader, entry);
    else if (!entry->key && strcmp(section, entry->section) != 0)
        config_file_mistake(reader->file, entry->line, "[%s]: write [%s]", entry->section, section);
    else if (!entry->key)
        return;
    else if (!*entry->value)
        config_file_mistake(reader->file, entry->line, "[%s] %s = : no value", entry->section, entry->key);
    else if (path)
        read_path_key(reader, entry);
    else if (strcmp(section, "redirect") == 0)
        read_redirect(reader, entry);
    else
        read_error(reader, entry);
}

static void dump_path(const struct path_rule *rule, FILE *out)
{
    static const char *const switches[] = {[RULE_OFF] = "off", [RULE_ON] = "on"};
    fprintf(out, "\n[path %s]\n", rule->pattern);
    if (rule->cache_control)
        config_file_write(out, config_rules[PATH_CACHE_CONTROL].key,
                          *rule->cache_control ? rule->cache_control : "off");
    for (size_t i = 0; i < rule->field_count; i++)
        config_file_write(out, config_rules[PATH_HEADER].key, rule->fields[i]);
    if (rule->listing != RULE_UNSAID)
        config_file_write(out, config_rules[PATH_LISTING].key, switches[rule->listing]);
    if (rule->precompressed != RULE_UNSAID)
        config_file_write(out, config_rules[PATH_PRECOMPRESSED].key, switches[rule->precompressed]);
    if (rule->fallback)
        fprintf(out, "%s = %s%s\n", config_rules[PATH_FALLBACK].key, *rule->fallback ? "/" : "off",
                rule->fallback);
}

void config_rules_dump(const struct rules *rules, FILE *out)
{
    for (size_t i = 0; i < rules->path_count; i++)
        dump_path(&rules->paths[i], out);
    for (size_t i = 0; i < rules->redirect_count; i++) {
        const struct redirect_rule *rule = &rules->redirects[i];
        fprintf(out, "%s%s = %s %u\n", i == 0 ? "\n[redirect]\n" : "", rule->pattern, rule->location,
                rule->status);
    }
    for (size_t i = 0; i < rules->error_count; i++)
        fprintf(out, "%s%u = /%s\n", i == 0 ? "\n[errors]\n" : "", rules->errors[i].status,
                rules->errors[i].file);
}

void config_rules_help(FILE *out)
{
    const char *section = "";
    for (const struct config_rule *rule = config_rules; rule->section; rule++) {
        if (strcmp(section, rule->section) != 0)
            fprintf(out, "\n[%s]\n", rule->section);
        section = rule->section;
        int width = fprintf(out, "  %s = %s", rule->key, rule->example);
        fprintf(out, "%*s%s\n", width > 0 && width + 2 < CONFIG_HELP_COLUMN ? CONFIG_HELP_COLUMN - width : 2,
                "", rule->help);
    }
}
