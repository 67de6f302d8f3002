/* TEST_FILTER=PATTERN in the environment (* and ? as in a shell): only the tests of matching names run, and
 * of these not those that match TEST_SKIP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

__attribute__((constructor)) static void filter_by_environment(void)
{
    const char *pattern = getenv("TEST_FILTER");
    const char *left_out = getenv("TEST_SKIP");
    if (pattern)
        cmocka_set_test_filter(pattern);
    if (left_out)
        cmocka_set_skip_filter(left_out);
}
