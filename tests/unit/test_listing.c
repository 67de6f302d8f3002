/* listing: the three forms, the order, and names that would be something else where they stand. */
#include "http/listing.h"

#include "support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char page[128 << 10];

static const char *write_entries(enum listing_form form, const char *path,
                                 const struct listing_entry *entries, size_t count, bool complete)
{
    struct writer writer = {.buffer = page, .size = sizeof page - 1};
    listing_write_start(&writer, form, str_of(path));
    for (size_t i = 0; i < count; i++)
        listing_write_entry(&writer, form, &entries[i], i == 0);
    listing_write_end(&writer, form, count, complete);
    assert_true(writer_length(&writer) == writer.length && !writer.full);
    page[writer.length] = '\0';
    return page;
}

static const char *write_name(enum listing_form form, const char *name, bool folder)
{
    const struct listing_entry entry = {
        .name = str_of(name), .folder = folder, .size = 7, .modified = 784111777};
    return write_entries(form, "", &entry, 1, true);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text);
}

static void assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" in:\n%s", part, text);
}

static const struct listing_entry two[] = {
    {.name = STR("b"), .folder = true, .modified = 784111777},
    {.name = STR("a.txt"), .size = 1536, .modified = 1795420595},
};

static void text_is_a_link_a_line(void **state)
{
    (void)state;
    assert_string_equal(write_entries(LISTING_TEXT, "x", two, 2, true), "b/\na.txt\n");
    assert_string_equal(write_entries(LISTING_TEXT, "", NULL, 0, true), "");
    assert_string_equal(write_entries(LISTING_TEXT, "x", two, 1, false),
                        "b/\n# There is more in this folder than the 1 names shown.\n");
    assert_string_equal(write_name(LISTING_TEXT, "a b\n#?%\xff", false), "a%20b%0A%23%3F%25%FF\n");
}

static void json_is_an_object(void **state)
{
    (void)state;
    assert_string_equal(write_entries(LISTING_JSON, "x/y", two, 2, true),
                        "{\"path\": \"/x/y/\", \"entries\": [\n"
                        "{\"name\": \"b\", \"href\": \"./b/\", \"type\": \"folder\", "
                        "\"modified\": \"1994-11-06T08:49:37Z\"},\n"
                        "{\"name\": \"a.txt\", \"href\": \"./a.txt\", \"type\": \"file\", \"size\": 1536, "
                        "\"modified\": \"2026-11-23T07:56:35Z\"}\n"
                        "], \"complete\": true}\n");
    assert_string_equal(write_entries(LISTING_JSON, "", NULL, 0, false),
                        "{\"path\": \"/\", \"entries\": [\n], \"complete\": false}\n");
    const char *text = write_name(LISTING_JSON, "\"\\\n\x1f\xff\xc3\xa4</script>", true);
    assert_has(text, "\"name\": \"\\\"\\\\\\u000a\\u001f\xef\xbf\xbd\xc3\xa4</script>\"");
    assert_has(text, "\"href\": \"./%22%5C%0A%1F%FF%C3%A4%3C/script%3E/\"");
}

static void html_is_a_page(void **state)
{
    (void)state;
    const char *text = write_entries(LISTING_HTML, "x/y", two, 2, true);
    assert_memory_equal(text, "<!DOCTYPE html>\n<html lang=\"en\">\n", 33);
    assert_has(text, "prefers-color-scheme: dark");
    assert_has(text, "rel=\"icon\" href=\"data:");
    assert_has(text, "<title>/x/y/</title>");
    assert_has(text, "<h1><a href=\"../../\">/</a> <a href=\"../\"><bdi>x</bdi></a> / <bdi>y</bdi> /</h1>");
    assert_has(text, "<a class=\"f\" href=\"../\">..</a>");
    assert_has(text, "<a class=\"f\" href=\"./b/\"><bdi>b</bdi>/</a><td><td>1994-11-06 08:49\n");
    assert_has(text, "<a href=\"./a.txt\"><bdi>a.txt</bdi></a><td>1.5 KiB<td>2026-11-23 07:56\n");
    assert_has_not(text, "more in this folder");
    text = write_entries(LISTING_HTML, "", NULL, 0, true);
    assert_has(text, "<title>/</title>");
    assert_has(text, "<h1>/</h1>");
    assert_has(text, "Nothing is in this folder.");
    assert_has_not(text, "..</a>");
    assert_has(write_entries(LISTING_HTML, "", two, 2, false), "more in this folder than the 2 names");
}

