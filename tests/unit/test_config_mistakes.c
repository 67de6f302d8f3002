/* config: every mistake in a file, and about it, said in one line that names its place. */
#include "config.h"

#include "../support/harness.h"
#include "../support/loading.h"
#include "../support/tree.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The text's mistakes are exactly those; a folder to serve is added to it. */
static void assert_mistakes(struct tree *tree, const char *text, const char *expected)
{
    char *whole = harness_text("%s\n[server]\ndocument_root = .\n", text);
    struct loading loading = loading_text(tree, whole, strlen(whole));
    assert_string_equal(loading.errors, expected);
    assert_int_equal(loading.r, *expected ? -EINVAL : 0);
    loading_free(&loading);
    free(whole);
}

/* The one place of each mistake; the shape is that of the first row throughout. */
static const struct {
    const char *text, *errors;
} mistakes[] = {
    {"[server]\nport = 99999", "hello.ini:2: [server] port = 99999: not a port, 1 to 65535\n"},
    {"[server]\npool_size = 0",
     "hello.ini:2: [server] pool_size = 0: not a number of threads, 1 to 256, or auto\n"},
    {"[server]\nindex = a/b",
     "hello.ini:2: [server] index = a/b: not a list of file names without a slash, 1 to 8\n"},
    {"[server]\nindex = a b c d e f g h i", "hello.ini:2: [server] index = a b c d e f g h i: not a list "
                                            "of file names without a slash, 1 to 8\n"},
    {"[server]\nsleep = 61min", "hello.ini:2: [server] sleep = 61min: not a duration, 1ms to 1h, or off\n"},
    {"[server]\nmax_connections = 1000001",
     "hello.ini:2: [server] max_connections = 1000001: not a number, 1 to 1000000\n"},
    {"[server]\naddress = localhost",
     "hello.ini:2: [server] address = localhost: not a list of IPv4 and IPv6 addresses, /paths and @names of "
     "unix sockets, 1 to 16\n"},
    {"[server]\naddress = ::1 10.0.0.1 [::1]",
     "hello.ini:2: [server] address = ::1 10.0.0.1 [::1]: ::1 stands there twice; leave one out\n"},
    {"[server]\naddress = 10.0.0.1 0.0.0.0",
     "hello.ini:2: [server] address = 10.0.0.1 0.0.0.0: 10.0.0.1 is part of 0.0.0.0; leave one out\n"},
    {"[server]\naddress = 0.0.0.0 :: @a /a", ""},
    {"[timeouts]\nhead = 0", "hello.ini:2: [timeouts] head = 0: not a duration, 1s to 1h\n"},
    {"[timeouts]\ndrain = 3601", "hello.ini:2: [timeouts] drain = 3601: not a duration, 0s to 1h\n"},
    {"[log]\nlevel = loud",
     "hello.ini:2: [log] level = loud: not a level: error, warning, notice, info or debug\n"},
    {"[log]\naccess = loud", "hello.ini:2: [log] access = loud: not on, errors, file or off\n"},
    {"[server]\nport =", "hello.ini:2: [server] port = : no value; without the line it is 7878\n"},
    {"[server]\nport = ; 80", "hello.ini:2: [server] port = : no value; without the line it is 7878\n"},
    {"[server]\nindex = \"a\"", "hello.ini:2: [server] index = \"a\": write it without quotes\n"},
    {"[server]\nport = '80'", "hello.ini:2: [server] port = '80': write it without quotes\n"},
    {"[server]\nport = 80\n\nport = 81", "hello.ini:4: [server] port = 81: already set on line 2\n"},
    {"[server]\nport = x\n[server]\nport = 81", "hello.ini:2: [server] port = x: not a port, 1 to 65535\n"
                                                "hello.ini:4: [server] port = 81: already set on line 2\n"},
    {"port = 80", "hello.ini:1: port = 80: outside any section; put [server] above it\n"},
    {"idle = 80", "hello.ini:1: idle = 80: outside any section; put [timeouts] above it\n"},
    {"what = 80", "hello.ini:1: what = 80: outside any section and unknown; hellod --help lists all\n"},
    {"[server]\nport 80", "hello.ini:2: port 80: not \"key = value\"\n"},
    {"[server]\nport ; = 80", "hello.ini:2: port ; = 80: not \"key = value\"\n"},
    {"[server]\n= 80", "hello.ini:2: = 80: not \"key = value\"\n"},
    {"[server]\nindex = a\n    b", "hello.ini:3: b: not \"key = value\"\n"},
    {"[timeouts", "hello.ini:1: [timeouts: not a section's head, write [name]\n"},
    {"[]", "hello.ini:1: []: not a section's head, write [name]\n"},
    {"[log] level = info", "hello.ini:1: [log] level = info: not a section's head, write [name]\n"},
    /* Where the section isn't known, neither is what its keys would mean. */
    {"[log\nlevel = loud\nsilly", "hello.ini:1: [log: not a section's head, write [name]\n"
                                  "hello.ini:3: silly: not \"key = value\"\n"},
    {"[logs]\nlevel = loud", "hello.ini:1: [logs]: unknown section, did you mean [log]?\n"},
};

