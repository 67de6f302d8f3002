/* config_rules: what the sections of rules come to, every mistake in them, and the way back to text. */
#include "config.h"
#include "config_rules.h"

#include "support/harness.h"
#include "support/loading.h"
#include "support/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char rules_text[] = "[server]\n"
                                 "document_root = .\n"
                                 "fallback = /app.html\n"
                                 "[path /assets/*]\n"
                                 "cache_control = public, max-age=31536000, immutable\n"
                                 "header = X-Frame-Options: DENY\n"
                                 "header = Link: <a>\n"
                                 "listing = on\n"
                                 "[errors]\n"
                                 "404 = 404.html\n"
                                 "503 = /errors/503.html\n"
                                 "[path *.html ]\n"
                                 "cache_control = off\n"
                                 "header = X-Frame-Options:\n"
                                 "precompressed = off\n"
                                 "fallback = off\n"
                                 "[redirect]\n"
                                 "/old/* = /new/*\n"
                                 "/here = https://else.example/gr\303\274n?a=b#c 308\n"
                                 "[path /empty]\n"
                                 "[redirect]\n"
                                 "*.php = /*.html\t302\n";

static struct tree *make_root(void)
{
    struct tree *tree = tree_make();
    tree_text(tree, "app.html", "");
    tree_text(tree, "404.html", "");
    tree_text(tree, "errors/503.html", "");
    return tree;
}

static void check_paths(const struct rules *rules)
{
    const struct path_rule *rule = rules->paths;
    assert_int_equal(rules->path_count, 3);
    assert_string_equal(rule->pattern, "/assets/*");
    assert_string_equal(rule->cache_control, "public, max-age=31536000, immutable");
    assert_int_equal(rule->field_count, 2);
    assert_string_equal(rule->fields[0], "X-Frame-Options: DENY");
    assert_string_equal(rule->fields[1], "Link: <a>");
    assert_int_equal(rule->listing, RULE_ON);
    assert_int_equal(rule->precompressed, RULE_UNSAID);
    assert_null(rule->fallback);
    rule++;
    assert_string_equal(rule->pattern, "*.html");
    assert_string_equal(rule->cache_control, "");
    assert_string_equal(rule->fields[0], "X-Frame-Options:");
    assert_int_equal(rule->listing, RULE_UNSAID);
    assert_int_equal(rule->precompressed, RULE_OFF);
    assert_string_equal(rule->fallback, "");
    rule++;
    assert_string_equal(rule->pattern, "/empty");
    assert_null(rule->cache_control);
}

static void check_rules(const struct rules *rules)
{
    static const struct {
        const char *pattern, *location;
        unsigned status;
    } redirects[] = {
        {"/old/*", "/new/*", 301},
        {"/here", "https://else.example/gr%C3%BCn?a=b#c", 308},
        {"*.php", "/*.html", 302},
    };
    check_paths(rules);
    assert_string_equal(rules->fallback, "app.html");
    assert_int_equal(rules->redirect_count, COUNT(redirects));
    for (size_t i = 0; i < COUNT(redirects); i++) {
        assert_string_equal(rules->redirects[i].pattern, redirects[i].pattern);
        assert_string_equal(rules->redirects[i].location, redirects[i].location);
        assert_int_equal(rules->redirects[i].status, redirects[i].status);
    }
    assert_int_equal(rules->error_count, 2);
    assert_string_equal(rules_error_page(rules, 404), "404.html");
    assert_string_equal(rules_error_page(rules, 503), "errors/503.html");
}