static void html_shows_names_as_they_are(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"<script>alert(1)</script>", "./%3Cscript%3Ealert(1)%3C/script%3E\"",
         "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;</bdi>"},
        {"\" onclick=\"x", "./%22%20onclick=%22x\"", "<bdi>&quot; onclick=&quot;x</bdi>"},
        {"'&amp;", "./&#39;&amp;amp;\"", "<bdi>&#39;&amp;amp;</bdi>"},
        {"javascript:alert(1)", "./javascript:alert(1)\"", "<bdi>javascript:alert(1)</bdi>"},
        {"a?b#c%41", "./a%3Fb%23c%2541\"", "<bdi>a?b#c%41</bdi>"},
        {"a b", "./a%20b\"", "<bdi>a b</bdi>"},
        {"\xc3\xa4", "./%C3%A4\"", "<bdi>\xc3\xa4</bdi>"},
        {"\xe4", "./%E4\"", "<bdi>\xef\xbf\xbd</bdi>"},
        {"\xc0\xaf", "./%C0%AF\"", "<bdi>\xef\xbf\xbd\xef\xbf\xbd</bdi>"},
        {"a\r\nb\x7f", "./a%0D%0Ab%7F\"",
         "<bdi>a\xef\xbf\xbd\xef\xbf\xbd"
         "b\xef\xbf\xbd</bdi>"},
        {"back\\slash", "./back%5Cslash\"", "<bdi>back\\slash</bdi>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = write_name(LISTING_HTML, rows[i][0], false);
        assert_has(text, rows[i][1]);
        assert_has(text, rows[i][2]);
    }
    const char *text = write_entries(LISTING_HTML, "<i>/\"&", NULL, 0, true);
    assert_has(text, "<title>/&lt;i&gt;/&quot;&amp;/</title>");
    assert_has(text, "<bdi>&lt;i&gt;</bdi></a> / <bdi>&quot;&amp;</bdi> /</h1>");
}

