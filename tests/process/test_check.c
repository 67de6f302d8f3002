/* hellod --check and --check-site as whoever runs hellod by hand meets them, and the generator as a program.
 */
#include "support/harness.h"
#include "support/patience.h"
#include "support/process.h"
#include "support/server.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct result {
    char *output, *errors;
};

static struct result run(struct server *server, const char *argument, int status)
{
    server_argument(server, argument);
    server_spawn(server);
    assert_int_equal(server_end(server), status);
    return (struct result){.output = server_output(server), .errors = server_log(server)};
}

static void free_result(struct result *result)
{
    free(result->output);
    free(result->errors);
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void check_tells_who_has_the_port(void **state)
{
    (void)state;
    struct server *holder = server_make(), *checked = server_make(), *beside = server_make();
    unsigned port = server_free_port();
    char *settings = harness_text("port = %u\n", port);
    server_set(holder, settings);
    server_start(holder);
    server_set(checked, settings);
    struct result result = run(checked, "--check", 0);
    char *line = harness_text("127.0.0.1:%u: hellod (process %d", port, (int)holder->pid);
    assert_contains(result.output, line);
    assert_string_equal(result.errors, "");
    free(line), free(settings), free_result(&result);
    server_stop(holder);

    /* A stranger: this test itself. */
    struct server *listener = server_make();
    unsigned index = server_listen(listener, SERVER_IPV4, "http");
    struct sockaddr_in address;
    memcpy(&address, &listener->sockets[index].address, sizeof address);
    settings = harness_text("port = %u\n", ntohs(address.sin_port));
    server_set(beside, settings);
    result = run(beside, "--check", 1);
    line = harness_text("<3>127.0.0.1:%u is taken by test_check (process ", ntohs(address.sin_port));
    assert_contains(result.errors, line);
    free(line), free(settings), free_result(&result);
}

static void check_site_lists_and_counts(void **state)
{
    (void)state;
    struct server *server = server_make();
    struct result result = run(server, "--check-site", 0);
    assert_string_equal(result.output, "files: 2, folders: 1, findings: 0\n");
    assert_string_equal(result.errors, ""); /* no progress where nobody watches */
    free_result(&result);

    struct server *untidy = server_make();
    tree_text(untidy->root, "thing.xyzzy", "");
    tree_link(untidy->root, "out.html", "/etc/passwd");
    result = run(untidy, "--check-site", 1);
    char *expected =
        harness_text("%s/out.html: this link leads out of the document root; it is not followed\n"
                     "%s/thing.xyzzy: no media type belongs to this name: it is sent without Content-Type\n"
                     "files: 3, folders: 1, findings: 2\n",
                     tree_root(untidy->root), tree_root(untidy->root));
    assert_string_equal(result.output, expected);
    free(expected), free_result(&result);
}

static void apply_knows_whose_file_it_is(void **state)
{
    (void)state;
    static const char *const options[] = {"--apply-socket", "--socket-starting", "--socket-started",
                                          "--socket-stopped"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct server *server = server_make();
        struct result result = run(server, options[i], i == 0 ? 64 : 1);
        assert_contains(result.errors, "hello.ini: no socket unit belongs to this file");
        free_result(&result);
    }
}

/* build/hellod-generator beside build/hellod. */
static int generate(struct tree *tree, const char *const *arguments)
{
    const char *hellod = getenv("HELLOD");
    char *program = harness_text("%s-generator", hellod && *hellod ? hellod : "build/hellod"),
         *errors = tree_path(tree, "errors");
    struct process_plan plan = {.program = program, .errors = errors};
    for (size_t i = 0; arguments[i]; i++)
        plan.arguments[i] = arguments[i];
    int status = process_wait(process_start(&plan), patience_deadline());
    free(errors), free(program);
    return status;
}

static char *read_own(struct tree *tree, const char *name)
{
    char *path = tree_path(tree, name), *text = harness_read_file(path, NULL);
    free(path);
    return text ? text : strdup("");
}

static void the_generator_makes_drop_ins(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    char *out = tree_path(tree, "out"), *text;
    const char *const arguments[] = {"--root", tree_root(tree), out, out, out, NULL};
    tree_text(tree, "etc/hello.ini", "[server]\nport = 81\n");
    assert_int_equal(generate(tree, arguments), 0);
    text = read_own(tree, "out/hello.socket.d/10-hello-ini.conf");
    assert_contains(text, "[Socket]\nListenStream=\nListenStream=127.0.0.1:81\n");
    free(text);
    text = read_own(tree, "errors");
    assert_string_equal(text, "");
    free(text);

    tree_text(tree, "etc/hello.ini", "[server]\nprot = 81\n");
    assert_int_equal(generate(tree, arguments), 78);
    text = read_own(tree, "errors");
    assert_contains(text, "hello.ini:2: [server] prot = 81: unknown key, did you mean port?\n");
    free(text);
    text = read_own(tree, "out/hello.socket.d/10-hello-ini.conf");
    assert_contains(text, "hellod-generator --explain /etc/hello.ini\n");
    free(text), free(out);
}

static void the_generator_explains(void **state)
{
    (void)state;
    struct tree *tree = tree_make();
    char *ini = tree_path(tree, "hello.ini"), *text;
    const char *const arguments[] = {"--explain", ini, NULL};
    tree_text(tree, "hello.ini", "[server]\nprot = 81\n");
    assert_int_equal(generate(tree, arguments), 78);
    text = read_own(tree, "errors");
    assert_contains(text, "did you mean port?\n");
    free(text);
    tree_text(tree, "hello.ini", "");
    assert_int_equal(generate(tree, arguments), 78);
    text = read_own(tree, "errors");
    assert_contains(text, "is right by now; `systemctl daemon-reload` makes systemd read it again\n");
    free(text), free(ini);
    assert_int_equal(generate(tree, (const char *const[]){NULL}), 64);
    assert_int_equal(generate(tree, (const char *const[]){"--help", NULL}), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        harness_test(check_tells_who_has_the_port), harness_test(check_site_lists_and_counts),
        harness_test(apply_knows_whose_file_it_is), harness_test(the_generator_makes_drop_ins),
        harness_test(the_generator_explains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
