/*
 * The options, one row each, and what a file may say about them. All that is done to an option is done by
 * walking the table: a new one takes its row and its field, nothing else.
 */
#include "config.h"

#include "access_mode.h"
#include "address.h"
#include "cleanup.h"
#include "config_access_file.h"
#include "config_entry.h"
#include "config_file.h"
#include "config_folder.h"
#include "config_nearest.h"
#include "config_rules.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MSEC UINT64_C(1000)
#define SEC  (1000 * MSEC)
#define HOUR (3600 * SEC)
#define KIB  UINT64_C(1024)
#define TIB  (KIB * KIB * KIB * KIB)

#define FIELD(name) offsetof(struct config, name)

/* A row is two lines: what the option is, and what it is for. */
const struct config_option config_options[] = {
    /* clang-format off */
    {"server", "address", FIELD(address), {CONFIG_ADDRESSES, 1, CONFIG_ADDRESS_MAX}, "127.0.0.1",
     "Where to listen: IPv4 and IPv6 addresses, /paths and @names of unix sockets, blanks between them."},
    {"server", "port", FIELD(port), {CONFIG_PORT, 1, 65535}, "7878",
     "The TCP port of every IPv4 and IPv6 address."},
    {"server", "document_root", FIELD(document_root), {CONFIG_FOLDER, 0, 0}, "/usr/share/hellod/www",
     "The folder that is served; a relative path counts from the folder of this file."},
    {"server", "pool_size", FIELD(pool_size), {CONFIG_THREADS, 1, 256}, "4",
     "How many threads serve; those beyond the CPUs step in for one held up for milliseconds; auto: one a CPU."},
    {"server", "index", FIELD(index), {CONFIG_NAMES, 1, CONFIG_INDEX_MAX}, "hello.html index.html",
     "The files that answer for their folder, the first one that is there."},
    {"server", "listing", FIELD(rules.listing), {CONFIG_BOOLEAN, 0, 0}, "off",
     "Whether a folder without such a file is answered with a list of what is in it."},
    {"server", "precompressed", FIELD(rules.precompressed), {CONFIG_BOOLEAN, 0, 0}, "on",
     "Whether x.br, x.zst or x.gz is sent for x, where it is not older and the client can take it."},
    {"server", "fallback", FIELD(rules.fallback), {CONFIG_FILE_OR_OFF, 0, 0}, "off",
     "The page that answers where a browser goes to what isn't there, as /index.html of an application; off: 404."},
    {"server", "sleep", FIELD(sleep_usec), {CONFIG_DURATION_OR_OFF, MSEC, HOUR}, "5s",
     "How long /sleep takes to answer; off: there is no /sleep."},
    {"server", "health", FIELD(health), {CONFIG_PATH_OR_OFF, 0, 0}, "off",
     "The path that tells a load balancer how the server is: 200, and 503 once it stops; off: there is none."},
    {"server", "max_connections", FIELD(max_connections), {CONFIG_COUNT, 1, 1000000}, "32768",
     "How many clients may be connected at a time; more of them wait."},
    {"server", "idle_exit", FIELD(idle_exit_usec), {CONFIG_DURATION_OR_OFF, SEC, 24 * HOUR}, "off",
     "How long nobody may be connected before the process ends, until the next client comes; off: it stays."},
    {"server", "cache", FIELD(cache_bytes), {CONFIG_SIZE, 0, TIB / KIB}, "64M",
     "How much memory may keep what was sent lately, for a second or as long as the file is unchanged; 0: none."},
    {"limits", "request_line", FIELD(request_line_bytes), {CONFIG_SIZE, 256, 16 * KIB}, "8K",
     "How long the first line of a request may be; a longer one is 414."},
    {"limits", "head", FIELD(head_bytes), {CONFIG_SIZE, 256, 64 * KIB}, "16K",
     "How long the head of a request, first line and fields, may be; a longer one is 431."},
    {"limits", "fields", FIELD(fields), {CONFIG_COUNT, 1, 10000}, "100",
     "How many field lines a request may have; one with more is 431."},
    {"limits", "body", FIELD(body_bytes), {CONFIG_SIZE, 0, TIB}, "1M",
     "How much of a request's body is read, to be thrown away; a longer one is 413."},
    {"limits", "connections_per_address", FIELD(connections_per_address), {CONFIG_COUNT_OR_OFF, 1, 1000000}, "512",
     "How many connections a client address, of IPv6 a /64, may have at a time; one more is 429."},
    {"limits", "requests_per_second", FIELD(requests_per_second), {CONFIG_COUNT_OR_OFF, 1, 1000000}, "off",
     "How many requests a second such an address may make, by and large; one more is 429."},
    {"limits", "requests_burst", FIELD(requests_burst), {CONFIG_COUNT, 1, 1000000}, "100",
     "How many of them it may make at once, as a page with all that belongs to it takes."},
    {"limits", "send_rate", FIELD(send_rate), {CONFIG_COUNT_OR_OFF, 1, 1000000000}, "256",
     "How many bytes of its response a client must take a second, by and large; a slower one is cut off."},
    {"timeouts", "head", FIELD(head_usec), {CONFIG_DURATION, SEC, HOUR}, "10s",
     "How long the head of a request may take to arrive."},
    {"timeouts", "idle", FIELD(idle_usec), {CONFIG_DURATION, SEC, HOUR}, "60s",
     "How long a connection may stay open between two requests."},
    {"timeouts", "body", FIELD(body_usec), {CONFIG_DURATION, SEC, HOUR}, "30s",
     "How long nothing may come of the body of a request, which is thrown away."},
    {"timeouts", "request", FIELD(request_usec), {CONFIG_DURATION, SEC, HOUR}, "60s",
     "How long a request, head and body, may take to arrive as a whole, however steadily it comes."},
    {"timeouts", "send", FIELD(send_usec), {CONFIG_DURATION, SEC, HOUR}, "30s",
     "How long a client may take nothing of its response, or lag behind send_rate."},
    {"timeouts", "drain", FIELD(drain_usec), {CONFIG_DURATION, 0, HOUR}, "10s",
     "How long requests in flight may go on when the server stops; 0s: not at all."},
    {"log", "level", FIELD(level), {CONFIG_LEVEL, 0, 0}, "info",
     "What is logged: error, warning, notice, info or debug, each with all before it."},
    {"log", "access", FIELD(access), {CONFIG_ACCESS, 0, 0}, "on",
     "Which requests are logged: on, all; errors, from status 400 on or cut short; file, all, in a file; off, none."},
    {"log", "access_rate", FIELD(access_rate), {CONFIG_COUNT_OR_OFF, 1, 1000000}, "100",
     "How many of them a second get an entry each; of what is more, one entry a second tells the sums."},
    {"log", "access_file", FIELD(access_file), {CONFIG_LOG_FILE, 0, 0}, "access.log",
     "The file for access = file, which gets all; a relative path counts from the service's folder in /var/log."},
    {"log", "access_format", FIELD(access_format), {CONFIG_ACCESS_FORMAT, 0, 0}, "combined",
     "What a line of that file is: combined, the log format of that name; json, an object with all fields."},
    {"log", "access_4xx", FIELD(access_client_errors), {CONFIG_LEVEL, 0, 0}, "info",
     "The level of entries with a status from 400 to 499; from 500 on it is warning, and error for 500."},
    {NULL, NULL, 0, {CONFIG_BOOLEAN, 0, 0}, NULL, NULL},
    /* clang-format on */
};

