/* The drop-in as text, and the files it stands in. */
#include "socket_unit.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LISTEN "ListenStream="

/* A note is a few lines; whatever is longer is none. */
enum { TEXT_MAX = 16384 };

void socket_unit_note_path(const char *root, const char *unit, char buffer[static PATH_MAX])
{
    snprintf(buffer, PATH_MAX, "%s/run/hellod/%s.conf", root, unit);
}

/* The digits put it before the override.conf of `systemctl edit`, which so has the last word. */
void socket_unit_drop_in_path(const char *folder, const char *unit, char buffer[static PATH_MAX])
{
    snprintf(buffer, PATH_MAX, "%s/%s.d/10-hello-ini.conf", folder, unit);
}

/* "%" begins a specifier of systemd.unit(5). */
static void write_address(const struct address *address, FILE *out)
{
    char text[ADDRESS_TEXT_MAX];
    address_format(address, text, sizeof text);
    fputs(LISTEN, out);
    for (const char *c = text; *c; c++) {
        if (*c == '%')
            fputc('%', out);
        fputc(*c, out);
    }
    fputc('\n', out);
}

void socket_unit_write(const struct addresses *addresses, const char *ini, FILE *out)
{
    bool anywhere = true, unix_socket = false, ipv6 = false;
    fprintf(out, "# Made from %s. `systemctl edit` of this socket has the last word.\n[Socket]\n" LISTEN "\n",
            ini);
    for (size_t i = 0; i < addresses->count; i++) {
        const struct address *address = &addresses->list[i];
        write_address(address, out);
        anywhere &= address_is_everywhere(address);
        unix_socket |= address->any.sa_family == AF_UNIX;
        ipv6 |= address->any.sa_family == AF_INET6;
    }
    if (ipv6)
        fprintf(out, "BindIPv6Only=%s\n", addresses_ipv6_only(addresses) ? "ipv6-only" : "both");
    /* At boot the socket is there before the network is. */
    if (!anywhere)
        fputs("FreeBind=yes\n", out);
    /* On a unix socket systemd warns that it can't do these. */
    if (unix_socket)
        fputs("NoDelay=no\nDeferAcceptSec=0\nRemoveOnStop=yes\n", out);
}

void socket_unit_write_refusal(const char *generator, const char *ini, FILE *out)
{
    fprintf(out,
            "# There is no telling from %s where to listen: it has mistakes, or is not there.\n"
            "[Socket]\n"
            "ExecStartPre=%s --explain %s\n",
            ini, generator, ini);
}

/* The address behind "ListenStream=", with "%%" as "%"; false for what write_address() never wrote. */
static bool parse_line(const char *value, struct addresses *ret)
{
    char text[ADDRESS_TEXT_MAX * 2];
    size_t length = 0;
    for (; *value; value++) {
        if (length + 1 >= sizeof text || (*value == '%' && *++value != '%'))
            return false;
        text[length++] = *value;
    }
    text[length] = '\0';
    return ret->count < ADDRESSES_MAX && address_parse_with_port(text, &ret->list[ret->count++]);
}

int socket_unit_parse(const char *text, struct addresses *ret)
{
    CLEANUP(free_memory) char *copy = strdup(text);
    bool ours = false;
    ret->count = 0;
    if (!copy)
        return -ENOMEM;
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (strcmp(line, "[Socket]") == 0)
            ours = true;
        if (strncmp(line, LISTEN, strlen(LISTEN)) != 0 || !line[strlen(LISTEN)])
            continue;
        if (!parse_line(line + strlen(LISTEN), ret))
            return -EBADMSG;
    }
    return ours ? 0 : -EBADMSG;
}

int socket_unit_read(const char *path, struct addresses *ret)
{
    char text[TEXT_MAX];
    CLEANUP(close_file) FILE *stream = fopen(path, "re");
    ret->count = 0;
    if (!stream)
        return -errno;
    size_t length = fread(text, 1, sizeof text, stream);
    if (ferror(stream))
        return -EIO;
    if (length == sizeof text)
        return -EBADMSG;
    text[length] = '\0';
    return socket_unit_parse(text, ret);
}

static int make_folders(const char *path)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = folder + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(folder, 0755) < 0 && errno != EEXIST && access(folder, F_OK) < 0)
            return -errno;
        *slash = '/';
    }
    return 0;
}

int socket_unit_store(const char *path, const char *text)
{
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return -ENAMETOOLONG;
    int r = make_folders(path);
    if (r < 0)
        return r;
    FILE *stream = fopen(temporary, "we");
    if (!stream)
        return -errno;
    bool whole = fputs(text, stream) >= 0;
    if (fclose(stream) != 0 || !whole || rename(temporary, path) < 0) {
        r = errno ? -errno : -EIO;
        unlink(temporary);
        return r;
    }
    return 0;
}
