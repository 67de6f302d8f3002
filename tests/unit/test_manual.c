/* The manual page of hello.ini tells of every option, in the words of the table. */
#include "../support/harness.h"
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The block of an option that the page must hold; after it, the page may go on. */
static char *block_of(const struct config_option *option)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    fprintf(out, ".It Cm %s No = Li %s\n%s\nTakes ", option->key, option->fallback, option->help);
    config_value_describe(&option->domain, out);
    fputs(".\n", out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void test_hello_ini(void **state)
{
    (void)state;
    char *page = harness_read_file("src/hello.ini.5", NULL);
    assert_non_null(page);
    const char *section = "";
    char *next = page;
    size_t options = 0, items = 0;
    for (const struct config_option *option = config_options; option->section; option++, options++) {
        char *head = harness_text(".Ss [%s]\n.Bl -tag -width Ds\n", option->section),
             *block = block_of(option);
        if (strcmp(section, option->section) != 0)
            next = strstr(next, head);
        if (!next)
            fail_msg("src/hello.ini.5 has not, at its place, %s", head);
        section = option->section;
        next = strstr(next, block);
        if (!next)
            fail_msg("src/hello.ini.5 has not, at its place:\n%s", block);
        free(block);
        free(head);
    }
    for (const char *item = page; (item = strstr(item, "\n.It Cm ")); item++)
        items++;
    assert_int_equal(items, options);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_hello_ini),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
