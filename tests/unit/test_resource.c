/* From a path to a file: what is found, what is refused, and that nothing outside of the root ever is. */
#include "resource.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static struct tree *tree, *outside;
static struct document_root root;
static char found_path[PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    static const char *const index[] = {"first.html", "second.html", NULL};
    outside = tree_make();
    tree_text(outside, "secret", "secret");
    tree = tree_make();
    tree_text(tree, "first.html", "first");
    tree_text(tree, "a/b/deep.txt", "deep");
    tree_text(tree, "second/second.html", "second");
    tree_text(tree, "odd/first.html/x", "a folder with an index's name");
    tree_text(tree, "odd/second.html", "second");
    tree_folder(tree, "empty");
    tree_fifo(tree, "fifo");
    tree_link(tree, "inside", "a/b/deep.txt");
    tree_link(tree, "up", "..");
    tree_link(tree, "round", "round");
    char *secret = tree_path(outside, "secret");
    tree_link(tree, "absolute", secret);
    free(secret);
    char *deep = tree_path(tree, "a/b/deep.txt");
    tree_link(tree, "absolute-inside", deep);
    free(deep);
    tree_link(tree, "proc", "/proc/self/cwd");
    tree_text(tree, "mime", "text/x-deep txt\n");
    char *mime = tree_path(tree, "mime");
    int r = document_root_open(tree_root(tree), index, mime, &root);
    free(mime);
    return r;
}

static int tear_down(void **state)
{
    (void)state;
    document_root_close(&root);
    tree_remove_all();
    return 0;
}

static unsigned find(const char *path, bool folder, struct representation *ret)
{
    const struct target target = {.path = str_of(path), .folder = folder};
    return resource_open(&root, &target, found_path, ret);
}

static unsigned status(const char *path, bool folder)
{
    struct representation found;
    unsigned result = find(path, folder, &found);
    assert_int_equal(result == 200, found.fd >= 0);
    representation_close(&found);
    return result;
}

static void a_file_is_found_and_described(void **state)
{
    (void)state;
    struct representation found;
    char content[5] = "";
    struct stat st;
    assert_int_equal(find("a/b/deep.txt", false, &found), 200);
    assert_int_equal(found.version.size, 4);
    assert_true(str_equal(found.media_type, STR("text/x-deep")));
    assert_int_equal(fstat(found.fd, &st), 0);
    assert_int_equal(found.version.seconds, st.st_mtim.tv_sec);
    assert_int_equal(found.version.nanoseconds, st.st_mtim.tv_nsec);
    assert_int_equal(found.version.inode, st.st_ino);
    assert_int_equal(pread(found.fd, content, 4, 0), 4);
    assert_string_equal(content, "deep");
    representation_close(&found);
    assert_int_equal(found.fd, -1);
}

static void the_path_of_what_is_found_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool folder;
        const char *found;
    } rows[] = {
        {"", true, "first.html"},    {"second", true, "second/second.html"},
        {"inside", false, "inside"}, {"odd", true, "odd/second.html"},
        {"empty", true, "empty"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        status(rows[i].path, rows[i].folder);
        assert_string_equal(found_path, rows[i].found);
    }
}

static void a_path_gets_its_status(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool folder;
        unsigned status;
    } rows[] = {
        {"", true, 200},
        {"first.html", false, 200},
        {"first.html", true, 404}, /* a file is no folder */
        {"second", true, 200},
        {"second", false, 301},
        {"odd", true, 200}, /* the first index name is a folder there: the second one counts */
        {"empty", true, 404},
        {"none", false, 404},
        {"none", true, 404},
        {"first.html/x", false, 404},
        {"inside", false, 200},
        {"fifo", false, 404},
        {"up", false, 404},
        {"up", true, 404},
        {"up/secret", false, 404},
        {"absolute", false, 404},
        {"absolute-inside", false, 200},
        {"proc", true, 404},
        {"round", false, 404},
        {"..", false, 404},
        {"a/../..", true, 404},
        {"/etc/passwd", false, 404},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned got = status(rows[i].path, rows[i].folder);
        if (got != rows[i].status)
            fail_msg("\"%s\"%s: %u, not %u", rows[i].path, rows[i].folder ? " as a folder" : "", got,
                     rows[i].status);
    }
}

