/* The text of a conversation, line by line. */
#include "conversation.h"

#include "harness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct conversation *conversation;
    struct conversation_scene *scene;
    unsigned number;
};

static void add_scene(struct reader *reader)
{
    struct conversation_scene *scene = calloc(1, sizeof *scene), **end = &reader->conversation->scenes;
    assert_non_null(scene);
    while (*end)
        end = &(*end)->next;
    *end = reader->scene = scene;
}

static void complain(const struct reader *reader, const char *what)
{
    fail_msg("%s:%u: %s", reader->conversation->path, reader->number, what);
}

static void add_line(struct reader *reader, enum conversation_verb verb, const char *text)
{
    struct conversation_scene *scene = reader->scene;
    if (scene->line_count == CONVERSATION_LINES_MAX)
        complain(reader, "too many lines");
    scene->lines[scene->line_count++] =
        (struct conversation_line){.verb = verb, .number = reader->number, .text = text};
}

static void add_row(struct reader *reader, const char *text)
{
    if (reader->scene->row_count == CONVERSATION_ROWS_MAX)
        complain(reader, "too many rows");
    if (reader->scene->line_count > 0)
        complain(reader, "a row below the lines it is for");
    reader->scene->rows[reader->scene->row_count++] = text;
}

/* Every connection must be said to end, or to go on: else half a response would do. */
static void finish_scene(struct reader *reader)
{
    const struct conversation_scene *scene = reader->scene;
    if (scene->line_count == 0)
        complain(reader, "nothing is said");
    enum conversation_verb last = scene->lines[scene->line_count - 1].verb;
    if (last != VERB_CLOSES && last != VERB_OPEN)
        complain(reader, "neither \"closes\" nor \"open\" at the end");
}

static bool read_directive(struct reader *reader, const char *line)
{
    static const struct {
        const char *text;
        enum conversation_verb verb;
    } words[] = {
        {"...", VERB_PAUSE}, {"half-close", VERB_HALF_CLOSE}, {"closes", VERB_CLOSES}, {"open", VERB_OPEN}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(line, words[i].text) != 0)
            continue;
        add_line(reader, words[i].verb, "");
        return true;
    }
    if (strcmp(line, "whole only") == 0)
        return reader->scene->whole_only = true;
    if (strcmp(line, "every split") == 0)
        return reader->scene->every_split = true;
    if (strcmp(line, "needs mode bits") == 0)
        return reader->conversation->needs_mode_bits = true;
    return false;
}

static const char *after(const char *line, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(line, prefix, length) == 0 ? line + length : NULL;
}

static void read_line(struct reader *reader, const char *line)
{
    const char *text;
    if (*line == '#' || *line == '\0' || read_directive(reader, line))
        return;
    if (strcmp(line, "---") == 0) {
        finish_scene(reader);
        add_scene(reader);
    } else if (strcmp(line, ">") == 0)
        add_line(reader, VERB_SEND, "");
    else if ((text = after(line, ">> ")))
        add_line(reader, VERB_SEND_RAW, text);
    else if ((text = after(line, "> ")))
        add_line(reader, VERB_SEND, text);
    else if ((text = after(line, "< !")))
        add_line(reader, VERB_ABSENT, text);
    else if ((text = after(line, "< ")))
        add_line(reader, strstr(text, ": ") ? VERB_FIELD : VERB_STATUS, text);
    else if ((text = after(line, "= ")))
        add_line(reader, VERB_BODY, text);
    else if ((text = after(line, "| ")))
        add_row(reader, text);
    else
        complain(reader, "not a line of a conversation");
}

void conversation_read(const char *path, struct conversation *ret)
{
    *ret = (struct conversation){.path = path, .text = harness_read_file(path, NULL)};
    if (!ret->text)
        fail_msg("%s: %s", path, strerror(errno));
    struct reader reader = {.conversation = ret};
    add_scene(&reader);
    char *rest = ret->text, *line;
    while ((line = strsep(&rest, "\n"))) {
        reader.number++;
        read_line(&reader, line);
    }
    finish_scene(&reader);
}

void conversation_free(struct conversation *conversation)
{
    while (conversation->scenes) {
        struct conversation_scene *scene = conversation->scenes;
        conversation->scenes = scene->next;
        free(scene);
    }
    free(conversation->text);
    conversation->text = NULL;
}
