/* What every test program shares: the end of a test, and words to the reader of the run. */
#include "harness.h"

#include "client.h"
#include "load.h"
#include "prober.h"
#include "server.h"
#include "swarm.h"
#include "tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int harness_teardown(void **state)
{
    (void)state;
    prober_close();
    swarm_close_all();
    client_close_all();
    load_close_all();
    server_kill_all();
    tree_remove_all();
    return 0;
}

void harness_say_skipped(const char *what, const char *why)
{
    fprintf(stderr, "*** SKIPPED: %s: %s ***\n", what, why);
}

void harness_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("             ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

bool harness_is_long(void)
{
    const char *wanted = getenv("LONG");
    return wanted && strcmp(wanted, "1") == 0;
}

char *harness_text(const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    int n = vasprintf(&text, format, arguments);
    va_end(arguments);
    assert_true(n >= 0);
    return text;
}

char *harness_read_file(const char *path, size_t *length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    size_t used = 0, size = 65536;
    char *text = malloc(size);
    ssize_t n = 0;
    while (text && (n = read(fd, text + used, size - used - 1)) > 0) {
        used += (size_t)n;
        if (size - used < 65536)
            text = realloc(text, size *= 2);
    }
    close(fd);
    assert_non_null(text);
    assert_true(n == 0);
    text[used] = '\0';
    if (length)
        *length = used;
    return text;
}
