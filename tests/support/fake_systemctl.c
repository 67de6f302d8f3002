/* A script for sh, made for one tree. */
#include "fake_systemctl.h"

#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void fake_systemctl(struct tree *tree)
{
    const char *root = tree_root(tree), *before = getenv("PATH");
    char *script = harness_text("#!/bin/sh\n"
                                "echo \"$*\" >>'%s/calls'\n"
                                "for unit; do :; done\n"
                                "if [ \"$1\" = show ]; then cat '%s'/shown.\"$unit\" || exit 1; fi\n"
                                "if [ -e '%s/status' ]; then exit \"$(cat '%s/status')\"; fi\n",
                                root, root, root, root);
    char *path = tree_path(tree, "bin/systemctl");
    char *search = harness_text("%s/bin:%s", root, before ? before : "/usr/bin:/bin");
    tree_text(tree, "bin/systemctl", script);
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(setenv("PATH", search, 1), 0);
    free(search), free(path), free(script);
}

char *fake_systemctl_calls(struct tree *tree)
{
    char *path = tree_path(tree, "calls"), *calls = harness_read_file(path, NULL);
    free(path);
    return calls ? calls : strdup("");
}
