/* service_view: who the service is, and what it can get at. */
#include "service_view.h"

#include "../support/fake_systemctl.h"
#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void test_of_unit(void **state)
{
    (void)state;
    static const struct {
        const char *shown;
        uid_t user;
        size_t groups;
        bool home, tmp;
    } rows[] = {
        {"DynamicUser=yes\nUser=no-such-user\nGroup=\nSupplementaryGroups=\nProtectHome=yes\nPrivateTmp="
         "yes\n",
         (uid_t)-1, 0, true, true},
        {"DynamicUser=yes\nUser=no-such-user\nGroup=root\nSupplementaryGroups=no-such-group daemon\n"
         "ProtectHome=read-only\nPrivateTmp=no\n",
         (uid_t)-1, 2, false, false},
        {"DynamicUser=no\nUser=\nGroup=\nSupplementaryGroups=\nProtectHome=no\nPrivateTmp=disconnected\n", 0,
         0, false, true},
        {"DynamicUser=no\nUser=root\nGroup=\nSupplementaryGroups=\nProtectHome=tmpfs\nPrivateTmp=no\n", 0, 1,
         true, false},
    };
    struct tree *tree = tree_make();
    struct service_view view;
    fake_systemctl(tree);
    service_view_of_unit("x.service", &view);
    assert_true(view.hides_home && view.hides_tmp && view.user == (uid_t)-1 && view.n_groups == 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = harness_text("LoadState=loaded\n%s", rows[i].shown);
        tree_text(tree, "shown.x.service", text);
        service_view_of_unit("x.service", &view);
        assert_string_equal(view.unit, "x.service");
        assert_int_equal(view.user, rows[i].user);
        assert_int_equal(view.n_groups, rows[i].groups);
        assert_int_equal(view.hides_home, rows[i].home);
        assert_int_equal(view.hides_tmp, rows[i].tmp);
        assert_false(view.sees_all);
        free(text);
    }
    tree_text(tree, "shown.x.service", "LoadState=not-found\nProtectHome=no\nPrivateTmp=no\n");
    service_view_of_unit("x.service", &view);
    assert_true(view.hides_home && view.hides_tmp);
}

static void test_of_process(void **state)
{
    (void)state;
    struct service_view view;
    service_view_of_process(&view);
    assert_string_equal(view.unit, "");
    assert_int_equal(view.user, geteuid());
    assert_int_equal(view.sees_all, geteuid() == 0);
    assert_int_equal(view.groups[view.n_groups - 1], getegid());
}

static void test_modes(void **state)
{
    (void)state;
    static const struct {
        mode_t mode;
        uid_t user;
        gid_t group;
        int wanted;
        bool allowed;
    } rows[] = {
        {0644, 1, 1, R_OK, true},         {0640, 1, 1, R_OK, false},   {0640, 1, 20, R_OK, true},
        {0604, 1, 20, R_OK, false},       {0044, 10, 20, R_OK, false}, {0400, 10, 1, R_OK, true},
        {0755, 1, 1, X_OK, true},         {0754, 1, 1, X_OK, false},   {0710, 1, 21, X_OK, true},
        {0704, 1, 1, R_OK | X_OK, false},
    };
    const struct service_view view = {.user = 10, .groups = {20, 21}, .n_groups = 2};
    const struct service_view all = {.sees_all = true};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stat st = {.st_mode = rows[i].mode, .st_uid = rows[i].user, .st_gid = rows[i].group};
        assert_int_equal(service_view_allows(&view, &st, rows[i].wanted), rows[i].allowed);
        assert_true(service_view_allows(&all, &st, rows[i].wanted));
    }
}

static void assert_folder(const struct service_view *view, const char *path, int expected,
                          const char *problem)
{
    char *said;
    size_t length;
    FILE *stream = open_memstream(&said, &length);
    int r = service_view_check_folder(view, path, stream);
    assert_int_equal(fclose(stream), 0);
    if (r != expected || !strstr(said, problem) || (r == 0 && *said))
        fail_msg("%s: %d, %s", path, r, said);
    free(said);
}

static void test_hidden(void **state)
{
    (void)state;
    const struct service_view view = {
        .unit = "x.service", .user = (uid_t)-1, .hides_home = true, .hides_tmp = true};
    const struct service_view open = {.unit = "x.service", .user = (uid_t)-1};
    assert_folder(&view, "/", 0, "");
    assert_folder(&view, "/usr", 0, "");
    assert_folder(&view, "/home", -EACCES, "x.service does not see /home (ProtectHome=); move the folder");
    assert_folder(&view, "/home/a/b", -EACCES,
                  "BindReadOnlyPaths=/home/a/b:/srv/site in `systemctl edit x.service`");
    assert_folder(&view, "/root/x", -EACCES, "does not see /root (ProtectHome=)");
    assert_folder(&view, "/run/user/1/x", -EACCES, "does not see /run/user (ProtectHome=)");
    assert_folder(&view, "/tmp/x", -EACCES, "does not see /tmp (PrivateTmp=)");
    assert_folder(&view, "/var/tmp", -EACCES, "does not see /var/tmp (PrivateTmp=)");
    assert_folder(&view, "/homeless", -ENOENT, "/homeless: No such file or directory");
    assert_folder(&open, "/tmp", 0, "");
    const struct service_view named = {.user = (uid_t)-1, .hides = "-/srv/a +/srv/b"};
    assert_folder(&named, "/srv", 0, "");
    assert_folder(&named, "/srv/a", -EACCES, "does not see /srv/a (InaccessiblePaths=)");
    assert_folder(&named, "/srv/b/c", -EACCES, "does not see /srv/b (InaccessiblePaths=)");
}

static void test_way(void **state)
{
    (void)state;
    const struct service_view view = {.unit = "x.service", .user = (uid_t)-1};
    const struct service_view owner = {.user = geteuid()};
    struct tree *tree = tree_make();
    tree_text(tree, "open/site/a", "");
    tree_text(tree, "closed/site/a", "");
    char *site = tree_path(tree, "open/site"), *file = tree_path(tree, "open/site/a"),
         *closed = tree_path(tree, "closed"), *below = tree_path(tree, "closed/site"),
         *link = tree_path(tree, "link");
    tree_link(tree, "link", below);
    assert_int_equal(chmod(tree_root(tree), 0711), 0);
    assert_int_equal(chmod(closed, 0750), 0);
    assert_folder(&view, site, 0, "");
    assert_folder(&view, file, -ENOTDIR, "Not a directory");
    char *expected = harness_text("x.service may not enter %s, mode 0750; chmod o+x %s", closed, closed);
    assert_folder(&view, below, -EACCES, expected);
    assert_folder(&view, link, -EACCES, expected);
    free(expected);
    assert_folder(&owner, below, 0, "");
    assert_int_equal(chmod(closed, 0), 0);
    expected = harness_text("this user may not enter %s, mode 0000", closed);
    assert_folder(&owner, below, -EACCES, expected);
    assert_int_equal(chmod(closed, 0700), 0);
    free(expected), free(site), free(file), free(closed), free(below), free(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_of_unit), harness_test(test_of_process), harness_test(test_modes),
        harness_test(test_hidden),  harness_test(test_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
