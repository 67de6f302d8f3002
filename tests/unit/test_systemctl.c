/* systemctl, socket_state: what is asked, and what is read out of the answers. */
#include "socket_state.h"
#include "systemctl.h"

#include "../support/fake_systemctl.h"
#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct units units = {
    .socket = "no-such.socket", .service = "no-such.service", .config = "no-such-config.service"};

static void test_values(void **state)
{
    (void)state;
    static const char shown[] = "Listen=a (Stream)\nListen=b (Stream)\nEmpty=\nListening=c\nLast=x=y";
    char value[32];
    assert_true(systemctl_value(shown, "Listen", 0, value, sizeof value));
    assert_string_equal(value, "a (Stream)");
    assert_true(systemctl_value(shown, "Listen", 1, value, sizeof value));
    assert_string_equal(value, "b (Stream)");
    assert_false(systemctl_value(shown, "Listen", 2, value, sizeof value));
    assert_true(systemctl_value(shown, "Empty", 0, value, sizeof value));
    assert_string_equal(value, "");
    assert_true(systemctl_value(shown, "Last", 0, value, 3));
    assert_string_equal(value, "x=");
    assert_true(systemctl_is(shown, "Last", "x=y"));
    assert_false(systemctl_is(shown, "Last", "x"));
    assert_false(systemctl_is(shown, "Las", "x=y"));
    assert_false(systemctl_is("", "Las", ""));
}

static void test_calls(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    char *text = NULL;
    fake_systemctl(tree);
    assert_int_equal(systemctl_run((const char *const[]){"restart", "hello.socket", NULL}), 0);
    assert_int_equal(systemctl_show("hello.socket", "A,B", &text), -EIO);
    assert_null(text);
    tree_text(tree, "shown.hello.socket", "A=1\nB=2\n");
    assert_int_equal(systemctl_show("hello.socket", "A,B", &text), 0);
    assert_string_equal(text, "A=1\nB=2\n");
    free(text);
    tree_text(tree, "status", "5");
    assert_int_equal(systemctl_run((const char *const[]){"stop", "x", NULL}), 5);
    text = fake_systemctl_calls(tree);
    assert_string_equal(text, "restart hello.socket\n"
                              "show --property A,B -- hello.socket\n"
                              "show --property A,B -- hello.socket\n"
                              "stop x\n");
    free(text);
    tree_text(tree, "bin/systemctl", "#!/bin/sh\nkill -TERM $$\n");
    /* What we block, it must not: that is how a reload that becomes a restart ends it. */
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &before);
    assert_int_equal(systemctl_run((const char *const[]){"stop", NULL}), 128 + SIGTERM);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void test_no_systemctl(void **state)
{
    (void)state;
    char *path = strdup(getenv("PATH")), *text;
    setenv("PATH", "/nowhere", 1);
    assert_int_equal(systemctl_run((const char *const[]){"stop", NULL}), -ENOENT);
    assert_int_equal(systemctl_show("x", "A", &text), -ENOENT);
    setenv("PATH", path, 1);
    free(path);
}

static const char service_up[] = "ActiveState=active\nExecMainStatus=0\n";

static struct socket_state read_state(struct tree *tree, const char *socket, const char *service)
{
    struct socket_state state;
    tree_text(tree, "shown.no-such.socket", socket);
    tree_text(tree, "shown.no-such.service", service);
    assert_int_equal(socket_state_read(&units, &state), 0);
    return state;
}

static void test_state(void **state)
{
    (void)state;
    static const char own[] = "/lib/systemd/system/hello.socket",
                      admins[] = "/etc/systemd/system/hello.socket";
    static const struct {
        const char *listen, *fragment;
        unsigned count;
        bool overridden;
    } rows[] = {
        {"Listen=127.0.0.1:80 (Stream)\n", own, 1, false},
        {"Listen=[::]:80 (Stream)\nListen=/run/a b (Stream)\nListen=@x (Stream)\n", own, 3, false},
        {"Listen=127.0.0.1:80 (Stream)\n", admins, 1, true},
        {"Listen=127.0.0.1:80 (Datagram)\n", own, 0, true},
        {"Listen=vsock:2:80 (Stream)\n", own, 1, true},
        {"", own, 0, false},
    };
    struct tree *tree = tree_make();
    fake_systemctl(tree);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = harness_text("LoadState=loaded\nActiveState=active\nFragmentPath=%s\n%s",
                                  rows[i].fragment, rows[i].listen);
        struct socket_state read = read_state(tree, text, service_up);
        assert_true(socket_state_is_active(&read));
        assert_int_equal(read.overridden, rows[i].overridden);
        if (!rows[i].overridden)
            assert_int_equal(read.listens.count, rows[i].count);
        assert_false(read.service_was_refused || read.generated || read.refused);
        free(text);
    }
    struct socket_state gone;
    tree_text(tree, "shown.no-such.socket", "LoadState=not-found\nActiveState=inactive\nFragmentPath=\n");
    assert_int_equal(socket_state_read(&units, &gone), -ENOENT);
    tree_text(tree, "status", "1");
    assert_int_equal(socket_state_read(&units, &gone), -EIO);
}

static void test_service_without_sockets(void **state)
{
    (void)state;
    static const struct {
        const char *service;
        bool refused;
    } rows[] = {
        {"ActiveState=failed\nExecMainStatus=69\n", true},
        {"ActiveState=failed\nExecMainStatus=78\n", false},
        {"ActiveState=active\nExecMainStatus=69\n", false},
    };
    struct tree *tree = tree_make();
    fake_systemctl(tree);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct socket_state read =
            read_state(tree, "LoadState=loaded\nActiveState=failed\nFragmentPath=/lib/x\n", rows[i].service);
        assert_false(socket_state_is_active(&read));
        assert_int_equal(read.service_was_refused, rows[i].refused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_values),
        harness_test(test_calls),
        harness_test(test_no_systemctl),
        harness_test(test_state),
        harness_test(test_service_without_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
