/* vacancy, vacancies: which addresses can be bound, and who is there if not. */
#include "vacancies.h"
#include "vacancy.h"

#include "../support/harness.h"
#include "../support/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct addresses nothing = {.count = 0};

static struct addresses only(const struct address *address)
{
    struct addresses addresses = {.count = 1};
    addresses.list[0] = *address;
    return addresses;
}

static struct address parse(const char *text, unsigned port)
{
    struct address address;
    assert_true(address_parse(text, (uint16_t)port, &address));
    return address;
}

/* A listening socket of ours, and where it is. */
static int listen_on(const char *text, struct address *ret)
{
    struct address address = parse(text, 0);
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, &address.any, address.length), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(address_of_socket(fd, ret), 0);
    return fd;
}

static bool host_has_ipv6(void)
{
    return access("/proc/self/net/if_inet6", F_OK) == 0;
}

static void assert_taken_by_us(const struct address *address)
{
    char who[256], *process = harness_text("test_vacancy (process %d", (int)getpid());
    assert_int_equal(vacancy_try(address, true, &nothing, who, sizeof who), -EADDRINUSE);
    if (strncmp(who, process, strlen(process)) != 0)
        fail_msg("%s", who);
    free(process);
}

static void test_tcp(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1", "::1"}, *const anys[] = {"0.0.0.0", "::"};
    for (size_t i = 0; i < (host_has_ipv6() ? 2 : 1); i++) {
        struct address taken, any;
        char who[256];
        int fd = listen_on(texts[i], &taken);
        unsigned port = ntohs(i == 0 ? taken.in.sin_port : taken.in6.sin6_port);
        struct addresses own = only(&taken);
        assert_taken_by_us(&taken);
        any = parse(anys[i], port);
        assert_taken_by_us(&any);
        /* Our own is about to go. */
        assert_int_equal(vacancy_try(&any, true, &own, who, sizeof who), 0);
        assert_int_equal(vacancy_try(&taken, true, &own, who, sizeof who), 0);
        assert_false(vacancies_try("x.ini", &own, &nothing));
        assert_true(vacancies_try("x.ini", &own, &own));
        close(fd);
        assert_int_equal(vacancy_try(&taken, true, &nothing, who, sizeof who), 0);
        assert_int_equal(vacancy_try(&any, true, &nothing, who, sizeof who), 0);
    }
}

/* Of two in the way, one stays. */
static void test_dual_stack(void **state)
{
    (void)state;
    struct address four, all;
    char who[256];
    if (!host_has_ipv6()) {
        harness_say_skipped("IPv4 and IPv6 on one port", "this host has no IPv6");
        return;
    }
    int fd = listen_on("127.0.0.1", &four);
    struct addresses own = only(&four);
    all = parse("::", ntohs(four.in.sin_port));
    assert_int_equal(vacancy_try(&all, false, &nothing, who, sizeof who), -EADDRINUSE);
    assert_int_equal(vacancy_try(&all, false, &own, who, sizeof who), 0);
    assert_int_equal(vacancy_try(&all, true, &nothing, who, sizeof who), 0);
    close(fd);
}

static void test_absent(void **state)
{
    (void)state;
    struct address absent = parse("192.0.2.77", 0);
    struct addresses wanted = only(&absent);
    char who[256];
    assert_int_equal(vacancy_try(&absent, true, &nothing, who, sizeof who), -EADDRNOTAVAIL);
    assert_true(vacancies_try("x.ini", &wanted, &nothing));
}

static void test_unix(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    char *path = tree_path(tree, "socket"), *file = tree_path(tree, "file"), *none = tree_path(tree, "a/b/c"),
         who[256];
    struct address address, bound;
    int fd = listen_on(path, &bound);
    assert_taken_by_us(&bound);
    struct addresses own = only(&bound);
    assert_int_equal(vacancy_try(&bound, true, &own, who, sizeof who), 0);
    close(fd);
    /* What is left of it doesn't count. */
    assert_int_equal(vacancy_try(&bound, true, &nothing, who, sizeof who), 0);
    assert_int_equal(access(path, F_OK), 0);
    tree_text(tree, "file", "precious");
    address = parse(file, 0);
    assert_int_equal(vacancy_try(&address, true, &nothing, who, sizeof who), -EEXIST);
    char *below = tree_path(tree, "file/socket");
    address = parse(below, 0);
    assert_int_equal(vacancy_try(&address, true, &nothing, who, sizeof who), -ENOTDIR);
    free(below);
    address = parse(none, 0);
    assert_int_equal(vacancy_try(&address, true, &nothing, who, sizeof who), 0);

    char *name = harness_text("@hellod-test-%d", (int)getpid());
    fd = listen_on(name, &bound);
    assert_taken_by_us(&bound);
    close(fd);
    assert_int_equal(vacancy_try(&bound, true, &nothing, who, sizeof who), 0);
    free(name), free(path), free(file), free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(test_tcp),
        harness_test(test_dual_stack),
        harness_test(test_absent),
        harness_test(test_unix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