enum { OPTIONS = sizeof(config_options) / sizeof(config_options[0]) - 1 };

/* What is looked at besides the file itself. */
enum looks { LOOKS_AT_NOTHING, LOOKS_AT_FOLDERS, LOOKS_AT_ALL };

/* A load under way. */
struct load {
    enum looks looks;
    struct config_file file;
    struct config config;
    struct config_rules_reader rules;
    const struct config_entry *set[OPTIONS]; /* the entry that named the option first; NULL: none has */
};

static void *field_of(struct config *config, const struct config_option *option)
{
    return (char *)config + option->offset;
}

static const void *const_field_of(const struct config *config, const struct config_option *option)
{
    return (const char *)config + option->offset;
}

/* The first row with the section (NULL: any) and the key (NULL: any), or NULL. */
static const struct config_option *find_option(const char *section, const char *key)
{
    for (const struct config_option *option = config_options; option->section; option++) {
        if ((!section || strcmp(option->section, section) == 0) && (!key || strcmp(option->key, key) == 0))
            return option;
    }
    return NULL;
}

/* The key of the section, or where that is NULL the section, that `word` is a slip of; NULL where none is
 * near. */
static const char *nearest(const char *section, const char *word)
{
    struct config_nearest nearest = {.word = word};
    for (const struct config_option *option = config_options; option->section; option++)
        if (!section || strcmp(option->section, section) == 0)
            config_nearest_try(&nearest, section ? option->key : option->section);
    for (const char *const *name = config_rules_sections; !section && *name; name++)
        config_nearest_try(&nearest, *name);
    return nearest.best;
}