static void test_mistakes(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    for (size_t i = 0; i < COUNT(mistakes); i++)
        assert_mistakes(tree, mistakes[i].text, mistakes[i].errors);
}

static const struct {
    const char *text, *errors;
} unknown_words[] = {
    {"[serve]", "hello.ini:1: [serve]: unknown section, did you mean [server]?\n"},
    {"[Server]", "hello.ini:1: [Server]: unknown section, did you mean [server]?\n"},
    {"[time-outs]", "hello.ini:1: [time-outs]: unknown section, did you mean [timeouts]?\n"},
    {"[tls]", "hello.ini:1: [tls]: unknown section; hellod --help lists all\n"},
    {"[x]", "hello.ini:1: [x]: unknown section; hellod --help lists all\n"},
    {"[a-section-with-a-name-that-is-much-longer-than-libinih-keeps-of-it]\nport = 1",
     "hello.ini:1: [a-section-with-a-name-that-is-much-longer-than-libinih-keeps-of-it]: unknown "
     "section; "
     "hellod --help lists all\n"},
    {"[server]\nprot = 1", "hello.ini:2: [server] prot = 1: unknown key, did you mean port?\n"},
    {"[server]\nPORT = 1", "hello.ini:2: [server] PORT = 1: unknown key, did you mean port?\n"},
    {"[server]\nports = 1", "hello.ini:2: [server] ports = 1: unknown key, did you mean port?\n"},
    {"[server]\nadress = 1", "hello.ini:2: [server] adress = 1: unknown key, did you mean address?\n"},
    {"[server]\ndocumentroot = 1",
     "hello.ini:2: [server] documentroot = 1: unknown key, did you mean document_root?\n"},
    {"[server]\nmax-conections = 1",
     "hello.ini:2: [server] max-conections = 1: unknown key, did you mean max_connections?\n"},
    {"[server]\nidle = 1", "hello.ini:2: [server] idle = 1: unknown key; it belongs in [timeouts]\n"},
    {"[server]\nroot = 1", "hello.ini:2: [server] root = 1: unknown key; hellod --help lists all\n"},
    {"[server]\nworkers = 1", "hello.ini:2: [server] workers = 1: unknown key; hellod --help lists all\n"},
    {"[server]\nx = 1", "hello.ini:2: [server] x = 1: unknown key; hellod --help lists all\n"},
    {"[server]\na_key_that_is_longer_than_any_known_one = 1",
     "hello.ini:2: [server] a_key_that_is_longer_than_any_known_one = 1: unknown key; hellod --help "
     "lists all\n"},
};

static void test_unknown_words(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    for (size_t i = 0; i < COUNT(unknown_words); i++)
        assert_mistakes(tree, unknown_words[i].text, unknown_words[i].errors);
}

