/*
 * The three forms of a listing. A name goes into a link percent-encoded, behind "./" so that no colon in it
 * makes a scheme, and into text escaped for where it stands; in HTML inside <bdi>, for some letters turn the
 * direction of what stands beside them.
 */
#include "http/listing.h"

#include "http/date.h"
#include "http/negotiation.h"
#include "http/octet.h"
#include "http/target.h"
#include "http/writer.h"

#include <assert.h>
#include <string.h>

/* So many folders of the path above are links; a path may have thousands. */
enum { CRUMBS_MAX = 12 };

static const struct str media_types[LISTING_FORMS] = {
    [LISTING_HTML] = STR("text/html"),
    [LISTING_JSON] = STR("application/json"),
    [LISTING_TEXT] = STR("text/plain"),
};

struct str listing_media_type(enum listing_form form)
{
    return media_types[form];
}

enum listing_form listing_form_for(struct str accept)
{
    unsigned best = 0;
    enum listing_form form = LISTING_HTML;
    for (unsigned i = 0; i < LISTING_FORMS; i++) {
        unsigned rank = negotiation_quality(accept, media_types[i]) * 2;
        rank += negotiation_names(accept, media_types[i]);
        if (rank > best) {
            best = rank;
            form = i;
        }
    }
    return form;
}

static size_t digits(struct str s)
{
    return octet_span(s, OCTET_DIGIT);
}

