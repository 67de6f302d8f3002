/* config_changes: two texts of --dump-config, and what is said of their difference. */
#include "config_changes.h"

#include "support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define BASE                                                                                                 \
    "[server]\naddress = ::1\npool_size = 4\nindex = a b\n\n[limits]\nhead = 16K\n\n[timeouts]\nhead = "     \
    "10s\n"

static const struct {
    const char *before, *after, *text, *fields;
} rows[] = {
    {BASE, BASE, "", ""},
    {"", "", "", ""},
    {"[a]\nb = 1\n", "[a]\nb = 2\n", "[a] b 1 -> 2", "CONFIG_CHANGED=a.b\n"},
    {BASE,
     "[server]\naddress = ::1\npool_size = 8\nindex = a\n\n[limits]\nhead = 16K\n\n[timeouts]\nhead = 11s\n",
     "[server] pool_size 4 -> 8, index a b -> a; [timeouts] head 10s -> 11s",
     "CONFIG_CHANGED=server.pool_size\nCONFIG_CHANGED=server.index\nCONFIG_CHANGED=timeouts.head\n"},
    /* An option that another version has, or hasn't. */
    {"[a]\nb = 1\nold = 1\n", "[a]\nnew = 1\nb = 2\n", "[a] b 1 -> 2", "CONFIG_CHANGED=a.b\n"},
    {"[a]\nb = 1\nold = 1\n", "[a]\nnew = 1\nb = 1\n", "", ""},
    /* Rules come and go. */
    {"[a]\nb = 1\n", "[a]\nb = 1\n\n[path /x]\nlisting = on\n", "[path /x] listing (none) -> on",
     "CONFIG_CHANGED=path /x.listing\n"},
    {"[a]\nb = 1\n\n[path /x]\nlisting = on\n", "[a]\nb = 1\n", "[path /x] listing on -> (none)",
     "CONFIG_CHANGED=path /x.listing\n"},
    {"[path /x]\nlisting = on\n", "[path /y]\nlisting = on\n",
     "[path /y] listing (none) -> on; [path /x] listing on -> (none)",
     "CONFIG_CHANGED=path /y.listing\nCONFIG_CHANGED=path /x.listing\n"},
    {"[redirect]\n/a = /b 301\n/c = /d 301\n", "[redirect]\n/a = /b 302\n/e = /f 301\n",
     "[redirect] /a /b 301 -> /b 302, /e (none) -> /f 301, /c /d 301 -> (none)",
     "CONFIG_CHANGED=redirect./a\nCONFIG_CHANGED=redirect./e\nCONFIG_CHANGED=redirect./c\n"},
    /* Several of a key: those that are in both don't count. */
    {"[path /x]\nheader = A: 1\nheader = B: 1\n", "[path /x]\nheader = A: 1\nheader = B: 2\nheader = C: 1\n",
     "[path /x] header B: 1 -> B: 2, header (none) -> C: 1",
     "CONFIG_CHANGED=path /x.header\nCONFIG_CHANGED=path /x.header\n"},
    {"[path /x]\nheader = A: 1\nheader = B: 1\n", "[path /x]\nheader = C: 1\n",
     "[path /x] header A: 1 -> C: 1, header B: 1 -> (none)",
     "CONFIG_CHANGED=path /x.header\nCONFIG_CHANGED=path /x.header\n"},
    /* A value in several lines, as config_file_write() makes it. */
    {"[path /x]\nheader = A: 1 \\\n    2\n", "[path /x]\nheader = A: 1 \\\n    3\n",
     "[path /x] header A: 1 \\\n    2 -> A: 1 \\\n    3", "CONFIG_CHANGED=path /x.header\n"},
    {"[path /x]\nlisting = on\n\n[path /y]\nlisting = on\n",
     "[path /y]\nlisting = on\n\n[path /x]\nlisting = on\n", "the order of the rules",
     "CONFIG_CHANGED=rules\n"},
    {"[a]\nb = 1\n\n[path /x]\n", "[a]\nb = 1\n", "the order of the rules", "CONFIG_CHANGED=rules\n"},
    /* Whatever it is, it is no crash. */
    {"no head = 1\n", "no head = 2\n", "[] no head 1 -> 2", "CONFIG_CHANGED=.no head\n"},
    {"[\n = \n", "[a]\n    = 1\nx", "", ""},
};

static void what_differs_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct config_changes changes;
        config_changes_find(rows[i].before, rows[i].after, &changes);
        assert_string_equal(changes.text, rows[i].text);
        assert_string_equal(changes.fields, rows[i].fields);
    }
}

static void long_values_are_cut_between_characters(void **state)
{
    (void)state;
    struct config_changes changes;
    char before[400] = "[a]\nb = x";
    for (unsigned i = 0; i < 120; i++)
        strcat(before, "\xc3\xa9");
    config_changes_find(before, "[a]\nb = 1\n", &changes);
    assert_int_equal(changes.count, 1);
    assert_int_equal(strlen(changes.text), strlen("[a] b x...") + 100 + strlen(" -> 1"));
    assert_string_equal(changes.text + strlen(changes.text) - 10, "\xc3\xa9... -> 1");
}

/* `count` redirects to `where`. */
static char *redirects(unsigned count, const char *where)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    fputs("[redirect]\n", out);
    for (unsigned i = 0; i < count; i++)
        fprintf(out, "/old/number/%u = /%s/%u 301\n", i, where, i);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void of_very_many_the_first_are_told(void **state)
{
    (void)state;
    struct config_changes changes;
    char *before = redirects(400, "a"), *after = redirects(400, "b");
    config_changes_find(before, after, &changes);
    assert_int_equal(changes.count, 400);
    assert_memory_equal(changes.text, "[redirect] /old/number/0 /a/0 301 -> /b/0 301, /old/number/1 ", 60);
    unsigned more, told = 0;
    assert_int_equal(sscanf(strrchr(changes.text, ',') + 1, " and %u more", &more), 1);
    for (const char *change = changes.text; (change = strstr(change, " -> ")); change++)
        told++;
    assert_int_equal(told + more, 400);
    assert_int_equal(changes.fields[strlen(changes.fields) - 1], '\n');
    free(before), free(after);
    before = redirects(3000, "a"), after = redirects(3000, "b");
    config_changes_find(before, after, &changes);
    assert_string_equal(changes.text, "there are too many rules to tell which");
    free(before), free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(what_differs_is_told),
        harness_test(long_values_are_cut_between_characters),
        harness_test(of_very_many_the_first_are_told),
    };
    return cmocka_run_group_tests_name("config_changes", tests, NULL, NULL);
}
