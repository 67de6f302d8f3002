/* generate, socket_unit, listening: from files below /etc to the drop-ins that systemd reads. */
#include "generate.h"
#include "socket_unit.h"

#include "../support/harness.h"
#include "../support/loading.h"
#include "../support/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define MAIN "out/hello.socket.d/10-hello-ini.conf"
#define SHOP "out/hello@shop.socket.d/10-hello-ini.conf"

/* Runs it on a tree with etc/ and run/; the mistakes, without the tree's path, are to be freed. */
static char *run(struct tree *tree, int expected)
{
    char *folder = tree_path(tree, "out"), *errors;
    size_t length;
    FILE *stream = open_memstream(&errors, &length);
    const struct generate_options options = {
        .root = tree_root(tree), .folder = folder, .program = "/lib/generator"};
    int r = generate(&options, stream);
    assert_int_equal(fclose(stream), 0);
    if (r != expected)
        fail_msg("%d: %s", r, errors);
    loading_leave_out_root(errors, tree);
    free(folder);
    return errors;
}

static void run_without_mistakes(struct tree *tree)
{
    char *errors = run(tree, 0);
    assert_string_equal(errors, "");
    free(errors);
}

static void assert_file(struct tree *tree, const char *name, const char *expected)
{
    char *path = tree_path(tree, name), *text = harness_read_file(path, NULL);
    if (!expected && text)
        fail_msg("%s is there: %s", name, text);
    if (expected) {
        assert_non_null(text);
        assert_string_equal(text, expected);
    }
    free(text);
    free(path);
}

#define HEAD(ini)                                                                                            \
    "# Made from " ini ". `systemctl edit` of this socket has the last word.\n[Socket]\nListenStream=\n"

