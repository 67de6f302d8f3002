/* The journal's side of its protocol, as far as entries of plain text go. */
#include "fake_journal.h"

#include "harness.h"
#include "patience.h"
#include "tree.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address;
static int journal = -1;
static char entry[256 << 10];

const char *fake_journal_start(void)
{
    address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/journal", tree_root(tree_make()));
    journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(journal >= 0);
    assert_int_equal(bind(journal, (struct sockaddr *)&address, sizeof address), 0);
    return address.sun_path;
}

const char *fake_journal_entry(void)
{
    assert_true(patience_poll(journal, POLLIN, patience_deadline()));
    ssize_t n = recv(journal, entry + 1, sizeof entry - 2, 0);
    assert_true(n > 0);
    assert_int_equal(entry[n], '\n');
    entry[0] = '\n';
    entry[n + 1] = '\0';
    return entry + 1;
}

bool fake_journal_has_entry(void)
{
    struct pollfd ready = {.fd = journal, .events = POLLIN};
    return poll(&ready, 1, 0) > 0;
}

void fake_journal_expect(const char *line)
{
    char *whole = harness_text("\n%s\n", line);
    if (!strstr(entry, whole))
        fail_msg("no line %s in:%s", line, entry);
    free(whole);
}

void fake_journal_expect_none(const char *name)
{
    char *start = harness_text("\n%s=", name);
    if (strstr(entry, start))
        fail_msg("a field %s in:%s", name, entry);
    free(start);
}

void fake_journal_end(void)
{
    if (journal >= 0)
        close(journal);
    journal = -1;
}