static void refuse_section(struct load *load, const struct config_entry *entry)
{
    CLEANUP(free_memory) char *word = strndup(entry->section, strcspn(entry->section, " \t"));
    const char *near = nearest(NULL, word && *word ? word : entry->section);
    if (near)
        config_file_mistake(&load->file, entry->line, "[%s]: unknown section, did you mean [%s]?",
                            entry->section, near);
    else
        config_file_mistake(&load->file, entry->line, "[%s]: unknown section; hellod --help lists all",
                            entry->section);
}

static void refuse_homeless(struct load *load, const struct config_entry *entry)
{
    const struct config_option *option = find_option(NULL, entry->key);
    if (option)
        config_file_mistake(&load->file, entry->line, "%s = %s: outside any section; put [%s] above it",
                            entry->key, entry->value, option->section);
    else
        config_file_mistake(&load->file, entry->line,
                            "%s = %s: outside any section and unknown; hellod --help lists all", entry->key,
                            entry->value);
}

static bool is_key_of_path(const char *key)
{
    for (const struct config_rule *rule = config_rules; rule->section; rule++)
        if (strcmp(rule->key, key) == 0 && config_rules_section(rule->section) == config_rules_sections[0])
            return true;
    return false;
}

static void refuse_key(struct load *load, const struct config_entry *entry)
{
    const struct config_option *elsewhere = find_option(NULL, entry->key);
    const char *near = nearest(entry->section, entry->key);
    if (elsewhere)
        config_file_refuse(&load->file, entry, "unknown key; it belongs in [%s]", elsewhere->section);
    else if (is_key_of_path(entry->key))
        config_file_refuse(&load->file, entry, "unknown key; it belongs in a section such as [path /*]");
    else if (near)
        config_file_refuse(&load->file, entry, "unknown key, did you mean %s?", near);
    else
        config_file_refuse(&load->file, entry, "unknown key; hellod --help lists all");
}

static void read_value(struct load *load, const struct config_entry *entry,
                       const struct config_option *option)
{
    if (!*entry->value) {
        config_file_mistake(&load->file, entry->line, "[%s] %s = : no value; without the line it is %s",
                            entry->section, entry->key, option->fallback);
        return;
    }
    config_entry_read(&load->file, entry, &option->domain, field_of(&load->config, option));
}

static void read_entry(struct load *load, const struct config_entry *entry)
{
    if (config_rules_section(entry->section)) {
        config_rules_read(&load->rules, entry);
        return;
    }
    bool known_section = find_option(entry->section, NULL);
    if (!entry->key) {
        if (!known_section)
            refuse_section(load, entry);
        return;
    }
    const struct config_option *option = find_option(entry->section, entry->key);
    const struct config_entry **set = option ? &load->set[option - config_options] : NULL;
    if (!*entry->section)
        refuse_homeless(load, entry);
    else if (!option && known_section)
        refuse_key(load, entry);
    else if (set && *set)
        config_file_refuse(&load->file, entry, "already set on line %u", (*set)->line);
    else if (set) {
        *set = entry;
        read_value(load, entry, option);
    }
}

static void fall_back(struct load *load, const struct config_option *option)
{
    int r = config_value_read(&option->domain, option->fallback, field_of(&load->config, option));
    assert(r != -EINVAL);
    if (r < 0)
        load->file.error = r;
}

