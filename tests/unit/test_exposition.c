/* Reading the text format of Prometheus: samples, labels, and what is none. */
#include "exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_sample(struct str *rest, const char *name, const char *labels, double value)
{
    struct exposition_sample sample;
    assert_true(exposition_next(rest, &sample));
    assert_true(str_equal(sample.name, str_of(name)));
    assert_true(str_equal(sample.labels, str_of(labels)));
    assert_true(sample.value == value);
}

static void samples_are_read_in_order(void **state)
{
    (void)state;
    struct str rest = STR("# HELP a b\n# TYPE a gauge\na 1\nb:c_total{d=\"e\"} 2.5e+3\n\n"
                          "h_bucket{le=\"+Inf\",x=\"}\"} 3\nlast -0.5");
    struct exposition_sample sample;
    expect_sample(&rest, "a", "", 1);
    expect_sample(&rest, "b:c_total", "d=\"e\"", 2500);
    expect_sample(&rest, "h_bucket", "le=\"+Inf\",x=\"}\"", 3);
    expect_sample(&rest, "last", "", -0.5);
    assert_false(exposition_next(&rest, &sample));
}

static void what_is_no_sample_is_passed_over(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "a",
        "a ",
        "a one",
        "a 1 2",
        " a 1",
        "a{ 1",
        "a{b} 1",
        "a{b=} 1",
        "a{b=\"} 1",
        "a{b=\"\\\"} 1",
        "a{b=\"c\"1",
        "a{b=\"c\"}1",
        "a{b=\"c\" } 1",
        "{} 1",
        "a{b=c} 1",
        "a\t1",
        "a{b=\"c\"}",
        "a 1x",
        "a 0123456789012345678901234567890123456789012345678901234567890123",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct str rest = str_of(lines[i]);
        struct exposition_sample sample;
        if (exposition_next(&rest, &sample))
            fail_msg("taken for a sample: %s", lines[i]);
    }
}

static void expect_label(const struct exposition_sample *sample, const char *name, const char *value)
{
    char buffer[32];
    size_t length;
    assert_true(exposition_label(sample, name, buffer, sizeof buffer, &length));
    assert_true(str_equal((struct str){buffer, length}, str_of(value)));
}

static void labels_are_unescaped(void **state)
{
    (void)state;
    struct str rest = STR("a{b=\"c\",d=\"\",quote=\"\\\"\\\\\\n,}\",last=\"z\"} 1\n");
    struct exposition_sample sample;
    char buffer[4];
    size_t length;
    assert_true(exposition_next(&rest, &sample));
    expect_label(&sample, "b", "c");
    expect_label(&sample, "d", "");
    expect_label(&sample, "quote", "\"\\\n,}");
    expect_label(&sample, "last", "z");
    assert_false(exposition_label(&sample, "c", buffer, sizeof buffer, &length));
    assert_false(exposition_label(&sample, "", buffer, sizeof buffer, &length));
    /* What there is room for. */
    assert_true(exposition_label(&sample, "quote", buffer, 2, &length));
    assert_int_equal(length, 2);
    assert_memory_equal(buffer, "\"\\", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_read_in_order),
        cmocka_unit_test(what_is_no_sample_is_passed_over),
        cmocka_unit_test(labels_are_unescaped),
    };
    return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