static char *dump(const struct config *config)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    config_dump(config, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void test_rules_are_read_and_written(void **state)
{
    (void)state;
    struct tree *tree = make_root();
    struct loading first = loading_good(tree, rules_text);
    check_rules(&first.config.rules);
    char *text = dump(&first.config);
    struct loading second = loading_good(tree, text);
    check_rules(&second.config.rules);
    free(text);
    loading_free(&first);
    loading_free(&second);
}

/* What the shipped file shows is right. */
static void test_examples(void **state)
{
    (void)state;
    struct tree *tree = make_root();
    tree_text(tree, "errors/403.html", "");
    for (const struct config_rule *rule = config_rules; rule->section; rule++) {
        char *text = harness_text("[server]\ndocument_root = .\n[%s]\n%s = %s\n", rule->section, rule->key,
                                  rule->example);
        struct loading loading = loading_good(tree, text);
        loading_free(&loading);
        free(text);
    }
}

static void test_long_fields_come_back(void **state)
{
    (void)state;
    struct tree *tree = make_root();
    static const char text[] =
        "[server]\ndocument_root = .\n[path /*]\nheader = Content-Security-Policy: default-src 'self'; \\\n"
        "  img-src https://one.example https://two.example https://three.example  two \\\n"
        "  blanks #and a hash # alone; script-src 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' \\\n"
        "  'sha256-BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB=' 'sha256-CCCCCCCCCCCCCCCCCCCCCCCCCCCCC=' \\\n"
        "  'sha256-DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD=' a\\ b c\\\n";
    struct loading first = loading_good(tree, text);
    char *first_dump = dump(&first.config);
    struct loading second = loading_good(tree, first_dump);
    assert_string_equal(first.config.rules.paths[0].fields[0], second.config.rules.paths[0].fields[0]);
    assert_non_null(strstr(first.config.rules.paths[0].fields[0],
                           "two.example https://three.example  two blanks #and a hash # alone; "));
    assert_non_null(strstr(first_dump, " \\\n"));
    free(first_dump);
    loading_free(&first);
    loading_free(&second);
}

#define CC       "hello.ini:2: [path /] cache_control = "
#define HEADER   "hello.ini:2: [path /] header = "
#define REDIRECT "hello.ini:2: [redirect] "

static const struct {
    const char *text, *errors;
} mistakes[] = {
    {"[path]", "hello.ini:1: [path]: say for which paths, as in [path /assets/*]\n"},
    {"[path assets/*]", "hello.ini:1: [path assets/*]: a path begins with a slash\n"},
    {"[path /a//b]", "hello.ini:1: [path /a//b]: no path has two slashes in a row\n"},
    {"[path /a%20b]", "hello.ini:1: [path /a%20b]: write the path as it reads, without %-escapes\n"},
    {"[paths /a]", "hello.ini:1: [paths /a]: unknown section, did you mean [path]?\n"},
    {"[redirects]", "hello.ini:1: [redirects]: unknown section, did you mean [redirect]?\n"},
    {"[redirect /a]", "hello.ini:1: [redirect /a]: write [redirect]\n"},
    {"[error]", "hello.ini:1: [error]: unknown section, did you mean [errors]?\n"},
    {"[path /]\nlisting =", "hello.ini:2: [path /] listing = : no value\n"},
    {"[path /]\nlisting = maybe", "hello.ini:2: [path /] listing = maybe: not on or off\n"},
    {"[path /]\nlistings = on", "hello.ini:2: [path /] listings = on: unknown key, did you mean listing?\n"},
    {"[path /]\nport = 80", "hello.ini:2: [path /] port = 80: unknown key; hellod --help lists all\n"},
    {"[path /]\nlisting = on\nlisting = off", "hello.ini:3: [path /] listing = off: already set on line 2\n"},
    {"[path /]\nfallback = a/../b",
     "hello.ini:2: [path /] fallback = a/../b: not the path of a file in the document root, or off\n"},
    {"[server]\nheader = A: b",
     "hello.ini:2: [server] header = A: b: unknown key; it belongs in a section such as [path /*]\n"},
    {"[server]\nfallback = a/",
     "hello.ini:2: [server] fallback = a/: not the path of a file in the document root, or off\n"},
    {"[path /]\nheader = X", HEADER "X: write a field as Name: value\n"},
    {"[path /]\nheader = : x", HEADER ": x: write a field as Name: value\n"},
    {"[path /]\nheader = X Y: z", HEADER "X Y: z: write a field as Name: value\n"},
    {"[path /]\nheader = X : z", HEADER "X : z: write a field as Name: value\n"},
    {"[path /]\nheader = content-length: 5", HEADER "content-length: 5: hellod alone frames its messages\n"},
    {"[path /]\nheader = ETag: x", HEADER "ETag: x: hellod sends that field itself\n"},
    {"[path /]\nheader = Cache-Control: no-store",
     HEADER "Cache-Control: no-store: write cache_control = instead\n"},
    {"[path /]\ncache_control = max-age",
     CC "max-age: max-age takes a number of seconds, as in max-age=3600\n"},
    {"[path /]\ncache_control = max-age=1h",
     CC "max-age=1h: max-age takes a number of seconds, as in max-age=3600\n"},
    {"[path /]\ncache_control = no-store=1", CC "no-store=1: no-store takes no value\n"},
    {"[path /]\ncache_control = no-chache",
     CC "no-chache: unknown directive no-chache, did you mean no-cache?\n"},
    {"[path /]\ncache_control = public max-age=1",
     CC "public max-age=1: write directives between commas, as in public, max-age=3600\n"},
    {"[path /]\ncache_control = public,,private",
     CC "public,,private: write directives between commas, as in public, max-age=3600\n"},
    {"[redirect]\nold = /new", REDIRECT "old = /new: a path begins with a slash\n"},
    {"[redirect]\n/a* = new",
     REDIRECT "/a* = new: not an address: /path, or http:// or https:// with a host\n"},
    {"[redirect]\n/a = //evil.example",
     REDIRECT "/a = //evil.example: not an address: /path, or http:// or https:// with a host\n"},
    {"[redirect]\n/a = /b 200",
     REDIRECT "/a = /b 200: behind the address comes a status, 301, 302, 303, 307 or 308, or nothing\n"},
    {"[redirect]\n/a = /b c",
     REDIRECT "/a = /b c: behind the address comes a status, 301, 302, 303, 307 or 308, or nothing\n"},
    {"[redirect]\n/a = /b 301 302",
     REDIRECT "/a = /b 301 302: behind the address comes a status, 301, 302, 303, 307 or 308, or nothing\n"},
    {"[redirect]\n/*/* = /b", REDIRECT "/*/* = /b: one star at most\n"},
    {"[redirect]\n/a = /b/*", REDIRECT "/a = /b/*: the star stands for nothing: there is none on the left\n"},
    {"[redirect]\n/a = /a", REDIRECT "/a = /a: leads back to itself\n"},
    {"[redirect]\n/a = /a/?b", REDIRECT "/a = /a/?b: leads back to itself\n"},
    {"[redirect]\n/* = /index.html", REDIRECT "/* = /index.html: leads back to itself\n"},
    {"[redirect]\n/a* = /ab*", REDIRECT "/a* = /ab*: leads back to itself\n"},
    {"[redirect]\n/a = /b\n/a = /c", "hello.ini:3: [redirect] /a = /c: already set on line 2\n"},
    {"[redirect]\n/a = /b\n[redirect]\n/a = /c", "hello.ini:4: [redirect] /a = /c: already set on line 2\n"},
    {"[errors]\n200 = 404.html",
     "hello.ini:2: [errors] 200 = 404.html: not the status of an error that hellod answers with\n"},
    {"[errors]\n418 = 404.html",
     "hello.ini:2: [errors] 418 = 404.html: not the status of an error that hellod answers with\n"},
    {"[errors]\nany = 404.html",
     "hello.ini:2: [errors] any = 404.html: not the status of an error that hellod answers with\n"},
    {"[errors]\n404 = ../x",
     "hello.ini:2: [errors] 404 = ../x: not the path of a file in the document root\n"},
    {"[errors]\n404 = \"x\"", "hello.ini:2: [errors] 404 = \"x\": write it without quotes\n"},
    {"[errors]\n404 = 404.html\n404 = app.html",
     "hello.ini:3: [errors] 404 = app.html: already set on line 2\n"},
};

/* What is right, though it may not look so. */
static const char *const right[] = {
    "[path /]\nheader = X-Empty:",
    "[path /]\nheader = Vary: Origin\nheader = Vary: Cookie",
    "[path /]\nlisting = on\n[path /]\nlisting = off",
    "[path /]\ncache_control = NO-CACHE=\"a, b\", private",
    "[path /]\ncache_control = no-cache, s-maxage=5, new-thing=of-tomorrow",
    "[path /]\nfallback = off",
    "[redirect]\n/a = https://x.example/a",
    "[redirect]\n/a/ = /a",
    "[redirect]\n/a = /b#c 307",
};

static void assert_mistakes(struct tree *tree, const char *text, const char *expected)
{
    char *whole = harness_text("%s\n[server]\ndocument_root = .\n", text);
    struct loading loading = loading_text(tree, whole, strlen(whole));
    assert_string_equal(loading.errors, expected);
    assert_int_equal(loading.r, *expected ? -EINVAL : 0);
    loading_free(&loading);
    free(whole);
}

static void test_mistakes(void **state)
{
    (void)state;
    struct tree *tree = make_root();
    for (size_t i = 0; i < COUNT(mistakes); i++)
        assert_mistakes(tree, mistakes[i].text, mistakes[i].errors);
    for (size_t i = 0; i < COUNT(right); i++)
        assert_mistakes(tree, right[i], "");
}

static void test_files_must_be_there(void **state)
{
    (void)state;
    struct tree *tree = make_root();
    static const char text[] = "[server]\ndocument_root = .\nfallback = none.html\n"
                               "[path /a]\nfallback = errors\n[errors]\n404 = /none\n503 = app.html\n";
    struct loading loading = loading_text(tree, text, strlen(text));
    assert_non_null(
        strstr(loading.errors, "hello.ini:3: [server] fallback = none.html: No such file or directory in "));
    assert_non_null(strstr(loading.errors, "hello.ini:5: [path /a] fallback = errors: not a file in "));
    assert_non_null(
        strstr(loading.errors, "hello.ini:7: [errors] 404 = /none: No such file or directory in "));
    assert_null(strstr(loading.errors, "503"));
    loading_free(&loading);
}

static void test_fields_have_a_limit(void **state)
{
    (void)state;
    struct tree *tree = make_root();
    char *text, *long_text, value[160];
    size_t length;
    FILE *out = open_memstream(&text, &length);
    for (unsigned i = 0; i <= RULES_FIELDS_MAX; i++)
        fprintf(out, "[path /%u]\nheader = X: y\n", i);
    assert_int_equal(fclose(out), 0);
    assert_mistakes(tree, text, "hello.ini:66: [path /32] header = X: y: more than 32 fields in all\n");
    free(text);
    memset(value, 'v', sizeof value);
    out = open_memstream(&text, &length);
    fputs("[path /]\nheader = X: \\\n", out);
    for (unsigned i = 0; i <= RULES_BYTES_MAX / sizeof value; i++)
        fprintf(out, "%.*s \\\n", (int)sizeof value, value);
    fputs("\n", out);
    assert_int_equal(fclose(out), 0);
    long_text = harness_text("%s[server]\ndocument_root = .\n", text);
    struct loading loading = loading_text(tree, long_text, strlen(long_text));
    assert_non_null(strstr(loading.errors, "with this one the fields have more than 4096 bytes"));
    loading_free(&loading);
    free(long_text);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_rules_are_read_and_written), harness_test(test_examples),
        harness_test(test_long_fields_come_back),      harness_test(test_mistakes),
        harness_test(test_files_must_be_there),        harness_test(test_fields_have_a_limit),
    };
    return cmocka_run_group_tests_name("config_rules", tests, NULL, NULL);
}