/* Two runs of digits as numbers; of equal ones the one with fewer zeros in front first. */
static int compare_numbers(struct str a, struct str b)
{
    struct str x = a, y = b;
    while (x.length > 1 && x.data[0] == '0')
        x = str_after(x, 1);
    while (y.length > 1 && y.data[0] == '0')
        y = str_after(y, 1);
    if (x.length != y.length)
        return x.length < y.length ? -1 : 1;
    int order = memcmp(x.data, y.data, x.length);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* How long the names are the same, up to a run of digits that goes on behind that in either. */
static size_t same_start(struct str a, struct str b)
{
    size_t i = 0;
    while (i < a.length && i < b.length && a.data[i] == b.data[i])
        i++;
    while (i > 0 && octet_is(a.data[i - 1], OCTET_DIGIT))
        i--;
    return i;
}

static int compare_names(struct str a, struct str b)
{
    while (a.length > 0 && b.length > 0) {
        size_t same = same_start(a, b);
        a = str_after(a, same);
        b = str_after(b, same);
        size_t n = digits(a), m = digits(b);
        int order = n > 0 && m > 0 ? compare_numbers((struct str){a.data, n}, (struct str){b.data, m})
                                   : str_compare_ignoring_case((struct str){a.data, a.length > 0},
                                                               (struct str){b.data, b.length > 0});
        if (order != 0 || a.length == 0 || b.length == 0)
            return order;
        a = str_after(a, n > 0 && m > 0 ? n : 1);
        b = str_after(b, n > 0 && m > 0 ? m : 1);
    }
    return (a.length > 0) - (b.length > 0);
}

int listing_compare(const struct listing_entry *a, const struct listing_entry *b)
{
    if (a->folder != b->folder)
        return a->folder ? -1 : 1;
    int order = compare_names(a->name, b->name);
    if (order != 0)
        return order;
    size_t common = a->name.length < b->name.length ? a->name.length : b->name.length;
    return common > 0 ? memcmp(a->name.data, b->name.data, common) : 0;
}

static const struct str html_head = STR(
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20"
    "viewBox='0%200%2016%2016'%3E%3Cpath%20d='M0%203h6l2%202h8v9H0'%20fill='%23e8590c'/%3E%3C/svg%3E\">\n"
    "<style>\n"
    ":root { color-scheme: light dark; --page: #fdf6ee; --ink: #3a2b20; --faint: #7a6656; --row: #f4e2d0;\n"
    "  --link: #b5410a; --mark: #e8590c }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --page: #191410; --ink: #d9cbbd; --faint: #a39384; --row: #33281e; --link: #ffa94d;\n"
    "    --mark: #ffa94d }\n}\n"
    "body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }\n"
    "main { max-width: 56rem; margin: 0 auto; padding: 2rem 1rem }\n"
    "h1 { margin: 0 0 1rem .6rem; font-size: 1.5rem; overflow-wrap: anywhere }\n"
    "table { width: 100%; border-collapse: collapse }\n"
    "th { text-align: left; font-weight: normal; font-size: .85rem; color: var(--faint) }\n"
    "th, td { padding: .3rem .6rem; vertical-align: top }\n"
    "tbody tr:hover { background: var(--row) }\n"
    "th:first-child { width: 99% }\n"
    "td:first-child { overflow-wrap: anywhere }\n"
    "th + th, td + td { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums;\n"
    "  color: var(--faint) }\n"
    "a { color: var(--link); text-decoration: none }\n"
    "a:hover { text-decoration: underline }\n"
    "td a::before { content: \"\"; display: inline-block; width: .8em; height: .95em; margin-right: .6em;\n"
    "  vertical-align: -.1em; background: var(--faint); opacity: .55;\n"
    "  clip-path: polygon(8% 0, 60% 0, 92% 28%, 92% 100%, 8% 100%) }\n"
    "td a.f::before { height: .75em; background: var(--mark); opacity: 1;\n"
    "  clip-path: polygon(0 0, 42% 0, 55% 18%, 100% 18%, 100% 100%, 0 100%) }\n"
    "p { margin: 1rem .6rem; font-size: .85rem; color: var(--faint) }\n"
    "@media (max-width: 34rem) { th:last-child, td:last-child { display: none } }\n"
    "</style>\n<title>");

/* The path as a heading: its last folders are links to them, "../" for each that lies between. */
static void put_crumbs(struct writer *writer, struct str path)
{
    struct str rest = path, segment;
    size_t above = path.length > 0;
    for (size_t i = 0; i < path.length; i++)
        above += path.data[i] == '/';
    if (above > 0 && above <= CRUMBS_MAX) {
        writer_put(writer, STR("<a href=\""));
        for (size_t i = 0; i < above; i++)
            writer_put(writer, STR("../"));
        writer_put(writer, STR("\">/</a>"));
    } else {
        writer_put(writer, STR("/"));
    }
    while (str_next(&rest, '/', &segment)) {
        bool linked = --above > 0 && above <= CRUMBS_MAX;
        writer_put(writer, linked ? STR(" <a href=\"") : STR(" "));
        for (size_t i = 0; linked && i < above; i++)
            writer_put(writer, STR("../"));
        writer_put(writer, linked ? STR("\"><bdi>") : STR("<bdi>"));
        writer_put_html(writer, segment);
        writer_put(writer, linked ? STR("</bdi></a> /") : STR("</bdi> /"));
    }
}

static void start_html(struct writer *writer, struct str path)
{
    writer_put(writer, html_head);
    writer_put(writer, STR("/"));
    writer_put_html(writer, path);
    writer_put(writer, path.length > 0 ? STR("/") : STR(""));
    writer_put(writer, STR("</title>\n</head>\n<body>\n<main>\n<h1>"));
    put_crumbs(writer, path);
    writer_put(writer,
               STR("</h1>\n<table>\n<thead><tr><th>Name<th>Size<th>Changed (UTC)</thead>\n<tbody>\n"));
    if (path.length > 0)
        writer_put(writer, STR("<tr><td><a class=\"f\" href=\"../\">..</a><td><td>\n"));
}

void listing_write_start(struct writer *writer, enum listing_form form, struct str path)
{
    assert(path.length <= LISTING_PATH_MAX);
    if (form == LISTING_HTML) {
        start_html(writer, path);
    } else if (form == LISTING_JSON) {
        writer_put(writer, STR("{\"path\": \"/"));
        writer_put_json(writer, path);
        writer_put(writer, path.length > 0 ? STR("/\", \"entries\": [") : STR("\", \"entries\": ["));
    }
}

/* "1.4 KiB": as many digits as tell sizes apart. */
static void put_size(struct writer *writer, uint64_t size)
{
    static const struct str units[] = {STR(" B"), STR(" KiB"), STR(" MiB"), STR(" GiB"), STR(" TiB")};
    unsigned unit = 0;
    uint64_t tenths = 0;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++) {
        tenths = size % 1024 * 10 / 1024;
        size /= 1024;
    }
    writer_put_decimal(writer, size);
    if (unit > 0 && size < 100) {
        writer_put(writer, STR("."));
        writer_put_decimal(writer, tenths);
    }
    writer_put(writer, units[unit]);
}

