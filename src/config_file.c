/*
 * The INI file, read by libinih through a line reader of our own.
 *
 * libinih's handler gets no line number, it cuts a line longer than its buffer without a word, takes an
 * indented line for more of the value above, passes over a head without keys, and of several malformed lines
 * reports the first. So the reader takes sections on itself and hands over the other lines one a call,
 * counted, checked and without the blanks around them (an empty line in place of a head, a comment or a
 * refused line). What it hands over must come back as an entry before the next line is asked for; what has
 * not was no "key = value".
 *
 * Invariant: a line brings one entry or one mistake, never both.
 */
#include "config_file.h"

#include "cleanup.h"
#include "http/str.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, BLOCK_MIN = 16 << 10, WRITTEN_LINE_MAX = 110 };

struct reader {
    struct config_file *file;
    struct str rest;    /* what comes after the line */
    unsigned line;      /* from 1 */
    struct str section; /* {NULL, 0} under a head that was refused */
    struct str pending; /* the line handed over that has to come back as an entry; {NULL, 0}: none */
    bool continues;     /* the last entry's value goes on in the next line */
};

/* Takes the text over; NULL where there was no memory for it. */
static void add_mistake(struct config_file *file, unsigned line, char *text)
{
    struct config_mistake *grown = reallocarray(file->mistakes, file->n_mistakes + 1, sizeof(*grown));
    if (grown)
        file->mistakes = grown;
    if (grown && text) {
        file->mistakes[file->n_mistakes++] = (struct config_mistake){line, text};
        return;
    }
    free(text);
    file->error = -ENOMEM;
}

