#ifndef HELLOD_CONFIG_RULES_H
#define HELLOD_CONFIG_RULES_H

#include "config_file.h"
#include "rules.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * The sections of the configuration that hold rules rather than options: [path PATTERN], any number of them;
 * [redirect], a line an address; [errors], a line a status. They have rows of their own, from which the help
 * and the examples in etc/hello.ini are made.
 */

/* What a rule's line may be. */
struct config_rule {
    const char *section; /* as its head is written in the example; NULL ends the table */
    const char *key;
    const char *example; /* a value */
    const char *help;    /* one sentence, one line */
};

extern const struct config_rule config_rules[];

/* A reading under way: {.file = ..., .rules = ...}, all else zero. */
struct config_rules_reader {
    struct config_file *file;
    struct rules *rules;
    size_t field_count, field_bytes; /* of all rules */
};

/* The section's kind, "path", "redirect" or "errors", or NULL where it holds no rules. */
const char *config_rules_section(const char *section);

/* The words that a section's head may begin with, NULL-terminated. */
extern const char *const config_rules_sections[];

/*
 * Takes an entry of such a section, the head itself included. What is right goes into the rules, what isn't
 * is noted as a mistake.
 */
void config_rules_read(struct config_rules_reader *reader, const struct config_entry *entry);

/* The rules as config_rules_read() reads them back to the same, each section with an empty line before it. */
void config_rules_dump(const struct rules *rules, FILE *out);

enum { CONFIG_HELP_COLUMN = 44 }; /* where the sentences of the help begin */

/* One line a row, for --help. */
void config_rules_help(FILE *out);

#endif