static void sizes_are_told_by_three_digits_or_four(void **state)
{
    (void)state;
    static const struct {
        uint64_t size;
        const char *text;
    } rows[] = {
        {0, "<td>0 B<td>"},
        {1023, "<td>1023 B<td>"},
        {1024, "<td>1.0 KiB<td>"},
        {99 * 1024 + 1023, "<td>99.9 KiB<td>"},
        {100 * 1024, "<td>100 KiB<td>"},
        {1024 * 1024 - 1, "<td>1023 KiB<td>"},
        {5 << 20, "<td>5.0 MiB<td>"},
        {UINT64_C(3) << 29, "<td>1.5 GiB<td>"},
        {UINT64_C(1) << 41, "<td>2.0 TiB<td>"},
        {UINT64_MAX, "<td>16777215 TiB<td>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct listing_entry entry = {.name = STR("n"), .size = rows[i].size, .modified = INT64_MAX};
        const char *text = write_entries(LISTING_HTML, "", &entry, 1, true);
        assert_has(text, rows[i].text);
        assert_has(text, "<td>\n"); /* the date, which is none */
        assert_has_not(write_entries(LISTING_JSON, "", &entry, 1, true), "modified");
    }
}

static void the_most_fits(void **state)
{
    (void)state;
    static char path[LISTING_PATH_MAX + 1], name[LISTING_NAME_MAX + 1];
    static const char *const segments[] = {"\"", "a", "\"\"\"\"\"\"\"\""};
    memset(name, '"', sizeof name - 1);
    for (enum listing_form form = 0; form < LISTING_FORMS; form++) {
        for (size_t kind = 0; kind < 3; kind++) {
            size_t length = 0, segment = strlen(segments[kind]);
            while (length + segment + 1 < sizeof path) {
                memcpy(path + length, segments[kind], segment);
                path[length + segment] = '/';
                length += segment + 1;
            }
            struct writer start = {.buffer = page, .size = LISTING_START_MAX};
            listing_write_start(&start, form, (struct str){path, length - 1});
            assert_false(start.full);
        }
        memset(path, '"', sizeof path - 1);
        struct writer start = {.buffer = page, .size = LISTING_START_MAX};
        listing_write_start(&start, form, (struct str){path, LISTING_PATH_MAX});
        assert_false(start.full);
        static const char worst[] = "\"&\x01";
        for (size_t i = 0; i < sizeof worst - 1; i++) {
            memset(name, worst[i], sizeof name - 1);
            const struct listing_entry entry = {.name = str_of(name), .folder = false, .size = UINT64_MAX};
            struct writer writer = {.buffer = page, .size = LISTING_ENTRY_MAX};
            listing_write_entry(&writer, form, &entry, false);
            assert_false(writer.full);
        }
        struct writer end = {.buffer = page, .size = LISTING_END_MAX};
        listing_write_end(&end, form, SIZE_MAX, false);
        assert_false(end.full);
    }
}

static int compare(const void *a, const void *b)
{
    return listing_compare(a, b);
}

static void entries_have_an_order(void **state)
{
    (void)state;
    static const char *const in_order[] = {
        "dir9/", "dir10/", "Dir11/", "1.txt", "01.txt", "2.txt", "10.txt", "_",       "a", "a0", "A1",
        "a2",    "a010",   "a11",    "ab",    "B",      "file9", "file10", "file10x", "Z", "z",  "\xc3\xa4"};
    enum { COUNT = sizeof in_order / sizeof *in_order };
    struct listing_entry entries[COUNT];
    unsigned seed = 5;
    for (unsigned run = 0; run < 200; run++) {
        for (unsigned i = 0; i < COUNT; i++) {
            unsigned place = (seed = seed * 1103515245 + 12345) >> 16;
            struct str name = str_of(in_order[i]);
            bool folder = name.data[name.length - 1] == '/';
            entries[i] = entries[place % (i + 1)];
            entries[place % (i + 1)] =
                (struct listing_entry){.name = {name.data, name.length - folder}, .folder = folder};
        }
        qsort(entries, COUNT, sizeof *entries, compare);
        for (unsigned i = 0; i < COUNT; i++)
            if (entries[i].name.data != in_order[i])
                fail_msg("%s where %s should be", entries[i].name.data, in_order[i]);
    }
}

static void a_form_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum listing_form form;
    } rows[] = {
        {NULL, LISTING_HTML},
        {"*/*", LISTING_HTML},
        {"text/html,application/xhtml+xml,*/*;q=0.8", LISTING_HTML},
        {"application/json", LISTING_JSON},
        {"application/json, text/plain, */*", LISTING_JSON},
        {"application/json, */*;q=0.5", LISTING_JSON},
        {"text/plain", LISTING_TEXT},
        {"text/*", LISTING_HTML},
        {"text/*;q=0.4, text/plain", LISTING_TEXT},
        {"image/png", LISTING_HTML},
        {"", LISTING_HTML},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str accept = rows[i].accept ? str_of(rows[i].accept) : (struct str){NULL, 0};
        if (listing_form_for(accept) != rows[i].form)
            fail_msg("\"%s\": %d", rows[i].accept, listing_form_for(accept));
    }
    assert_true(str_equal(listing_media_type(LISTING_TEXT), STR("text/plain")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_a_link_a_line),
        cmocka_unit_test(json_is_an_object),
        cmocka_unit_test(html_is_a_page),
        cmocka_unit_test(html_shows_names_as_they_are),
        cmocka_unit_test(sizes_are_told_by_three_digits_or_four),
        cmocka_unit_test(the_most_fits),
        cmocka_unit_test(entries_have_an_order),
        cmocka_unit_test(a_form_is_asked_for),
    };
    return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
