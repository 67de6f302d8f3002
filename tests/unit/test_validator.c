/* validator: entity tags made and found in lists, and the times when there is none to be had. */
#include "http/validator.h"

#include "../support/harness.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 1000000000 };

static struct validators make(struct version version, int64_t now, char *etag)
{
    struct validators validators;
    validators_make(&version, now, etag, &validators);
    return validators;
}

static void assert_etag(struct version version, const char *expected)
{
    char buffer[ETAG_MAX];
    struct str etag = make(version, INT64_MAX, buffer).etag;
    if (!str_equal(etag, str_of(expected)))
        fail_msg("%.*s, not %s", (int)etag.length, etag.data, expected);
}

static void test_etags(void **state)
{
    (void)state;
    assert_etag((struct version){0x1a2b, 0x3c, 2, 0}, "\"1a2b-3c-77359400\"");
    assert_etag((struct version){0, 0, 2, 1}, "\"0-0-77359401\"");
    assert_etag((struct version){16, 255, 1000000000, 999999999}, "\"10-ff-de0b6b3e2fec9ff\"");
    assert_etag((struct version){UINT64_MAX, UINT64_MAX, 9223372036, 854775807},
                "\"ffffffffffffffff-ffffffffffffffff-7fffffffffffffff\"");
}

/* Whatever differs between two versions shows. */
static void test_each_version_has_its_own(void **state)
{
    (void)state;
    static const struct version versions[] = {
        {1, 1, 1000, 1}, {2, 1, 1000, 1},  {1, 2, 1000, 1},  {1, 1, 1001, 1},
        {1, 1, 1000, 2}, {11, 1, 1000, 1}, {1, 11, 1000, 1}, {0x111, 1, 1000, 1},
    };
    enum { COUNT = sizeof versions / sizeof *versions };
    char buffers[COUNT][ETAG_MAX];
    struct str etags[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        etags[i] = make(versions[i], NOW, buffers[i]).etag;
        for (size_t k = 0; k < i; k++)
            assert_false(str_equal(etags[i], etags[k]));
    }
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        int64_t modified;
        bool dated, settled;
    } rows[] = {
        {INT64_MIN, false, false}, {-1, false, false},       {0, false, false},
        {1, false, false},         {2, true, true},          {784111777, true, true},
        {NOW - 1, true, true},     {NOW, true, false}, /* written this very second */
        {NOW + 1, true, false},    {INT64_MAX, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char buffer[ETAG_MAX];
        struct validators validators = make((struct version){1, 1, rows[i].modified, 0}, NOW, buffer);
        assert_int_equal(validators.dated, rows[i].dated);
        assert_int_equal(validators.settled, rows[i].settled);
        assert_int_equal(validators.etag.length > 0, rows[i].settled);
        assert_true(validators.modified == rows[i].modified);
    }
}

/* RFC 9110 section 8.8.3.2, example of comparisons: ours is always strong. */
static void test_comparison(void **state)
{
    (void)state;
    static const struct str one = STR("\"1\"");
    assert_true(validators_listed(STR("\"1\""), one, false));
    assert_true(validators_listed(STR("\"1\""), one, true));
    assert_false(validators_listed(STR("W/\"1\""), one, false));
    assert_true(validators_listed(STR("W/\"1\""), one, true));
    assert_false(validators_listed(STR("W/\"2\""), one, true));
    assert_false(validators_listed(STR("\"2\""), one, true));
}

static void test_lists(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool strong, weak;
    } rows[] = {
        {"\"x\"", true, true}, /* section 13.1.1's examples */
        {"\"xyzzy\", \"x\", \"c3piozzzz\"", true, true},
        {"W/\"xyzzy\", W/\"x\", W/\"c3piozzzz\"", false, true},
        {"\"xyzzy\",\"x\"", true, true},
        {"\"xyzzy\" ,\t\"x\"", true, true},
        {",, \"xyzzy\",,, \"x\"", true, true},
        {"\"x\",", true, true},
        {"W/\"x\", \"x\"", true, true},
        {"\"a, \", \"x\"", true, true}, /* a comma within quotes parts nothing */
        {"\", \"x\", \"", false, false},
        {"\"\", \"x\"", true, true},
        {"", false, false},
        {",", false, false},
        {"x", false, false},
        {"'x'", false, false},
        {"\"x", false, false},
        {"x\"", false, false},
        {"w/\"x\"", false, false}, /* "W/" is case-sensitive: section 8.8.3 */
        {"W\"x\"", false, false},
        {"W/ \"x\"", false, false},
        {"\"X\"", false, false},
        {"\"x\"y", false, false},
        {"\"x\" \"y\"", false, false},
        {"y, \"x\"", false, false}, /* what isn't a tag ends the reading */
        {"\"y\" z, \"x\"", false, false},
        {"*", false, false}, /* stands for itself, not for a tag */
        {"*, \"x\"", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int weakly = 0; weakly < 2; weakly++)
            if (validators_listed(str_of(rows[i].value), STR("\"x\""), weakly) !=
                (weakly ? rows[i].weak : rows[i].strong))
                fail_msg("%s, %s", rows[i].value, weakly ? "weakly" : "strongly");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_etags), cmocka_unit_test(test_each_version_has_its_own),
        cmocka_unit_test(test_times), cmocka_unit_test(test_comparison),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests_name("validator", tests, NULL, NULL);
}
