/*
 * HTTP, spoken with the real server from text files: every *.txt below tests/conversations is a test of that
 * name. A conversation holds what the client sends and what it must get back:
 *
 *     # RFC 9110 section 9.3.2: HEAD is answered like GET, without the content.
 *     > HEAD /hello.html HTTP/1.1
 *     > Host: hello.example
 *     >
 *     < 200 OK
 *     < Content-Type: text/html; charset=utf-8
 *     < !Transfer-Encoding
 *     = head hello.html
 *     open
 *
 * What is sent. Lines that stand together are sent at one go:
 *     > text           with CRLF behind it; ">" alone is an empty line
 *     >> text          as it stands
 *     ...              what is above has been read by the server before what is below is sent
 *     half-close       the client has said all, but goes on reading
 * What is expected, answer after answer in the order of the requests:
 *     < 200 OK         a new answer, with this status and reason
 *     < 9 times 200 OK nine of them, all as told below
 *     < Name: value    it has this field; a star in a value or a reason stands for any text
 *     < !Name          it has no such field
 *     = file NAME      its body is that file of the document root, byte by byte
 *     = bytes NAME F-L its body is bytes F to L, both included, of that file
 *     = parts NAME TYPE F-L ...  it is multipart/byteranges of that file, with these parts ("_": a blank)
 *     = text WORDS     its body is that
 *     = with WORDS     its body has those in it
 *     = without WORDS  its body doesn't
 *     = empty          its body has no bytes
 *     = head           it is the answer to HEAD: no body comes, whatever Content-Length says ...
 *     = head NAME      ... and Content-Length is the size of that file
 *     closes           nothing more comes, and the server closes
 *     open             the connection is good for another request (one for /hello.html is made)
 *     {field NAME}     in what is sent: the value of that field in an answer before
 * In any text: \r \n \t \0 \\ \{ \xHH, and {a * 9000} for a text nine thousand times, braces in braces too.
 *
 * "---" begins a new connection. A table, on top of a connection, plays it once for each row; {} is the row,
 * or {1} and {2} its columns: | POST | PUT > {} / HTTP/1.1
 *
 * Every connection ends with "open" or "closes". It is played over TCP as it stands, then over a unix socket
 * with each byte sent alone. Two words on top change that: "every split" plays it in two pieces as well,
 * split at each byte in turn; "whole only" does without pieces. "needs mode bits" is for a file that cannot
 * be tested where root reads all.
 *
 * Of every answer this holds without a word: Date is the time, Content-Length is there (but not with 1xx and
 * 304), content is marked nosniff, Last-Modified is past, and Connection says "close" if and only if the
 * server closes. What is in the document root, make_root() tells; all of it dates
 * from 6 November 1994. What the configuration says besides is in rules.ini.
 */
#include "support/conversation.h"

#include "support/client.h"
#include "support/harness.h"
#include "support/process.h"
#include "support/server.h"
#include "support/tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char folder[] = "tests/conversations/";

enum { FILES_MAX = 512, THEN = 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */ };

static struct CMUnitTest tests[FILES_MAX + 1];
static size_t test_count;
static struct server *server;

static void make_names(struct tree *root)
{
    tree_text(root, "with space.txt", "a space");
    tree_text(root, "50%.txt", "a percent sign");
    tree_text(root, "gr\303\274\303\237e.txt", "beyond ASCII");
    tree_text(root, "a+b&c=d.txt", "sub-delims");
    tree_text(root, "ques?tion#mark.txt", "delimiters");
    tree_text(root, "back\\slash.txt", "a backslash");
    tree_text(root, "..two-dots", "not a dot segment, but hidden");
    tree_text(root, "end...", "dots at the end");
    tree_text(root, "line\r\nSet-Cookie: a=b/index.html", "a folder with a line break");
}

static void make_sizes(struct tree *root)
{
    tree_noise(root, "size-0.bin", 0, 1);
    tree_noise(root, "size-1.bin", 1, 2);
    tree_noise(root, "size-16K.bin", 16 << 10, 3);
    tree_noise(root, "size-16K-and-1.bin", (16 << 10) + 1, 4);
    tree_noise(root, "size-64K.bin", 64 << 10, 5);
    tree_noise(root, "size-5M.bin", 5 << 20, 6);
}

