/* The manual page of hello.ini tells of every option and rule, in the words of the tables. */
#include "../support/harness.h"
#include "config.h"
#include "config_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the page has the text from `from` on, or a failure. */
static char *find(char *from, const char *text)
{
    char *found = strstr(from, text);
    if (!found)
        fail_msg("src/hello.ini.5 has not, at its place:\n%s", text);
    return found;
}

static char *find_section(char *from, const char *section)
{
    char *head = harness_text(".Ss [%s]\n.Bl -tag -width Ds\n", section), *found = find(from, head);
    free(head);
    return found;
}

/* The lines that an option must have; after them, the page may go on. */
static char *find_option(char *from, const struct config_option *option)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    fprintf(out, ".It Cm %s No = Li %s\n%s\nTakes ", option->key, option->fallback, option->help);
    config_value_describe(&option->domain, out);
    fputs(".\n", out);
    assert_int_equal(fclose(out), 0);
    char *found = find(from, text);
    free(text);
    return found;
}

static char *find_rule(char *from, const struct config_rule *rule)
{
    char *text = harness_text(".It Cm %s No = Li %s\n%s\n", rule->key, rule->example, rule->help),
         *found = find(from, text);
    free(text);
    return found;
}

static void test_hello_ini(void **state)
{
    (void)state;
    char *page = harness_read_file("src/hello.ini.5", NULL), *next = page;
    assert_non_null(page);
    const char *section = "";
    size_t known = 0, told = 0;
    for (const struct config_option *option = config_options; option->section; option++, known++) {
        if (strcmp(section, option->section) != 0)
            next = find_section(next, option->section);
        section = option->section;
        next = find_option(next, option);
    }
    for (const struct config_rule *rule = config_rules; rule->section; rule++, known++) {
        if (strcmp(section, rule->section) != 0)
            next = find_section(next, rule->section);
        section = rule->section;
        next = find_rule(next, rule);
    }
    for (const char *item = page; (item = strstr(item, "\n.It Cm ")); item++)
        told++;
    assert_int_equal(told, known);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_hello_ini),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
