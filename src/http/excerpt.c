/* Lines of a head by their names, with no claim that they are right; see excerpt.h. */
#include "http/excerpt.h"

#include "http/writer.h"

#include <string.h>

static struct str cut(struct str s, size_t most)
{
    return (struct str){s.data, s.length < most ? s.length : most};
}

static bool next_line(struct str *rest, struct str *ret)
{
    if (!str_next(rest, '\n', ret))
        return false;
    if (ret->length > 0 && ret->data[ret->length - 1] == '\r')
        ret->length--;
    return true;
}

/* The first line, with what follows in *rest. */
static struct str take_line(struct str *rest)
{
    struct str line = {NULL, 0};
    while (line.length == 0 && next_line(rest, &line))
        ;
    return cut(line, EXCERPT_LINE_MAX);
}

/* Of several fields of a name the first counts. */
static bool take_field(struct str line, struct str name, size_t most, struct str *ret)
{
    if (line.length < name.length || ret->data ||
        !str_equal_ignoring_case((struct str){line.data, name.length}, name))
        return false;
    *ret = str_trim(cut(str_trim(str_after(line, name.length)), most));
    return true;
}

void excerpt_read(struct str head, struct excerpt *ret)
{
    struct str rest = head, line;
    *ret = (struct excerpt){.line = take_line(&rest)};
    while (next_line(&rest, &line) && line.length > 0)
        (void)(take_field(line, STR("Host:"), EXCERPT_HOST_MAX, &ret->host) ||
               take_field(line, STR("User-Agent:"), EXCERPT_USER_AGENT_MAX, &ret->user_agent) ||
               take_field(line, STR("Referer:"), EXCERPT_REFERER_MAX, &ret->referer));
}

struct str excerpt_line(struct str head)
{
    return take_line(&head);
}

static void put_field(struct writer *writer, struct str name, struct str value)
{
    struct writer longer = *writer;
    if (!value.data)
        return;
    writer_put(&longer, name);
    writer_put(&longer, value);
    writer_put(&longer, STR("\r\n"));
    if (!longer.full)
        *writer = longer;
}

size_t excerpt_write(const struct excerpt *excerpt, char *buffer, size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};
    put_field(&writer, STR(""), excerpt->line);
    if (writer.length == 0)
        return 0;
    put_field(&writer, STR("Host: "), excerpt->host);
    put_field(&writer, STR("User-Agent: "), excerpt->user_agent);
    put_field(&writer, STR("Referer: "), excerpt->referer);
    return writer.length;
}

/* Between the outer spaces stands the target, whatever is in it. */
struct request_line excerpt_split(struct str line)
{
    struct request_line ret = {.method = line};
    const char *space = line.length > 0 ? memchr(line.data, ' ', line.length) : NULL;
    if (!space)
        return ret;
    ret.method.length = (size_t)(space - line.data);
    ret.target = str_after(line, ret.method.length + 1);
    const char *last = ret.target.length > 0 ? memrchr(ret.target.data, ' ', ret.target.length) : NULL;
    if (!last)
        return ret;
    ret.target.length = (size_t)(last - ret.target.data);
    ret.protocol = str_after(line, (size_t)(last + 1 - line.data));
    return ret;
}