static void make_types(struct tree *root)
{
    static const char *const names[] = {"style.css",   "script.js",  "data.json",  "picture.png",
                                        "drawing.svg", "UPPER.HTML", "font.woff2", "strange.xyzzy",
                                        "Makefile",    "notes.txt"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        tree_text(root, names[i], names[i]);
}

static void make_folders(struct tree *root)
{
    tree_text(root, "both/hello.html", "hello.html of both");
    tree_text(root, "both/index.html", "index.html of both");
    tree_text(root, "indexed/index.html", "index.html of indexed");
    tree_text(root, "indexed/deeper/file.txt", "a deeper file");
    tree_text(root, "bare/file.txt", "a file beside no index");
    tree_text(root, "with space/index.html", "a folder with a space");
    tree_folder(root, "index-is-folder");
    tree_folder(root, "index-is-folder/index.html");
    tree_text(root, ".secret", "secret");
    tree_text(root, ".git/config", "secret");
    tree_text(root, "indexed/.secret", "secret");
    tree_text(root, "indexed/.well-known/file.txt", "secret");
    tree_text(root, ".well-known/security.txt", "Contact: mailto:security@hello.example");
}

/* What rules.ini is for. */
static void make_ruled(struct tree *root)
{
    tree_text(root, "listed/b.txt", "b");
    tree_text(root, "listed/a <b>&\"'.txt", "a name with all that HTML escapes");
    tree_text(root, "listed/javascript:alert(1)", "a name that looks like a scheme");
    tree_text(root, "listed/.hidden", "secret");
    tree_text(root, "listed/sub/index.html", "index.html of listed/sub");
    tree_text(root, "listed/not/file.txt", "a file in a folder that is not listed");
    tree_folder(root, "listed/empty");
    tree_link(root, "listed/link-out", "/etc/passwd");
    tree_fifo(root, "listed/fifo");
    tree_text(root, "app/index.html", "the one page of an application");
    tree_text(root, "app/main.js", "its script");
    tree_text(root, "assets/a.css", "style");
    tree_text(root, "assets/open/font.woff2", "font");
    tree_text(root, "app.webmanifest", "{}");
    tree_text(root, "errors/403.html", "You may not read this.");
}

/* Files with siblings; all are of one time, which is good enough for a sibling. */
static void make_coded(struct tree *root)
{
    static const char *const folders[] = {"coded/", "coded/never/"};
    static const char *const names[] = {"all.js",    "all.js.br", "all.js.zst",
                                        "all.js.gz", "gzip.js",   "gzip.js.gz"};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            char *name = harness_text("%s%s", folders[i], names[k]);
            tree_text(root, name, names[k]);
            free(name);
        }
    }
    tree_text(root, "coded/plain.js", "a script without sibling");
    tree_text(root, "coded/late.js", "a script that was changed since");
    tree_text(root, "coded/late.js.gz", "late.js.gz");
    tree_text(root, "coded/index.html", "an index");
    tree_text(root, "coded/index.html.gz", "index.html.gz");
    tree_noise(root, "coded/large.txt", 100000, 7);
    tree_noise(root, "coded/large.txt.gz", 50000, 8);
}

/* What is neither file nor folder. Nobody but root can make a device: then there is none. */
static void make_others(struct tree *root)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *path = tree_path(root, "socket"), *device = tree_path(root, "device");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    if (mknod(device, S_IFCHR | 0644, makedev(1, 5)) != 0)
        harness_say_skipped("a device", "nobody but root can make one");
    tree_fifo(root, "fifo");
    free(path), free(device);
}

static void make_links(struct server *of)
{
    struct tree *root = of->root;
    tree_text(of->tree, "outside.txt", "outside");
    char *outside = tree_path(of->tree, "outside.txt"), *inside = tree_path(root, "hello.html"),
         *folder_inside = tree_path(root, "indexed/");
    tree_link(root, "link-inside", "hello.html");
    tree_link(root, "link-folder", "indexed");
    tree_link(root, "indexed/link-up", "../hello.html");
    tree_link(root, "link-outside", outside);
    tree_link(root, "link-absolute", inside);
    tree_link(root, "link-absolute-folder", folder_inside);
    tree_link(root, "indexed/link-etc", "/etc");
    tree_link(root, "link-climbing", "../../../../../../../../etc/passwd");
    tree_link(root, "link-proc", "/proc/self/cwd");
    tree_link(root, "link-dangling", "nothing");
    tree_link(root, "link-circle", "link-circle");
    free(outside), free(inside), free(folder_inside);
}