static void test_right_files(void **state)
{
    (void)state;
    static const struct {
        const char *ini, *lines;
    } rows[] = {
        {"", "ListenStream=127.0.0.1:7878\n"},
        {"[server]\nport = 80\n", "ListenStream=127.0.0.1:80\n"},
        {"[server]\naddress = 0.0.0.0\nport = 80\n", "ListenStream=0.0.0.0:80\n"},
        {"[server]\naddress = ::\n", "ListenStream=[::]:7878\nBindIPv6Only=both\n"},
        {"[server]\naddress = :: 0.0.0.0\n",
         "ListenStream=[::]:7878\nListenStream=0.0.0.0:7878\nBindIPv6Only=ipv6-only\n"},
        {"[server]\naddress = ::1 2001:db8::1\nport = 81",
         "ListenStream=[::1]:81\nListenStream=[2001:db8::1]:81\nBindIPv6Only=both\nFreeBind=yes\n"},
        {"[server]\naddress = 192.0.2.1\n", "ListenStream=192.0.2.1:7878\nFreeBind=yes\n"},
        {"[server]\naddress = /run/100%.sock @a%%b\nport = 80\n",
         "ListenStream=/run/"
         "100%%.sock\nListenStream=@a%%%%b\nNoDelay=no\nDeferAcceptSec=0\nRemoveOnStop=yes\n"},
        /* Whatever can't be read from here. */
        {"[server]\ndocument_root = /nowhere/at/all\n", "ListenStream=127.0.0.1:7878\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tree *tree = tree_make();
        struct addresses addresses;
        char *expected = harness_text(HEAD("/etc/hello.ini") "%s", rows[i].lines);
        tree_text(tree, "etc/hello.ini", rows[i].ini);
        run_without_mistakes(tree);
        assert_file(tree, MAIN, expected);
        assert_int_equal(socket_unit_parse(expected, &addresses), 0);
        char listed[256], *again = strdup("");
        for (size_t j = 0; j < addresses.count; j++) {
            address_format(&addresses.list[j], listed, sizeof listed);
            char *longer = harness_text("%sListenStream=%s\n", again, listed);
            free(again);
            again = longer;
        }
        if (!strchr(again, '%') && strncmp(again, rows[i].lines, strlen(again)) != 0)
            fail_msg("read back: %s", again);
        free(again);
        free(expected);
        tree_remove(tree);
    }
}

static const char refusal[] =
    "# There is no telling from %s where to listen: it has mistakes, or is not there.\n"
    "[Socket]\nExecStartPre=/lib/generator --explain %s\n";

static void test_wrong_files(void **state)
{
    (void)state;
    static const struct {
        const char *ini, *errors;
    } rows[] = {
        {"[server]\nprot = 80\n", "etc/hello.ini:2: [server] prot = 80: unknown key, did you mean port?\n"},
        {"[server]\nport = 80\n[log]\nlevel = loud\n",
         "etc/hello.ini:4: [log] level = loud: not a level: error, warning, notice, info or debug\n"},
        {"[server]\naddress = 0.0.0.0 127.0.0.1\n", "etc/hello.ini:2: [server] address = 0.0.0.0 127.0.0.1: "
                                                    "127.0.0.1 is part of 0.0.0.0; leave one out\n"},
    };
    char *expected = harness_text(refusal, "/etc/hello.ini", "/etc/hello.ini");
    struct addresses addresses;
    assert_int_equal(socket_unit_parse(expected, &addresses), 0);
    assert_int_equal(addresses.count, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tree *tree = tree_make();
        tree_text(tree, "etc/hello.ini", rows[i].ini);
        char *errors = run(tree, -EINVAL);
        assert_string_equal(errors, rows[i].errors);
        assert_file(tree, MAIN, expected);
        free(errors);
        tree_remove(tree);
    }
    struct tree *empty = tree_make();
    run_without_mistakes(empty);
    assert_file(empty, MAIN, expected);
    free(expected);
}

static void test_note(void **state)
{
    (void)state;
    static const char note[] = HEAD("/etc/hello.ini") "ListenStream=127.0.0.1:1\n";
    static const char *const inis[] = {"[server]\nport = 80\n", "[server]\nprot = 80\n"};
    for (size_t i = 0; i < COUNT(inis); i++) {
        struct tree *tree = tree_make();
        tree_text(tree, "etc/hello.ini", inis[i]);
        tree_text(tree, "run/hellod/hello.socket.conf", note);
        run_without_mistakes(tree);
        assert_file(tree, MAIN, note);
        tree_remove(tree);
    }
    static const char *const broken[] = {"", "rubbish", "[Socket]\nListenStream=elsewhere\n"};
    for (size_t i = 0; i < COUNT(broken); i++) {
        struct tree *tree = tree_make();
        tree_text(tree, "etc/hello.ini", inis[0]);
        tree_text(tree, "run/hellod/hello.socket.conf", broken[i]);
        run_without_mistakes(tree);
        assert_file(tree, MAIN, HEAD("/etc/hello.ini") "ListenStream=127.0.0.1:80\n");
        tree_remove(tree);
    }
}

static void test_sites(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    tree_text(tree, "etc/hello.ini", "");
    tree_text(tree, "etc/hello/shop.ini", "[server]\nport = 8001\n");
    tree_text(tree, "etc/hello/plain.ini", "[server]\nindex = a.html\n");
    tree_text(tree, "etc/hello/wrong.ini", "[server]\nport = 0\n");
    tree_text(tree, "etc/hello/not this.ini", "");
    tree_text(tree, "etc/hello/shop.ini~", "[server]\nport = 1\n");
    tree_text(tree, "etc/hello/.hidden.ini", "[server]\nport = 1\n");
    char *errors = run(tree, -EINVAL);
    assert_string_equal(
        errors, "/etc/hello/not this.ini: no unit can have that name; use letters, digits and : - _ .\n"
                "etc/hello/wrong.ini:2: [server] port = 0: not a port, 1 to 65535\n");
    free(errors);
    assert_file(tree, MAIN, HEAD("/etc/hello.ini") "ListenStream=127.0.0.1:7878\n");
    assert_file(tree, SHOP, HEAD("/etc/hello/shop.ini") "ListenStream=127.0.0.1:8001\n");
    assert_file(tree, "out/hello@plain.socket.d/10-hello-ini.conf",
                HEAD("/etc/hello/plain.ini") "ListenStream=/run/hellod/plain.socket\n"
                                             "NoDelay=no\nDeferAcceptSec=0\nRemoveOnStop=yes\n");
    char *expected = harness_text(refusal, "/etc/hello/wrong.ini", "/etc/hello/wrong.ini");
    assert_file(tree, "out/hello@wrong.socket.d/10-hello-ini.conf", expected);
    free(expected);
    assert_file(tree, "out/hello@.hidden.socket.d/10-hello-ini.conf", NULL);
}

static void test_units_of_the_admin(void **state)
{
    (void)state;
    static const char *const folders[] = {"etc/systemd/system", "run/systemd/system"};
    for (size_t i = 0; i < COUNT(folders); i++) {
        struct tree *tree = tree_make();
        char *masked = harness_text("%s/hello.socket", folders[i]);
        char *template = harness_text("%s/hello@.socket", folders[i]);
        tree_text(tree, "etc/hello.ini", "");
        tree_text(tree, "etc/hello/shop.ini", "");
        tree_link(tree, masked, "/dev/null");
        run_without_mistakes(tree);
        assert_file(tree, MAIN, NULL);
        tree_text(tree, template, "");
        char *folder = tree_path(tree, "out/hello@shop.socket.d"), *file = tree_path(tree, SHOP);
        assert_int_equal(remove(file), 0);
        assert_int_equal(remove(folder), 0);
        run_without_mistakes(tree);
        assert_file(tree, SHOP, NULL);
        free(file), free(folder), free(masked), free(template);
        tree_remove(tree);
    }
}

static void test_folder_that_cant_be_written(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    tree_text(tree, "etc/hello.ini", "");
    tree_text(tree, "out", "a file");
    char *errors = run(tree, -ENOTDIR);
    assert_string_equal(errors, MAIN ": Not a directory\n");
    free(errors);
}

static void test_store(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    struct addresses addresses;
    char *path = tree_path(tree, "a/b/note"), *temporary = tree_path(tree, "a/b/note.new");
    assert_int_equal(socket_unit_read(path, &addresses), -ENOENT);
    assert_int_equal(socket_unit_store(path, "one"), 0);
    assert_int_equal(socket_unit_store(path, "[Socket]\nListenStream=\nListenStream=@a%%b\n"), 0);
    assert_int_equal(access(temporary, F_OK), -1);
    assert_int_equal(socket_unit_read(path, &addresses), 0);
    assert_int_equal(addresses.count, 1);
    assert_memory_equal(addresses.list[0].un.sun_path, "\0a%b", 4);
    assert_int_equal(socket_unit_store(path, "[Socket]\nListenStream=@a%b\n"), 0);
    assert_int_equal(socket_unit_read(path, &addresses), -EBADMSG);
    free(path), free(temporary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_right_files),
        harness_test(test_wrong_files),
        harness_test(test_note),
        harness_test(test_sites),
        harness_test(test_units_of_the_admin),
        harness_test(test_folder_that_cant_be_written),
        harness_test(test_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
