/*
 * Each entry of one text is looked for in the other, below a head of the same name. One that is there word
 * for word has not changed; else, of the entries with its key, the first one that isn't in both is what it
 * was, or has become.
 */
#include "config_changes.h"

#include "config_rules.h"
#include "http/str.h"
#include "http/writer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Time grows with the square of it. */
enum { ENTRIES_MAX = 500 };

enum { VALUE_MAX = 100, TAIL_MAX = 64 };

#define NOTHING STR("(none)")

/* A walk over the entries of a text. */
struct cursor {
    struct str rest, section;
};

struct entry {
    struct str section; /* without its brackets */
    struct str key, value;
};

static struct cursor begin(const char *text)
{
    return (struct cursor){.rest = str_of(text)};
}

/* A value that goes on in further lines, which begin with a blank, is one with its line breaks. */
static struct str take_entry(struct str *rest)
{
    struct str whole = *rest, line;
    while (str_next(rest, '\n', &line) && rest->length > 0 && rest->data[0] == ' ')
        ;
    whole.length = line.length > 0 ? (size_t)(line.data + line.length - whole.data) : 0;
    return whole;
}

static bool next(struct cursor *cursor, struct entry *ret)
{
    while (cursor->rest.length > 0) {
        struct str whole = take_entry(&cursor->rest);
        const char *sign = whole.length > 0 ? memmem(whole.data, whole.length, " = ", 3) : NULL;
        if (str_starts_with(whole, STR("[")))
            cursor->section = (struct str){whole.data + 1, whole.length - 2};
        else if (sign) {
            *ret = (struct entry){.section = cursor->section,
                                  .key = {whole.data, (size_t)(sign - whole.data)},
                                  .value = str_after(whole, (size_t)(sign + 3 - whole.data))};
            return true;
        }
    }
    return false;
}

static bool is_same_key(const struct entry *a, const struct entry *b)
{
    return str_equal(a->key, b->key) && str_equal(a->section, b->section);
}

static bool holds(const char *text, const struct entry *entry)
{
    struct entry other;
    for (struct cursor cursor = begin(text); next(&cursor, &other);)
        if (str_equal(other.value, entry->value) && is_same_key(&other, entry))
            return true;
    return false;
}

/* The first entry of that key in `text` that `other` hasn't. */
static bool find_counterpart(const char *text, const char *other, const struct entry *entry,
                             struct entry *ret)
{
    for (struct cursor cursor = begin(text); next(&cursor, ret);)
        if (is_same_key(ret, entry) && !holds(other, ret))
            return true;
    return false;
}

/* Of several with a key, the first that changed is told with the first that it was. */
static bool is_first(const char *text, const char *other, const struct entry *entry)
{
    struct entry first;
    return find_counterpart(text, other, entry, &first) && first.value.data == entry->value.data;
}

static bool is_rule(struct str section)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)section.length, section.data);
    return config_rules_section(name);
}

static void put_value(struct writer *writer, struct str value)
{
    size_t length = 0;
    while (length < value.length && length < VALUE_MAX) {
        size_t step = str_utf8_length(str_after(value, length));
        length += step > 0 ? step : 1;
    }
    writer_put(writer, (struct str){value.data, length});
    if (length < value.length)
        writer_put(writer, STR("..."));
}

/* What is being written. */
struct telling {
    struct config_changes *changes;
    struct writer text, fields;
    struct str section; /* of the last one */
    unsigned told;
};

static void put_change(struct telling *telling, const struct entry *entry, struct str was, struct str is)
{
    struct writer longer = telling->text;
    if (!str_equal(telling->section, entry->section) || telling->told == 0) {
        writer_put(&longer, telling->told > 0 ? STR("; [") : STR("["));
        writer_put(&longer, entry->section);
        writer_put(&longer, STR("] "));
    } else {
        writer_put(&longer, STR(", "));
    }
    put_value(&longer, entry->key);
    writer_put(&longer, STR(" "));
    put_value(&longer, was);
    writer_put(&longer, STR(" -> "));
    put_value(&longer, is);
    if (longer.full)
        return;
    telling->text = longer;
    telling->section = entry->section;
    telling->told++;
}

static void put_field(struct telling *telling, const struct entry *entry)
{
    struct writer longer = telling->fields;
    writer_put(&longer, STR("CONFIG_CHANGED="));
    writer_put(&longer, entry->section);
    writer_put(&longer, STR("."));
    writer_put(&longer, entry->key);
    writer_put(&longer, STR("\n"));
    if (!longer.full)
        telling->fields = longer;
}

static void tell(struct telling *telling, const struct entry *entry, struct str was, struct str is)
{
    /* Once something had no room, shorter ones don't come before it. */
    if (telling->told == telling->changes->count)
        put_change(telling, entry, was, is);
    put_field(telling, entry);
    telling->changes->count++;
}

static void tell_changed_and_new(struct telling *telling, const char *before, const char *after)
{
    struct entry entry, old;
    for (struct cursor cursor = begin(after); next(&cursor, &entry);) {
        if (holds(before, &entry))
            continue;
        if (is_first(after, before, &entry) && find_counterpart(before, after, &entry, &old))
            tell(telling, &entry, old.value, entry.value);
        else if (is_rule(entry.section))
            tell(telling, &entry, NOTHING, entry.value);
    }
}

static void tell_gone(struct telling *telling, const char *before, const char *after)
{
    struct entry entry, now;
    for (struct cursor cursor = begin(before); next(&cursor, &entry);)
        if (is_rule(entry.section) && !holds(after, &entry) &&
            !(is_first(before, after, &entry) && find_counterpart(after, before, &entry, &now)))
            tell(telling, &entry, entry.value, NOTHING);
}

static bool is_long(const char *text)
{
    struct entry entry;
    unsigned count = 0;
    for (struct cursor cursor = begin(text); next(&cursor, &entry);)
        count++;
    return count > ENTRIES_MAX;
}

/* The sections of rules, which stand behind all others. */
static const char *rules_of(const char *text)
{
    struct str rest = str_of(text), line;
    while (str_next(&rest, '\n', &line))
        if (str_starts_with(line, STR("[")) && is_rule((struct str){line.data + 1, line.length - 2}))
            return line.data;
    return "";
}

/* What can't be told entry by entry. */
static void tell_as_a_whole(struct config_changes *ret, const char *text)
{
    ret->count = 1;
    snprintf(ret->text, sizeof ret->text, "%s", text);
    snprintf(ret->fields, sizeof ret->fields, "CONFIG_CHANGED=rules\n");
}

void config_changes_find(const char *before, const char *after, struct config_changes *ret)
{
    *ret = (struct config_changes){0};
    struct telling telling = {
        .changes = ret,
        .text = {.buffer = ret->text, .size = sizeof ret->text - TAIL_MAX},
        .fields = {.buffer = ret->fields, .size = sizeof ret->fields - 1},
    };
    if (strcmp(before, after) == 0)
        return;
    if (is_long(before) || is_long(after)) {
        tell_as_a_whole(ret, "there are too many rules to tell which");
        return;
    }
    tell_changed_and_new(&telling, before, after);
    tell_gone(&telling, before, after);
    /* Behind them may stand the beginning of what had no room. */
    ret->text[telling.text.length] = '\0';
    ret->fields[telling.fields.length] = '\0';
    if (ret->count == 0 && strcmp(rules_of(before), rules_of(after)) != 0)
        tell_as_a_whole(ret, "the order of the rules");
    else if (telling.told < ret->count)
        snprintf(ret->text + telling.text.length, TAIL_MAX, "%s%u more", telling.told > 0 ? ", and " : "",
                 ret->count - telling.told);
}