static void set_mode(const struct tree *root, const char *name, mode_t mode)
{
    char *path = tree_path(root, name);
    assert_int_equal(chmod(path, mode), 0);
    free(path);
}

/* Times that validators can't be made of, or that have not come yet. */
static void set_odd_times(struct tree *root)
{
    tree_set_time(root, "time-0.txt", 0);
    tree_set_time(root, "time-1.txt", 1);
    tree_set_time(root, "time-2.txt", 2);
    tree_set_time(root, "before-1970.txt", -86400);
    tree_set_time(root, "tomorrow.txt", time(NULL) + 86400);
}

static void make_root(struct server *of)
{
    struct tree *root = of->root;
    make_names(root);
    make_sizes(root);
    make_types(root);
    make_folders(root);
    make_links(of);
    make_others(root);
    make_ruled(root);
    make_coded(root);
    tree_text(root, "unreadable.html", "nobody reads this");
    tree_text(root, "closed/file.txt", "nobody comes here");
    tree_text(root, "digits.txt", "0123456789");
    static const char *const odd[] = {"time-0.txt", "time-1.txt", "time-2.txt", "before-1970.txt",
                                      "tomorrow.txt"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        tree_text(root, odd[i], "0123456789");
    tree_set_times(root, THEN);
    set_odd_times(root);
    tree_set_time(root, "coded/late.js", THEN + 1);
    set_mode(root, "unreadable.html", 0);
    set_mode(root, "closed", 0);
}

/* One server for all of them: a conversation must leave it as it was. */
static void need_server(void)
{
    if (server)
        return;
    server = server_make();
    make_root(server);
    server_listen(server, SERVER_IPV4, "http");
    server_listen(server, SERVER_UNIX, "local");
    char *rules = harness_read_file("tests/conversations/rules.ini", NULL);
    assert_non_null(rules);
    server_set(server, rules);
    free(rules);
    server->mode_bits_bind = process_can_bind_mode_bits();
    server_start(server);
}

static void play(void **state)
{
    struct conversation conversation;
    need_server();
    conversation_read(*state, &conversation);
    if (conversation.needs_mode_bits && !server->mode_bits_bind) {
        harness_say_skipped(conversation.path, "root reads every file here");
        conversation_free(&conversation);
        skip();
    }
    conversation_play(&conversation, server, tree_root(server->root));
    conversation_free(&conversation);
    if (server_has_ended(server))
        fail_msg("the server has ended");
}

static int clean_up(void **state)
{
    /* Who is not root could not remove the folder otherwise. */
    if (server)
        set_mode(server->root, "closed", 0755);
    return harness_teardown(state);
}

/* Where a failed play stopped, and whether the server died of it; no connection outlives it. */
static int finish_play(void **state)
{
    if (conversation_where())
        harness_say("%s", conversation_where());
    conversation_forget();
    client_close_all();
    if (!server || !server_has_ended(server))
        return 0;
    server_show_log(server);
    clean_up(state);
    server = NULL;
    return 0;
}

static void stop(void **state)
{
    (void)state;
    if (!server)
        skip();
    server_stop(server);
}

static int add_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    size_t length = strlen(path);
    if (type != FTW_F || length < 4 || strcmp(path + length - 4, ".txt") != 0)
        return 0;
    if (test_count == FILES_MAX)
        return -1;
    char *name = strndup(path + sizeof folder - 1, length - 4 - (sizeof folder - 1)), *copy = strdup(path);
    if (!name || !copy)
        return -1;
    tests[test_count++] = (struct CMUnitTest){
        .name = name, .test_func = play, .teardown_func = finish_play, .initial_state = copy};
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct CMUnitTest *one = a, *other = b;
    return strcmp(one->name, other->name);
}

int main(void)
{
    if (nftw("tests/conversations", add_file, 8, FTW_PHYS) != 0 || test_count == 0) {
        fprintf(stderr, "no conversations, or too many, in %s\n", folder);
        return 1;
    }
    qsort(tests, test_count, sizeof tests[0], by_name);
    tests[test_count++] =
        (struct CMUnitTest){.name = "then the server stops without noise", .test_func = stop};
    int failed = _cmocka_run_group_tests("conversations", tests, test_count, NULL, clean_up);
    for (size_t i = 0; i < test_count - 1; i++) {
        free((void *)(uintptr_t)tests[i].name);
        free(tests[i].initial_state);
    }
    return failed;
}