/* One run says all of it, by line, although a folder is only looked for when the rest was read. */
static void test_all_at_once(void **state)
{
    (void)state;
    static const char text[] = "early = 1\n"
                               "[server]\n"
                               "document_root = nowhere\n"
                               "port = 0\n"
                               "nonsense\n"
                               "[lgo]\n"
                               "[timeouts]\n"
                               "idle = soon\n"
                               "idle = 5s\n";
    struct loading loading = loading_text(tree_make(), text, strlen(text));
    assert_string_equal(loading.errors,
                        "hello.ini:1: early = 1: outside any section and unknown; hellod --help lists all\n"
                        "hello.ini:3: [server] document_root = nowhere: nowhere: No such file or directory; "
                        "create it or name another\n"
                        "hello.ini:4: [server] port = 0: not a port, 1 to 65535\n"
                        "hello.ini:5: nonsense: not \"key = value\"\n"
                        "hello.ini:6: [lgo]: unknown section, did you mean [log]?\n"
                        "hello.ini:8: [timeouts] idle = soon: not a duration, 1s to 1h\n"
                        "hello.ini:9: [timeouts] idle = 5s: already set on line 8\n");
    assert_int_equal(loading.r, -EINVAL);
    loading_free(&loading);
}

static void test_wrong_root(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    static const struct {
        const char *text, *errors;
    } rows[] = {
        {"[server]\ndocument_root = /nonexistent/www\n",
         "hello.ini:2: [server] document_root = /nonexistent/www: No such file or directory; create it or "
         "name another\n"},
        {"[server]\ndocument_root = file\n", "hello.ini:2: [server] document_root = file: file: Not a "
                                             "directory; name the folder that holds the pages\n"},
        {"[server]\ndocument_root = file/www\n", "hello.ini:2: [server] document_root = file/www: file/www: "
                                                 "Not a directory; name the folder that holds the "
                                                 "pages\n"},
        {"[server]\ndocument_root = loop\n", "hello.ini:2: [server] document_root = loop: loop: Too many "
                                             "levels of symbolic links; name a folder that can "
                                             "be opened\n"},
        {"[server]\ndocument_root =\n",
         "hello.ini:2: [server] document_root = : no value; without the line it is /usr/share/hellod/www\n"},
    };
    tree_text(tree, "file", "");
    tree_link(tree, "loop", "loop");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct loading loading = loading_text(tree, rows[i].text, strlen(rows[i].text));
        assert_string_equal(loading.errors, rows[i].errors);
        assert_int_equal(loading.r, -EINVAL);
        loading_free(&loading);
    }
}

/* On a machine where the default folder is missing, which is said without a line; where it is there, the file
 * is right. */
static void test_default_root(void **state)
{
    (void)state;
    struct loading loading = loading_text(tree_make(), "", 0);
    if (access("/usr/share/hellod/www", X_OK) == 0) {
        assert_int_equal(loading.r, 0);
        assert_string_equal(loading.errors, "");
        assert_string_equal(loading.config.document_root, "/usr/share/hellod/www");
    } else {
        assert_int_equal(loading.r, -EINVAL);
        assert_string_equal(loading.errors,
                            "hello.ini: [server] document_root = /usr/share/hellod/www (the default): "
                            "No such file or directory; create it or name another\n");
    }
    loading_free(&loading);

    /* Where the line may only have been misspelt, nothing is said of a default that nobody meant. */
    static const char misspelt[] = "[server]\ndocument_rot = /srv\n";
    loading = loading_text(tree_make(), misspelt, strlen(misspelt));
    assert_string_equal(
        loading.errors,
        "hello.ini:2: [server] document_rot = /srv: unknown key, did you mean document_root?\n");
    loading_free(&loading);
}

/* Loads as a user whom permissions stop. */
static struct loading load_unprivileged(const char *path)
{
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(65534), 0);
    struct loading loading = loading_file(path);
    if (root)
        assert_int_equal(seteuid(0), 0);
    return loading;
}