struct reference {
    char text[LISTING_NAME_MAX * 3];
    size_t length;
};

static struct reference refer_to(struct str name)
{
    struct reference reference;
    assert(name.length > 0 && name.length <= LISTING_NAME_MAX);
    reference.length = target_encode(name, reference.text, sizeof reference.text);
    return reference;
}

static void entry_html(struct writer *writer, const struct listing_entry *entry, struct str reference)
{
    char date[DATE_ISO_LENGTH];
    writer_put(writer, entry->folder ? STR("<tr><td><a class=\"f\" href=\"./") : STR("<tr><td><a href=\"./"));
    writer_put_html(writer, reference);
    writer_put(writer, entry->folder ? STR("/\"><bdi>") : STR("\"><bdi>"));
    writer_put_html(writer, entry->name);
    writer_put(writer, entry->folder ? STR("</bdi>/</a><td>") : STR("</bdi></a><td>"));
    if (!entry->folder)
        put_size(writer, entry->size);
    writer_put(writer, STR("<td>"));
    if (date_format_iso(entry->modified, date) == 0) {
        writer_put(writer, (struct str){date, 10});
        writer_put(writer, STR(" "));
        writer_put(writer, (struct str){date + 11, 5});
    }
    writer_put(writer, STR("\n"));
}

static void entry_json(struct writer *writer, const struct listing_entry *entry, struct str reference)
{
    char date[DATE_ISO_LENGTH];
    writer_put(writer, STR("{\"name\": \""));
    writer_put_json(writer, entry->name);
    writer_put(writer, STR("\", \"href\": \"./"));
    writer_put_json(writer, reference);
    writer_put(writer,
               entry->folder ? STR("/\", \"type\": \"folder\"") : STR("\", \"type\": \"file\", \"size\": "));
    if (!entry->folder)
        writer_put_decimal(writer, entry->size);
    if (date_format_iso(entry->modified, date) == 0) {
        writer_put(writer, STR(", \"modified\": \""));
        writer_put(writer, (struct str){date, DATE_ISO_LENGTH});
        writer_put(writer, STR("\""));
    }
    writer_put(writer, STR("}"));
}

void listing_write_entry(struct writer *writer, enum listing_form form, const struct listing_entry *entry,
                         bool first)
{
    struct reference encoded = refer_to(entry->name);
    struct str reference = {encoded.text, encoded.length};
    if (form == LISTING_HTML) {
        entry_html(writer, entry, reference);
    } else if (form == LISTING_JSON) {
        writer_put(writer, first ? STR("\n") : STR(",\n"));
        entry_json(writer, entry, reference);
    } else {
        writer_put(writer, reference);
        writer_put(writer, entry->folder ? STR("/\n") : STR("\n"));
    }
}

static void put_incomplete(struct writer *writer, size_t shown)
{
    writer_put(writer, STR("There is more in this folder than the "));
    writer_put_decimal(writer, shown);
    writer_put(writer, STR(" names shown."));
}

static void end_html(struct writer *writer, size_t shown, bool complete)
{
    writer_put(writer, STR("</tbody>\n</table>\n"));
    if (complete && shown == 0)
        writer_put(writer, STR("<p>Nothing is in this folder.</p>\n"));
    if (!complete) {
        writer_put(writer, STR("<p>"));
        put_incomplete(writer, shown);
        writer_put(writer, STR("</p>\n"));
    }
    writer_put(writer, STR("</main>\n</body>\n</html>\n"));
}

void listing_write_end(struct writer *writer, enum listing_form form, size_t shown, bool complete)
{
    if (form == LISTING_HTML) {
        end_html(writer, shown, complete);
    } else if (form == LISTING_JSON) {
        writer_put(writer, STR("\n], \"complete\": "));
        writer_put(writer, complete ? STR("true}\n") : STR("false}\n"));
    } else if (!complete) {
        /* No link starts so: in a name the octet is encoded. */
        writer_put(writer, STR("# "));
        put_incomplete(writer, shown);
        writer_put(writer, STR("\n"));
    }
}
