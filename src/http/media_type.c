/* Media types: a walk through a mime.types text, a binary search by extension, and the web's own types. */
#include "http/media_type.h"

#include "http/octet.h"

#include <string.h>

/* In order of the extension, as media_type_compare() has it. */
static const struct media_type built_in[] = {
    {STR("avif"), STR("image/avif")},       {STR("css"), STR("text/css")},
    {STR("csv"), STR("text/csv")},          {STR("gif"), STR("image/gif")},
    {STR("gz"), STR("application/gzip")},   {STR("htm"), STR("text/html")},
    {STR("html"), STR("text/html")},        {STR("ico"), STR("image/vnd.microsoft.icon")},
    {STR("jpeg"), STR("image/jpeg")},       {STR("jpg"), STR("image/jpeg")},
    {STR("js"), STR("text/javascript")},    {STR("json"), STR("application/json")},
    {STR("md"), STR("text/markdown")},      {STR("mjs"), STR("text/javascript")},
    {STR("mp3"), STR("audio/mpeg")},        {STR("mp4"), STR("video/mp4")},
    {STR("ogg"), STR("audio/ogg")},         {STR("otf"), STR("font/otf")},
    {STR("pdf"), STR("application/pdf")},   {STR("png"), STR("image/png")},
    {STR("svg"), STR("image/svg+xml")},     {STR("tar"), STR("application/x-tar")},
    {STR("ttf"), STR("font/ttf")},          {STR("txt"), STR("text/plain")},
    {STR("wasm"), STR("application/wasm")}, {STR("wav"), STR("audio/x-wav")},
    {STR("webm"), STR("video/webm")},       {STR("webmanifest"), STR("application/manifest+json")},
    {STR("webp"), STR("image/webp")},       {STR("woff"), STR("font/woff")},
    {STR("woff2"), STR("font/woff2")},      {STR("xhtml"), STR("application/xhtml+xml")},
    {STR("xml"), STR("application/xml")},   {STR("zip"), STR("application/zip")},
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts the next word off the line; an empty one at the line's end or where a comment starts. */
static struct str next_word(struct str *line)
{
    while (line->length > 0 && is_space(line->data[0]))
        *line = str_after(*line, 1);
    struct str word = {line->data, 0};
    if (line->length > 0 && line->data[0] == '#')
        return word;
    while (word.length < line->length && !is_space(line->data[word.length]))
        word.length++;
    *line = str_after(*line, word.length);
    return word;
}

/* type "/" subtype, RFC 9110 section 8.3.1; so nothing else can get into a Content-Type. */
static bool is_media_type(struct str s)
{
    size_t type = octet_span(s, OCTET_TOKEN);
    if (type == 0 || type == s.length || s.data[type] != '/')
        return false;
    struct str subtype = str_after(s, type + 1);
    return subtype.length > 0 && octet_span(subtype, OCTET_TOKEN) == subtype.length;
}

bool media_type_next(struct media_type_cursor *cursor, struct media_type *ret)
{
    for (;;) {
        struct str extension = next_word(&cursor->line);
        if (extension.length > 0) {
            *ret = (struct media_type){extension, cursor->type};
            return true;
        }
        if (!str_next(&cursor->rest, '\n', &cursor->line))
            return false;
        cursor->type = next_word(&cursor->line);
        if (!is_media_type(cursor->type))
            cursor->line.length = 0;
    }
}

int media_type_compare(const void *a, const void *b)
{
    const struct media_type *left = a, *right = b;
    int order = str_compare_ignoring_case(left->extension, right->extension);
    if (order != 0)
        return order;
    uintptr_t left_place = (uintptr_t)left->extension.data, right_place = (uintptr_t)right->extension.data;
    return (left_place > right_place) - (left_place < right_place);
}

/* The first entry for the extension, which bsearch() would not promise. */
static struct str find(const struct media_type *table, size_t count, struct str extension)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare_ignoring_case(table[middle].extension, extension) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count && str_compare_ignoring_case(table[low].extension, extension) == 0)
        return table[low].type;
    return (struct str){0};
}

static struct str extension_of(struct str path)
{
    size_t dot = path.length;
    while (dot > 0 && path.data[dot - 1] != '.' && path.data[dot - 1] != '/')
        dot--;
    bool has_name = dot >= 2 && path.data[dot - 1] == '.' && path.data[dot - 2] != '/';
    return has_name ? str_after(path, dot) : (struct str){0};
}

struct str media_type_lookup(const struct media_type *table, size_t count, struct str path)
{
    struct str extension = extension_of(path);
    if (extension.length == 0)
        return (struct str){0};
    struct str type = find(table, count, extension);
    return type.length > 0 ? type : find(built_in, sizeof built_in / sizeof *built_in, extension);
}

static bool ends_in(struct str s, struct str suffix)
{
    return s.length >= suffix.length &&
           str_equal_ignoring_case(str_after(s, s.length - suffix.length), suffix);
}

bool media_type_is_text(struct str type)
{
    static const struct str types[] = {STR("application/javascript"), STR("application/x-javascript"),
                                       STR("application/ecmascript"), STR("application/json"),
                                       STR("application/xml")};
    static const struct str text = STR("text/");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal_ignoring_case(type, types[i]))
            return true;
    if (type.length > text.length && str_equal_ignoring_case((struct str){type.data, text.length}, text))
        return true;
    return ends_in(type, STR("+json")) || ends_in(type, STR("+xml"));
}
