/* Media types: a walk through a mime.types text, and the web's own types. */
#include "http/media_type.h"

#include "http/octet.h"

#include <stdlib.h>

/* In order of the extension, as str_compare_ignoring_case() has it. */
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

struct str media_type_extension(struct str path)
{
    size_t dot = path.length;
    while (dot > 0 && path.data[dot - 1] != '.' && path.data[dot - 1] != '/')
        dot--;
    bool has_name = dot >= 2 && path.data[dot - 1] == '.' && path.data[dot - 2] != '/';
    return has_name ? str_after(path, dot) : (struct str){0};
}

static int compare_with(const void *extension, const void *entry)
{
    return str_compare_ignoring_case(*(const struct str *)extension,
                                     ((const struct media_type *)entry)->extension);
}

struct str media_type_built_in(struct str extension)
{
    const struct media_type *found =
        bsearch(&extension, built_in, sizeof built_in / sizeof *built_in, sizeof *built_in, compare_with);
    return found ? found->type : (struct str){0};
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