static const struct {
    const char *root;
    mode_t closed, www;
    const char *errors;
} permissions[] = {
    {"closed/www", 0711, 0711, ""},
    {"closed/www", 0644, 0755,
     "hello.ini:2: [server] document_root = closed/www: closed/www: Permission denied; chmod a+x it and "
     "the folders "
     "above it\n"},
    {"closed/www", 0755, 0644,
     "hello.ini:2: [server] document_root = closed/www: closed/www: Permission denied; chmod a+x it and "
     "the folders "
     "above it\n"},
    /* A path that systemd hides as well; /root lets nobody in but its owner. */
    {"/root/www", 0755, 0755,
     "hello.ini:2: [server] document_root = /root/www: Permission denied; chmod a+x it and the folders "
     "above it, or "
     "take it out of the home, which hello.service hides\n"},
};

static void test_permissions(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    char *ini = tree_path(tree, "hello.ini"), *closed = tree_path(tree, "closed"),
         *www = tree_path(tree, "closed/www");
    assert_int_equal(chmod(tree_root(tree), 0755), 0);
    tree_folder(tree, "closed/www");
    struct stat st;
    bool root_is_closed = stat("/root", &st) == 0 && !(st.st_mode & S_IXOTH);
    for (size_t i = 0; i < COUNT(permissions); i++) {
        if (permissions[i].root[0] == '/' && !root_is_closed) {
            harness_say_skipped(permissions[i].root, "/root is not closed here");
            continue;
        }
        char *text = harness_text("[server]\ndocument_root = %s\n", permissions[i].root);
        tree_text(tree, "hello.ini", text);
        assert_int_equal(chmod(www, permissions[i].www), 0);
        assert_int_equal(chmod(closed, permissions[i].closed), 0);
        struct loading loading = load_unprivileged(ini);
        assert_int_equal(chmod(closed, 0755), 0);
        loading_leave_out_root(loading.errors, tree);
        assert_string_equal(loading.errors, permissions[i].errors);
        assert_int_equal(loading.r, *permissions[i].errors ? -EINVAL : 0);
        loading_free(&loading);
        free(text);
    }
    assert_int_equal(chmod(ini, 0), 0);
    struct loading loading = load_unprivileged(ini);
    loading_leave_out_root(loading.errors, tree);
    assert_string_equal(
        loading.errors,
        "hello.ini: Permission denied; make it readable for the user that the server runs as\n");
    assert_int_equal(loading.r, -EACCES);
    loading_free(&loading);
    free(www);
    free(closed);
    free(ini);
}

static void test_no_such_file(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    tree_folder(tree, "folder");
    enum { TOO_LARGE = (1 << 20) + 1 };
    char *comment = malloc(TOO_LARGE);
    assert_non_null(comment);
    memset(comment, ';', TOO_LARGE);
    tree_file(tree, "large", comment, TOO_LARGE);
    tree_text(tree, "file", "");
    free(comment);
    static const struct {
        const char *name;
        int r;
        const char *errors;
    } rows[] = {
        {"missing.ini", -ENOENT,
         "missing.ini: No such file or directory; create it, or name another with --config\n"},
        {"folder", -EISDIR, "folder: Is a directory; name the file with --config\n"},
        {"folder/x/y", -ENOENT,
         "folder/x/y: No such file or directory; create it, or name another with --config\n"},
        {"file/x", -ENOTDIR, "file/x: Not a directory\n"},
        {"large", -EFBIG, "large: File too large; a configuration has at most 1 MiB\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *path = tree_path(tree, rows[i].name);
        struct loading loading = loading_file(path);
        loading_leave_out_root(loading.errors, tree);
        assert_string_equal(loading.errors, rows[i].errors);
        assert_int_equal(loading.r, rows[i].r);
        loading_free(&loading);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_mistakes),     harness_test(test_unknown_words), harness_test(test_all_at_once),
        harness_test(test_wrong_root),   harness_test(test_default_root),  harness_test(test_permissions),
        harness_test(test_no_such_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