static void refuse_folder(struct load *load, const struct config_option *option, const char *folder,
                          int error)
{
    const struct config_entry *entry = load->set[option - config_options];
    const char *written = entry ? entry->value : option->fallback;
    config_file_mistake(&load->file, entry ? entry->line : 0, "[%s] %s = %s%s: %s%s%s; %s", option->section,
                        option->key, written, entry ? "" : " (the default)", *written == '/' ? "" : folder,
                        *written == '/' ? "" : ": ", strerrordesc_np(-error),
                        config_folder_cure(folder, error));
}

static void check_folder(struct load *load, const struct config_option *option)
{
    char **folder = field_of(&load->config, option);
    if (!*folder)
        return; /* refused before */
    /* A mistake may be why the option is missing: then nobody meant the default. */
    if (!load->set[option - config_options] && load->file.n_mistakes > 0)
        return;
    int r = config_folder_make_absolute(load->file.path, folder);
    if (r == 0 && load->looks >= LOOKS_AT_FOLDERS)
        r = config_folder_try(*folder);
    if (r == -ENOMEM)
        load->file.error = r;
    else if (r < 0)
        refuse_folder(load, option, *folder, r);
}

/* Whether the entry names a file of the document root; a wrong name has been refused before. */
static bool names_file(const struct config_entry *entry)
{
    static const struct config_domain domain = {CONFIG_FILE, 0, 0};
    CLEANUP(free_memory) char *path = NULL;
    if (!entry->key || entry->value[0] == '"' || entry->value[0] == '\'')
        return false;
    bool fallback = strcmp(entry->key, "fallback") == 0;
    bool named = fallback ? strcmp(entry->value, "off") != 0 : strcmp(entry->section, "errors") == 0;
    return named && config_value_read(&domain, entry->value, &path) == 0;
}

static void check_file(struct load *load, const struct config_entry *entry)
{
    CLEANUP(free_memory) char *path = NULL;
    struct stat st;
    const char *root = load->config.document_root;
    if (asprintf(&path, "%s/%s", root, entry->value) < 0) {
        path = NULL;
        load->file.error = -ENOMEM;
        return;
    }
    int error = stat(path, &st) < 0 || access(path, R_OK) < 0 ? errno : S_ISREG(st.st_mode) ? 0 : EISDIR;
    if (error == EISDIR)
        config_file_refuse(&load->file, entry, "not a file in %s; name one", root);
    else if (error != 0)
        config_file_refuse(&load->file, entry, "%s in %s; create it or name another", strerrordesc_np(error),
                           root);
}

static void check_addresses(struct load *load, const struct config_option *option)
{
    const struct config_entry *entry = load->set[option - config_options];
    const struct address *a, *b;
    struct addresses addresses;
    char a_text[ADDRESS_TEXT_MAX], b_text[ADDRESS_TEXT_MAX];
    addresses_make(field_of(&load->config, option), 0, &addresses);
    if (!entry || !addresses_conflict(&addresses, &a, &b))
        return;
    address_format_host(a, a_text, sizeof a_text);
    address_format_host(b, b_text, sizeof b_text);
    bool twice = address_equal(a, b);
    config_file_mistake(&load->file, entry->line, "[%s] %s = %s: %s %s%s; leave one out", option->section,
                        option->key, entry->value, b_text, twice ? "stands there twice" : "is part of ",
                        twice ? "" : a_text);
}

/* The entry that names the file, or at least wants one. */
static const struct config_entry *access_file_entry(const struct load *load)
{
    const struct config_entry *wanted = NULL;
    for (const struct config_option *option = config_options; option->section; option++) {
        const struct config_entry *entry = load->set[option - config_options];
        if (entry && option->offset == FIELD(access_file))
            return entry;
        if (option->offset == FIELD(access))
            wanted = entry;
    }
    return wanted;
}

static void find_access_file(struct load *load)
{
    struct config *config = &load->config;
    if (config->access == ACCESS_FILE && config->access_file)
        config->access_path = config_access_file(&load->file, access_file_entry(load), config->access_file,
                                                 load->looks == LOOKS_AT_ALL);
}

