/* octet: each class against the grammar that it stands for, octet by octet. */
#include "http/octet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool is_one_of(int octet, const char *set)
{
    return octet != 0 && strchr(set, octet);
}

static bool is_alphanumeric(int octet)
{
    return is_one_of(octet, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}

static bool is_visible(int octet)
{
    return octet >= 0x21 && octet <= 0x7e;
}

/* What the RFCs' ABNF says of an octet, as the bits of a class. */
static int classes_of(int octet)
{
    bool unreserved = is_alphanumeric(octet) || is_one_of(octet, "-._~");
    bool sub_delim = is_one_of(octet, "!$&'()*+,;=");
    int classes = 0;
    if (is_alphanumeric(octet) || is_one_of(octet, "!#$%&'*+-.^_`|~"))
        classes |= OCTET_TOKEN;
    if (is_visible(octet) || octet == ' ' || octet == '\t' || octet >= 0x80)
        classes |= OCTET_FIELD;
    if (is_visible(octet) && octet != '#')
        classes |= OCTET_TARGET;
    if (unreserved || sub_delim)
        classes |= OCTET_REG_NAME;
    if (unreserved || sub_delim || is_one_of(octet, ":@/"))
        classes |= OCTET_PATH;
    if (is_one_of(octet, "0123456789"))
        classes |= OCTET_DIGIT;
    if (is_one_of(octet, "0123456789abcdefABCDEF"))
        classes |= OCTET_HEX;
    return classes;
}

static void test_classes(void **state)
{
    (void)state;
    for (int octet = 0; octet < 256; octet++)
        if (octet_classes[octet] != classes_of(octet))
            fail_msg("octet 0x%02x: 0x%02x, not 0x%02x", octet, octet_classes[octet], classes_of(octet));
}

static void test_span(void **state)
{
    (void)state;
    assert_int_equal(octet_span(STR("GET / "), OCTET_TOKEN), 3);
    assert_int_equal(octet_span(STR("123"), OCTET_DIGIT), 3);
    assert_int_equal(octet_span(STR(" "), OCTET_TOKEN), 0);
    assert_int_equal(octet_span((struct str){NULL, 0}, OCTET_TOKEN), 0);
    assert_int_equal(octet_span((struct str){"12345", 2}, OCTET_DIGIT), 2);
}

static void test_unescape(void **state)
{
    (void)state;
    for (int octet = 0; octet < 256; octet++) {
        char text[8];
        snprintf(text, sizeof text, "%%%02x4", octet);
        assert_int_equal(octet_unescape(str_of(text)), octet);
        snprintf(text, sizeof text, "%%%02X", octet);
        assert_int_equal(octet_unescape(str_of(text)), octet);
    }
    static const char *const broken[] = {"",    "%",   "%4",  "%4g", "%g4", "41", "%%41",
                                         "% 1", "%+1", "%-1", "%:0", "%@0", "%/0"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_int_equal(octet_unescape(str_of(broken[i])), -1);
    assert_int_equal(octet_unescape((struct str){"%41", 2}), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_span),
        cmocka_unit_test(test_unescape),
    };
    return cmocka_run_group_tests_name("octet", tests, NULL, NULL);
}