static char *format_text(const char *format, va_list arguments)
{
    char *text;
    return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

void config_file_mistake(struct config_file *file, unsigned line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add_mistake(file, line, format_text(format, arguments));
    va_end(arguments);
}

void config_file_refuse(struct config_file *file, const struct config_entry *entry, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    CLEANUP(free_memory) char *fault = format_text(format, arguments);
    va_end(arguments);
    char *text;
    bool made =
        fault && asprintf(&text, "[%s] %s = %s: %s", entry->section, entry->key, entry->value, fault) >= 0;
    add_mistake(file, entry->line, made ? text : NULL);
}

static void free_entry(struct config_entry *entry)
{
    free(entry->section);
    free(entry->key);
    free(entry->value);
}

/* key is NULL for a head. */
static void add_entry(struct reader *reader, const char *key, struct str value)
{
    struct config_file *file = reader->file;
    struct config_entry *grown = reallocarray(file->entries, file->n_entries + 1, sizeof(*grown));
    if (!grown) {
        file->error = -ENOMEM;
        return;
    }
    file->entries = grown;
    struct config_entry entry = {
        .line = reader->line,
        .section = strndup(reader->section.data, reader->section.length),
        .key = key ? strdup(key) : NULL,
        .value = key ? strndup(value.data, value.length) : NULL,
    };
    if (entry.section && !key == !entry.key && !key == !entry.value) {
        file->entries[file->n_entries++] = entry;
    } else {
        free_entry(&entry);
        file->error = -ENOMEM;
    }
}

/* What makes the line no text, or NULL. A control byte would also break a message of ours into two lines. */
static const char *text_fault(struct str line)
{
    while (line.length > 0) {
        char c = line.data[0];
        size_t length = str_utf8_length(line);
        if (c == '\0')
            return "a NUL byte; only text may be here";
        if ((c > '\0' && c < ' ' && c != '\t') || c == 0x7f)
            return "a control byte; only text may be here";
        if (length == 0)
            return "not UTF-8; save the file as UTF-8";
        line = str_after(line, length);
    }
    return NULL;
}

/* A backslash at a value's end says that it goes on in the next line; returns the value without. */
static struct str cut_backslash(struct reader *reader, struct str value)
{
    reader->continues = value.length > 0 && value.data[value.length - 1] == '\\';
    if (reader->continues)
        value.length--;
    return reader->continues ? str_trim(value) : value;
}

/* Without a comment behind it, as libinih would leave it. */
static struct str cut_comment(struct str line)
{
    for (size_t i = 0; i + 1 < line.length; i++)
        if ((line.data[i] == ' ' || line.data[i] == '\t') && line.data[i + 1] == ';')
            line.length = i;
    return str_trim(line);
}

/* More of the last entry's value, with one blank between; nothing where that entry was left out. */
static void continue_entry(struct reader *reader, struct str line)
{
    struct config_file *file = reader->file;
    line = cut_backslash(reader, cut_comment(line));
    if (!reader->section.data || file->error < 0 || line.length == 0)
        return;
    struct config_entry *entry = &file->entries[file->n_entries - 1];
    char *whole;
    if (asprintf(&whole, "%s%s%.*s", entry->value, *entry->value ? " " : "", (int)line.length, line.data) <
        0) {
        file->error = -ENOMEM;
        return;
    }
    free(entry->value);
    entry->value = whole;
}

/* "[section]", perhaps with a comment behind it. */
static void read_head(struct reader *reader, struct str line)
{
    const char *bracket = memchr(line.data, ']', line.length);
    size_t used = bracket ? (size_t)(bracket - line.data) + 1 : line.length;
    struct str behind = str_trim(str_after(line, used));
    if (!bracket || used == 2 || (behind.length > 0 && behind.data[0] != ';')) {
        config_file_mistake(reader->file, reader->line, "%.*s: not a section's head, write [name]",
                            (int)line.length, line.data);
        reader->section = (struct str){};
        return;
    }
    reader->section = (struct str){line.data + 1, used - 2};
    add_entry(reader, NULL, (struct str){});
}

/* Cuts the next line off the rest, without the blanks around it and the CR of a CRLF. */
static struct str take_line(struct reader *reader)
{
    const struct str bom = STR("\xef\xbb\xbf");
    struct str line;
    bool taken = str_next(&reader->rest, '\n', &line);
    assert(taken);
    reader->line++;
    if (reader->line == 1 && str_starts_with(line, bom))
        line = str_after(line, bom.length);
    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return str_trim(line);
}

/* Sees to all of a line that is not for libinih; what is left for it is returned, perhaps nothing. */
static struct str sift_line(struct reader *reader, struct str line, size_t longest)
{
    const struct str nothing = {};
    bool continues = reader->continues;
    bool head = !continues && str_starts_with(line, STR("["));
    bool comment = str_starts_with(line, STR(";")) || str_starts_with(line, STR("#"));
    const char *fault = text_fault(line);
    reader->continues = false;
    if (fault)
        config_file_mistake(reader->file, reader->line, "%s", fault);
    else if (comment)
        reader->continues = continues;
    else if (line.length > longest)
        config_file_mistake(reader->file, reader->line, "a line of %zu bytes; %zu at most", line.length,
                            longest);
    else if (continues)
        continue_entry(reader, line);
    else if (head)
        read_head(reader, line);
    else
        return line;
    if (head && (fault || line.length > longest))
        reader->section = (struct str){};
    return nothing;
}

static void settle_pending(struct reader *reader)
{
    if (reader->pending.data)
        config_file_mistake(reader->file, reader->line, "%.*s: not \"key = value\"",
                            (int)reader->pending.length, reader->pending.data);
    reader->pending = (struct str){};
}

/* ini_reader of libinih, after fgets(3); `size` is its buffer's, 200 in Debian. */
static char *next_line(char *buffer, int size, void *stream)
{
    struct reader *reader = stream;
    settle_pending(reader);
    if (reader->rest.length == 0)
        return NULL;
    /* A full buffer is a line that goes on. */
    size_t longest = (size_t)size - 2;
    struct str line = sift_line(reader, take_line(reader), longest);
    if (line.length > 0) {
        memcpy(buffer, line.data, line.length);
        reader->pending = line;
    }
    buffer[line.length] = '\0';
    return buffer;
}

/* ini_handler of libinih. */
static int take_entry(void *user, const char *section, const char *key, const char *value)
{
    struct reader *reader = user;
    (void)section;
    assert(reader->pending.data);
    if (!*key)
        return 1;
    reader->pending = (struct str){};
    struct str text = cut_backslash(reader, str_of(value));
    if (reader->section.data)
        add_entry(reader, key, text);
    return 1;
}

static int slurp(const char *path, char **ret, size_t *ret_length)
{
    CLEANUP(close_file) FILE *stream = fopen(path, "re");
    if (!stream)
        return -errno;
    CLEANUP(free_memory) char *text = NULL;
    size_t length = 0, size = 0;
    while (!feof(stream) && length <= FILE_MAX) {
        if (length == size) {
            size = size ? 2 * size : BLOCK_MIN;
            char *grown = realloc(text, size);
            if (!grown)
                return -ENOMEM;
            text = grown;
        }
        length += fread(text + length, 1, size - length, stream);
        if (ferror(stream))
            return -errno;
    }
    if (length > FILE_MAX)
        return -EFBIG;
    *ret = text;
    *ret_length = length;
    text = NULL; /* consumed */
    return 0;
}

static bool is_utf16(struct str text)
{
    return str_starts_with(text, STR("\xff\xfe")) || str_starts_with(text, STR("\xfe\xff"));
}

int config_file_read(const char *path, struct config_file *ret)
{
    CLEANUP(free_memory) char *text = NULL;
    size_t length = 0;
    *ret = (struct config_file){.path = path};
    int r = slurp(path, &text, &length);
    if (r < 0)
        return r;
    struct reader reader = {.file = ret, .rest = {text, length}, .section = STR("")};
    if (is_utf16(reader.rest)) {
        config_file_mistake(ret, 1, "UTF-16; save the file as UTF-8");
        return 0;
    }
    /* The answer is the first malformed line's number, which the reader noted, or that memory ran out. */
    if (ini_parse_stream(next_line, &reader, take_entry, &reader) < 0)
        ret->error = -ENOMEM;
    return 0;
}

static int compare_mistakes(const void *a, const void *b)
{
    const struct config_mistake *left = a, *right = b;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return strcmp(left->text, right->text);
}

void config_file_report(struct config_file *file, FILE *out)
{
    if (file->n_mistakes > 0)
        qsort(file->mistakes, file->n_mistakes, sizeof(file->mistakes[0]), compare_mistakes);
    for (size_t i = 0; i < file->n_mistakes; i++) {
        const struct config_mistake *mistake = &file->mistakes[i];
        if (mistake->line > 0)
            fprintf(out, "%s:%u: %s\n", file->path, mistake->line, mistake->text);
        else
            fprintf(out, "%s: %s\n", file->path, mistake->text);
    }
}

void config_file_free(struct config_file *file)
{
    for (size_t i = 0; i < file->n_entries; i++)
        free_entry(&file->entries[i]);
    for (size_t i = 0; i < file->n_mistakes; i++)
        free(file->mistakes[i].text);
    free(file->entries);
    free(file->mistakes);
    *file = (struct config_file){.path = file->path};
}

/* A blank that a backslash and a line break can stand for: alone, and with no comment made of what follows.
 */
static bool is_break(const char *blank)
{
    return blank[0] == ' ' && blank[-1] != ' ' && blank[1] != ' ' && blank[1] != '#' && blank[1] != ';';
}

/* How far it is from this blank to the next break, or to the end. */
static size_t next_break(const char *blank)
{
    size_t length = 1;
    while (blank[length] && !is_break(blank + length))
        length++;
    return length;
}

void config_file_write(FILE *out, const char *key, const char *value)
{
    size_t column = strlen(key) + 3;
    fprintf(out, "%s = ", key);
    for (const char *c = value; *c; c++) {
        bool over = c > value && is_break(c) && column + next_break(c) > WRITTEN_LINE_MAX;
        fputs(over ? " \\\n    " : (char[]){*c, '\0'}, out);
        column = over ? 4 : column + 1;
    }
    fputc('\n', out);
}
