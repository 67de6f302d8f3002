/* writer: pieces, what each kind of text needs escaped, and the end of the space. */
#include "http/writer.h"

#include "support/harness.h"

#include <string.h>

static char buffer[64];

static struct writer start(size_t size)
{
    return (struct writer){.buffer = buffer, .size = size};
}

static void assert_wrote(const struct writer *writer, const char *text)
{
    assert_int_equal(writer_length(writer), strlen(text));
    assert_memory_equal(buffer, text, strlen(text));
}

static void pieces_follow_each_other(void **state)
{
    (void)state;
    struct writer writer = start(sizeof buffer);
    writer_put(&writer, STR("a"));
    writer_put(&writer, (struct str){NULL, 0});
    writer_put_decimal(&writer, 0);
    writer_put_decimal(&writer, UINT64_MAX);
    assert_wrote(&writer, "a018446744073709551615");
}

static void nothing_is_written_behind_what_did_not_fit(void **state)
{
    (void)state;
    struct writer writer = start(5);
    buffer[5] = '!';
    writer_put(&writer, STR("abcd"));
    writer_put(&writer, STR("ef"));
    writer_put(&writer, STR("g"));
    assert_int_equal(writer_length(&writer), 0);
    assert_memory_equal(buffer, "abcd", 4);
    assert_int_equal(buffer[5], '!');
    writer = start(5);
    writer_put(&writer, STR("abcde"));
    assert_wrote(&writer, "abcde");
}

static void html_is_escaped(void **state)
{
    (void)state;
    struct writer writer = start(sizeof buffer);
    writer_put_html(&writer, STR("<a b='\"&\"'>\n\xc3\xa4\xff\xe2\x82"));
    assert_wrote(
        &writer,
        "&lt;a b=&#39;&quot;&amp;&quot;&#39;&gt;\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    writer = start(sizeof buffer);
    writer_put_html(&writer, (struct str){NULL, 0});
    assert_wrote(&writer, "");
}

static void json_is_escaped(void **state)
{
    (void)state;
    struct writer writer = start(sizeof buffer);
    writer_put_json(&writer, STR("\"\\\t\0</\xf0\x9f\x98\x80\xed\xa0\x80\x7f\xc2\x9b\xc2\xa0"));
    assert_wrote(&writer, "\\\"\\\\\\u0009\\u0000</\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                          "\\u007f\\u009b\xc2\xa0");
}

static void escaped_text_is_printable_and_has_no_quotation_mark(void **state)
{
    (void)state;
    struct writer writer = start(sizeof buffer);
    writer_put_escaped(&writer, STR("a \"b\" \\ \r\n\t\x1b\0\xc3\xa9~"));
    assert_wrote(&writer, "a \\x22b\\x22 \\\\ \\r\\n\\t\\x1b\\x00\\xc3\\xa9~");
    writer = start(4);
    writer_put_escaped(&writer, STR("ab\""));
    assert_int_equal(writer_length(&writer), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escaped_text_is_printable_and_has_no_quotation_mark),
        cmocka_unit_test(pieces_follow_each_other),
        cmocka_unit_test(nothing_is_written_behind_what_did_not_fit),
        cmocka_unit_test(html_is_escaped),
        cmocka_unit_test(json_is_escaped),
    };
    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
