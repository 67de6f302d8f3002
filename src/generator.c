/*
 * hellod-generator: run by systemd whenever it reads its units, see generate.h. What it says on standard
 * error is not shown anywhere at boot, so mistakes go to the kernel's log as well, which the journal takes
 * in.
 *
 *     hellod-generator [--root DIR] NORMAL [EARLY LATE]   writes the drop-ins into the folder NORMAL
 *     hellod-generator --explain INI                      tells why there is none, and fails
 */
#include "cleanup.h"
#include "config.h"
#include "generate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] = "usage: hellod-generator [--root DIR] NORMAL [EARLY LATE] | --explain INI\n";

static int explain(const char *ini)
{
    struct config config;
    if (config_read(ini, stderr, &config) < 0)
        return EX_CONFIG;
    config_free(&config);
    fprintf(stderr, "%s is right by now; `systemctl daemon-reload` makes systemd read it again\n", ini);
    return EX_CONFIG;
}

/* A line is an entry of the kernel's log; 3 is the priority of an error. */
static void tell_kernel(const char *lines)
{
    CLEANUP(close_fd) int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return;
    while (*lines) {
        int length = (int)strcspn(lines, "\n");
        dprintf(fd, "<3>hellod-generator[%d]: %.*s\n", (int)getpid(), length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static int generate_for_systemd(const char *root, const char *folder)
{
    CLEANUP(free_memory) char *errors = NULL;
    char program[PATH_MAX];
    size_t length;
    FILE *stream = open_memstream(&errors, &length);
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (!stream || n < 0)
        return EX_OSERR;
    program[n] = '\0';
    int r = generate(&(struct generate_options){.root = root, .folder = folder, .program = program}, stream);
    if (fclose(stream) != 0)
        return EX_OSERR;
    fputs(errors, stderr);
    if (!*root)
        tell_kernel(errors);
    return r == 0 ? EXIT_SUCCESS : r == -EINVAL ? EX_CONFIG : EX_IOERR;
}

int main(int argc, char **argv)
{
    const char *root = "";
    if (argc == 3 && strcmp(argv[1], "--explain") == 0)
        return explain(argv[2]);
    if (argc > 2 && strcmp(argv[1], "--root") == 0) {
        root = argv[2];
        argv += 2;
        argc -= 2;
    }
    if (argc < 2 || argv[1][0] == '-') {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return generate_for_systemd(root, argv[1]);
}