static void a_hidden_target_is_not_found(void **state)
{
    (void)state;
    struct representation found;
    const struct target target = {.path = STR("first.html"), .hidden = true};
    assert_int_equal(resource_open(&root, &target, found_path, &found), 404);
    assert_int_equal(found.fd, -1);
}

static void names_may_be_too_long(void **state)
{
    (void)state;
    static char name[5000];
    memset(name, 'a', sizeof name - 1);
    assert_int_equal(status(name, false), 404);
    assert_int_equal(status(name, true), 404);
    name[4090] = '\0';
    assert_int_equal(status(name, true), 404); /* with "/first.html" it no longer fits a path */
    name[300] = '\0';
    assert_int_equal(status(name, false), 404);
}

static void a_socket_is_not_found(void **state)
{
    (void)state;
    char *path = tree_path(tree, "sock");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(status("sock", false), 404);
    close(fd);
    free(path);
}

static void what_may_not_be_read_is_forbidden(void **state)
{
    (void)state;
    char *path = tree_path(tree, "first.html");
    uid_t user = geteuid();
    assert_int_equal(chmod(tree_root(tree), 0755), 0);
    assert_int_equal(chmod(path, 0), 0);
    free(path);
    /* Mode bits don't bind root. */
    assert_int_equal(user == 0 ? seteuid(65534) : 0, 0);
    unsigned file = status("first.html", false), folder = status("", true);
    assert_int_equal(user == 0 ? seteuid(0) : 0, 0);
    assert_int_equal(file, 403);
    assert_int_equal(folder, 403); /* and not the next index name */
}

/* Of what can't be opened, only a file is forbidden: a folder may have an index all the same. */
static void what_is_no_file_is_not_forbidden(void **state)
{
    (void)state;
    char *folder = tree_path(tree, "second"), *fifo = tree_path(tree, "fifo");
    uid_t user = geteuid();
    assert_int_equal(chmod(tree_root(tree), 0755), 0);
    assert_int_equal(chmod(folder, 0711), 0);
    assert_int_equal(chmod(fifo, 0), 0);
    assert_int_equal(user == 0 ? seteuid(65534) : 0, 0);
    unsigned without_slash = status("second", false), with_slash = status("second", true),
             of_fifo = status("fifo", false);
    assert_int_equal(user == 0 ? seteuid(0) : 0, 0);
    assert_int_equal(without_slash, 301);
    assert_int_equal(with_slash, 200);
    assert_int_equal(of_fifo, 404);
    free(folder), free(fifo);
}

static void a_device_is_not_found(void **state)
{
    (void)state;
    char *path = tree_path(tree, "device");
    if (mknod(path, S_IFCHR | 0644, makedev(1, 3)) == 0)
        assert_int_equal(status("device", false), 404);
    else
        harness_say_skipped("a device", "nobody but root can make one");
    free(path);
}

static void without_fds_the_answer_is_503(void **state)
{
    (void)state;
    struct rlimit old, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct representation found;
    unsigned got = find("first.html", false, &found);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(got, 503);
}

static void a_root_must_be_a_folder(void **state)
{
    (void)state;
    struct document_root other;
    char *file = tree_path(tree, "first.html"), *none = tree_path(tree, "none");
    assert_int_equal(document_root_open(file, NULL, "/nonexistent", &other), -ENOTDIR);
    assert_int_equal(document_root_open(none, NULL, "/nonexistent", &other), -ENOENT);
    free(file);
    free(none);
}

#define row(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        row(a_file_is_found_and_described),
        row(a_path_gets_its_status),
        row(a_hidden_target_is_not_found),
        row(names_may_be_too_long),
        row(a_socket_is_not_found),
        row(what_may_not_be_read_is_forbidden),
        row(without_fds_the_answer_is_503),
        row(a_root_must_be_a_folder),
        row(the_path_of_what_is_found_is_told),
        row(what_is_no_file_is_not_forbidden),
        row(a_device_is_not_found),
    };
    return cmocka_run_group_tests_name("resource", tests, NULL, NULL);
}