/* All that is said of the file's content, from its entries. */
static void read_entries(struct load *load)
{
    load->rules = (struct config_rules_reader){.file = &load->file, .rules = &load->config.rules};
    for (size_t i = 0; i < load->file.n_entries; i++)
        read_entry(load, &load->file.entries[i]);
    for (const struct config_option *option = config_options; option->section; option++) {
        if (!load->set[option - config_options])
            fall_back(load, option);
        if (option->domain.type == CONFIG_FOLDER)
            check_folder(load, option);
        if (option->domain.type == CONFIG_ADDRESSES)
            check_addresses(load, option);
        if (option->offset == FIELD(address) || option->offset == FIELD(port))
            load->config.says_where |= load->set[option - config_options] != NULL;
    }
    find_access_file(load);
    bool rooted = load->looks >= LOOKS_AT_FOLDERS && load->config.document_root &&
                  config_folder_try(load->config.document_root) == 0;
    for (size_t i = 0; i < load->file.n_entries && rooted; i++)
        if (names_file(&load->file.entries[i]))
            check_file(load, &load->file.entries[i]);
}

static void free_load(struct load *load)
{
    config_file_free(&load->file);
    config_free(&load->config);
}

static void report_unreadable(const char *path, int error, FILE *errors)
{
    const char *cure = error == -ENOENT   ? "; create it, or name another with --config"
                       : error == -EACCES ? "; make it readable for the user that the server runs as"
                       : error == -EISDIR ? "; name the file with --config"
                       : error == -EFBIG  ? "; a configuration has at most 1 MiB"
                                          : "";
    fprintf(errors, "%s: %s%s\n", path, strerrordesc_np(-error), cure);
}

static int load_file(const char *path, enum looks looks, FILE *errors, struct config *ret)
{
    CLEANUP(free_load) struct load load = {.looks = looks};
    int r = config_file_read(path, &load.file);
    if (r == 0)
        read_entries(&load);
    if (r == 0)
        r = load.file.error;
    if (r < 0) {
        report_unreadable(path, r, errors);
        return r;
    }
    if (load.file.n_mistakes > 0) {
        config_file_report(&load.file, errors);
        return -EINVAL;
    }
    *ret = load.config;
    load.config = (struct config){}; /* consumed */
    return 0;
}

int config_load(const char *path, FILE *errors, struct config *ret)
{
    return load_file(path, LOOKS_AT_FOLDERS, errors, ret);
}

int config_load_to_serve(const char *path, FILE *errors, struct config *ret)
{
    return load_file(path, LOOKS_AT_ALL, errors, ret);
}

int config_read(const char *path, FILE *errors, struct config *ret)
{
    return load_file(path, LOOKS_AT_NOTHING, errors, ret);
}

void config_free(struct config *config)
{
    for (const struct config_option *option = config_options; option->section; option++)
        config_value_free(&option->domain, field_of(config, option));
    free(config->access_path);
    config->access_path = NULL;
    rules_free(&config->rules);
}

/* The section's head before its first row, with an empty line before it where it isn't the first. */
static void write_head(const struct config_option *option, FILE *out)
{
    bool first = option == config_options;
    if (first || strcmp(option[-1].section, option->section) != 0)
        fprintf(out, "%s[%s]\n", first ? "" : "\n", option->section);
}

void config_dump(const struct config *config, FILE *out)
{
    for (const struct config_option *option = config_options; option->section; option++) {
        write_head(option, out);
        fprintf(out, "%s = ", option->key);
        config_value_write(&option->domain, const_field_of(config, option), out);
        fputc('\n', out);
    }
    config_rules_dump(&config->rules, out);
}

void config_help(FILE *out)
{
    for (const struct config_option *option = config_options; option->section; option++) {
        write_head(option, out);
        int width = fprintf(out, "  %s = %s", option->key, option->fallback);
        fprintf(out, "%*s%s\n", width > 0 && width + 2 < CONFIG_HELP_COLUMN ? CONFIG_HELP_COLUMN - width : 2,
                "", option->help);
    }
    config_rules_help(out);
}
