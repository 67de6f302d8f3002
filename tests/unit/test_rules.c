/* rules: which of them hold for a path, and which stands above which. */
#include "rules.h"

#include "support/harness.h"

#include <string.h>

/* Strings that may be written to, as those of a configuration may. */
#define TEXT(literal) ((char[]){literal})

static char *frames_and_links[] = {TEXT("X-Frame-Options: DENY"), TEXT("Link: <a>"), TEXT("Link: <b>")};
static char *no_frames[] = {TEXT("x-frame-options:"), TEXT("link: <c>")};

static struct path_rule paths[] = {
    {.pattern = TEXT("/*"), .fields = frames_and_links, .field_count = 3},
    {.pattern = TEXT("/a/*"),
     .cache_control = TEXT("no-cache"),
     .listing = RULE_ON,
     .fallback = TEXT("index.html")},
    {.pattern = TEXT("/a/b/*"), .fields = no_frames, .field_count = 2, .listing = RULE_OFF},
    {.pattern = TEXT("*.css"), .cache_control = TEXT("max-age=9"), .precompressed = RULE_OFF},
    {.pattern = TEXT("/a/none/*"), .cache_control = TEXT(""), .fallback = TEXT("")},
};

static struct redirect_rule redirects[] = {
    {TEXT("/old/special"), TEXT("/special"), 302},
    {TEXT("/old/*"), TEXT("/new/*"), 301},
};

static struct error_rule errors[] = {{403, TEXT("no.html")}};

static const struct rules rules = {
    .precompressed = true,
    .fallback = TEXT("app.html"),
    .paths = paths,
    .path_count = sizeof paths / sizeof *paths,
    .redirects = redirects,
    .redirect_count = 2,
    .errors = errors,
    .error_count = 1,
};

static const struct {
    const char *path, *file;
    bool listing, precompressed;
    const char *fallback, *cache_control, *fields;
} rows[] = {
    {"/", "", false, true, "app.html", "", "X-Frame-Options: DENY|Link: <a>|Link: <b>|"},
    {"/a/x", "", true, true, "index.html", "no-cache", "X-Frame-Options: DENY|Link: <a>|Link: <b>|"},
    {"/a/b/x", "", false, true, "index.html", "no-cache", "link: <c>|"},
    {"/a/b/x.css", "", false, false, "index.html", "max-age=9", "link: <c>|"},
    {"/a/none/x", "", true, true, NULL, "", "X-Frame-Options: DENY|Link: <a>|Link: <b>|"},
    /* The file that answers counts as well. */
    {"/", "/x.css", false, false, "app.html", "max-age=9", "X-Frame-Options: DENY|Link: <a>|Link: <b>|"},
    {"/x.css", "/a/x", true, false, "index.html", "max-age=9", "X-Frame-Options: DENY|Link: <a>|Link: <b>|"},
};

static void a_path_gets_what_all_rules_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy policy;
        char fields[200] = "";
        rules_find(&rules, str_of(rows[i].path), str_of(rows[i].file), &policy);
        for (size_t k = 0; k < policy.field_count; k++) {
            strncat(fields, policy.fields[k].data, policy.fields[k].length);
            strcat(fields, "|");
        }
        assert_string_equal(fields, rows[i].fields);
        assert_int_equal(policy.listing, rows[i].listing);
        assert_int_equal(policy.precompressed, rows[i].precompressed);
        assert_true(str_equal(policy.cache_control, str_of(rows[i].cache_control)));
        if (rows[i].fallback)
            assert_string_equal(policy.fallback, rows[i].fallback);
        else
            assert_null(policy.fallback);
    }
}

static void the_first_redirect_counts(void **state)
{
    (void)state;
    struct str star;
    assert_ptr_equal(rules_redirect(&rules, STR("/old/special"), &star), &redirects[0]);
    assert_ptr_equal(rules_redirect(&rules, STR("/old/x"), &star), &redirects[1]);
    assert_true(str_equal(star, STR("x")));
    assert_null(rules_redirect(&rules, STR("/new/x"), &star));
}

static void errors_have_pages(void **state)
{
    (void)state;
    assert_string_equal(rules_error_page(&rules, 403), "no.html");
    assert_string_equal(rules_error_page(&rules, 404), "404.html");
    assert_null(rules_error_page(&rules, 400));
}

static void without_rules_nothing_is_said(void **state)
{
    (void)state;
    struct rules none = {0};
    struct policy policy;
    struct str star;
    rules_find(&none, STR("/"), STR(""), &policy);
    assert_false(policy.listing || policy.precompressed || policy.fallback || policy.cache_control.length);
    assert_int_equal(policy.field_count, 0);
    assert_null(rules_redirect(&none, STR("/"), &star));
    rules_free(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_gets_what_all_rules_say),
        cmocka_unit_test(the_first_redirect_counts),
        cmocka_unit_test(errors_have_pages),
        cmocka_unit_test(without_rules_nothing_is_said),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
