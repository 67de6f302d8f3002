/*
 * Plays the inputs that are kept: tests/fuzz/corpus/NAME, one of each kind, and tests/fuzz/regressions/NAME,
 * those that once failed, for the harness fuzz_NAME. Each is played whole and cut short at every length up to
 * PREFIXES_MAX. A file is a test.
 */
#include "fuzz.h"

#include "../support/harness.h"

#include <assert.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIXES_MAX = 200 };

static void play(void **state)
{
    size_t length;
    char *text = harness_read_file(*state, &length);
    assert_non_null(text);
    for (size_t cut = 0; cut <= length; cut += cut < PREFIXES_MAX || cut == length ? 1 : length - cut) {
        struct str input = fuzz_copy((struct str){text, cut});
        assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.length), 0);
        fuzz_free(input);
    }
    free(text);
}

int main(void)
{
    glob_t found;
    const char *name = strstr(program_invocation_short_name, "fuzz_");
    assert(name);
    char *pattern = harness_text("tests/fuzz/*/%s/*", name + strlen("fuzz_"));
    int r = glob(pattern, 0, NULL, &found);
    assert(r == 0);
    struct CMUnitTest *tests = calloc(found.gl_pathc, sizeof *tests);
    assert(tests);
    for (size_t i = 0; i < found.gl_pathc; i++)
        tests[i] = (struct CMUnitTest){
            .name = found.gl_pathv[i], .test_func = play, .initial_state = found.gl_pathv[i]};
    r = _cmocka_run_group_tests(name, tests, found.gl_pathc, NULL, NULL);
    free(tests);
    free(pattern);
    globfree(&found);
    return r;
}
