/*
 * Text to value and back, one pair of functions a type. What is written reads back as the same value. A value
 * past its limits and plain nonsense get the same answer: the message says what would have been right, and
 * that holds for both.
 */
#include "config_value.h"

#include "address.h"
#include "config_word.h"
#include "http/str.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANK         " \t"
#define USEC_PER_SEC  UINT64_C(1000000)
#define USEC_PER_MIN  (60 * USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MIN)
#define USEC_PER_DAY  (24 * USEC_PER_HOUR)

struct unit {
    const char *name;
    uint64_t factor;
};

/* The first six, in falling order, are those a duration is written with; the others are read as well. */
static const struct unit duration_units[] = {
    {"d", USEC_PER_DAY},
    {"h", USEC_PER_HOUR},
    {"min", USEC_PER_MIN},
    {"s", USEC_PER_SEC},
    {"ms", 1000},
    {"us", 1},
    {"day", USEC_PER_DAY},
    {"days", USEC_PER_DAY},
    {"hr", USEC_PER_HOUR},
    {"hour", USEC_PER_HOUR},
    {"hours", USEC_PER_HOUR},
    {"m", USEC_PER_MIN},
    {"minute", USEC_PER_MIN},
    {"minutes", USEC_PER_MIN},
    {"sec", USEC_PER_SEC},
    {"second", USEC_PER_SEC},
    {"seconds", USEC_PER_SEC},
    {"msec", 1000},
    {"usec", 1},
    {NULL, 0},
};
enum { DURATION_UNITS_WRITTEN = 6 };

static const struct unit size_units[] = {
    {"T", UINT64_C(1) << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {NULL, 0},
};

/* Cuts the digits off the front of *rest. */
static int take_number(const char **rest, uint64_t *ret)
{
    size_t digits = strspn(*rest, "0123456789");
    if (str_to_uint64((struct str){*rest, digits}, ret) < 0)
        return -EINVAL;
    *rest += digits;
    return 0;
}

/* Cuts the letters off the front of *rest. */
static const struct unit *take_unit(const char **rest, const struct unit *units)
{
    size_t letters = 0;
    while (isalpha((unsigned char)(*rest)[letters]))
        letters++;
    for (; units->name; units++) {
        if (strlen(units->name) == letters && memcmp(units->name, *rest, letters) == 0) {
            *rest += letters;
            return units;
        }
    }
    return NULL;
}

int config_value_parse_duration(const char *text, uint64_t *ret)
{
    uint64_t sum = 0, part;
    /* A plain number only stands alone: to whoever writes "1h 30", 30 is minutes. */
    bool plain = str_to_uint64(str_trim(str_of(text)), &part) == 0;
    if (plain && __builtin_mul_overflow(part, USEC_PER_SEC, &sum))
        return -EINVAL;
    const char *rest = plain ? "" : text + strspn(text, BLANK);
    if (!plain && !*rest)
        return -EINVAL;
    while (*rest) {
        if (take_number(&rest, &part) < 0)
            return -EINVAL;
        rest += strspn(rest, BLANK);
        const struct unit *unit = take_unit(&rest, duration_units);
        if (!unit || __builtin_mul_overflow(part, unit->factor, &part) ||
            __builtin_add_overflow(sum, part, &sum))
            return -EINVAL;
        rest += strspn(rest, BLANK);
    }
    *ret = sum;
    return 0;
}

int config_value_parse_size(const char *text, uint64_t *ret)
{
    uint64_t size;
    if (take_number(&text, &size) < 0)
        return -EINVAL;
    const struct unit *unit = *text ? take_unit(&text, size_units) : &(struct unit){"", 1};
    if (!unit || *text || __builtin_mul_overflow(size, unit->factor, &size))
        return -EINVAL;
    *ret = size;
    return 0;
}

/* Of the types that are one word of a few. */
static const struct config_word *words_of(enum config_type type)
{
    return type == CONFIG_LEVEL    ? config_levels
           : type == CONFIG_ACCESS ? config_access_modes
                                   : config_access_formats;
}

static int parse_boolean(const char *text, bool *ret)
{
    static const char *const words[2][4] = {{"no", "false", "off", "0"}, {"yes", "true", "on", "1"}};
    for (int value = 0; value < 2; value++) {
        for (size_t i = 0; i < 4; i++) {
            if (strcasecmp(text, words[value][i]) == 0) {
                *ret = value;
                return 0;
            }
        }
    }
    return -EINVAL;
}

/* One a CPU of those that taskset(1) or CPUAffinity= left us. */
static uint64_t usable_cpus(void)
{
    /* NR_CPUS of the kernel is at most 8192; with less room than it needs sched_getaffinity(2) fails. */
    cpu_set_t cpus[8192 / CPU_SETSIZE];
    if (sched_getaffinity(0, sizeof(cpus), cpus) < 0)
        return 1;
    return (uint64_t)CPU_COUNT_S(sizeof(cpus), cpus);
}

static uint64_t clamp(uint64_t number, uint64_t min, uint64_t max)
{
    return number < min ? min : number > max ? max : number;
}

/* The types that are a number within limits. */
static int parse_number(const struct config_domain *domain, const char *text, uint64_t *ret)
{
    int r;
    if ((domain->type == CONFIG_DURATION_OR_OFF || domain->type == CONFIG_COUNT_OR_OFF) &&
        strcmp(text, "off") == 0) {
        *ret = 0;
        return 0;
    }
    if (domain->type == CONFIG_THREADS && strcmp(text, "auto") == 0) {
        *ret = clamp(usable_cpus(), domain->min, domain->max);
        return 0;
    }
    if (domain->type == CONFIG_DURATION || domain->type == CONFIG_DURATION_OR_OFF)
        r = config_value_parse_duration(text, ret);
    else if (domain->type == CONFIG_SIZE)
        r = config_value_parse_size(text, ret);
    else
        r = str_to_uint64(str_of(text), ret);
    return r < 0 || *ret < domain->min || *ret > domain->max ? -EINVAL : 0;
}

static int read_text(const char *text, char **field)
{
    char *copy = strdup(text);
    if (!copy)
        return -ENOMEM;
    *field = copy;
    return 0;
}

/* Segments that are names, so that the path is one way to say it, and none that leads up. */
static int read_file(const char *text, char **field)
{
    struct str rest = str_of(*text == '/' ? text + 1 : text), segment;
    if (rest.length == 0 || rest.data[rest.length - 1] == '/')
        return -EINVAL;
    const char *path = rest.data;
    while (str_next(&rest, '/', &segment))
        if (segment.length == 0 || str_equal(segment, STR(".")) || str_equal(segment, STR("..")))
            return -EINVAL;
    return read_text(path, field);
}

static bool plain_file_name(struct str name)
{
    return !memchr(name.data, '/', name.length) && !str_equal(name, STR(".")) && !str_equal(name, STR(".."));
}

static void free_words(char **words)
{
    for (; *words; words++) {
        free(*words);
        *words = NULL;
    }
}

/* One word of a list as it is kept: a plain file name, or an address without its port. */
static int read_word(enum config_type type, struct str word, char **ret)
{
    char text[ADDRESS_TEXT_MAX];
    struct address address;
    if (type == CONFIG_ADDRESSES) {
        snprintf(text, sizeof text, "%.*s", (int)word.length, word.data);
        if (word.length >= sizeof text || !address_parse(text, 0, &address))
            return -EINVAL;
        address_format_host(&address, text, sizeof text);
        word = str_of(text);
    } else if (!plain_file_name(word)) {
        return -EINVAL;
    }
    *ret = strndup(word.data, word.length);
    return *ret ? 0 : -ENOMEM;
}

static int read_words(const struct config_domain *domain, const char *text, char **field)
{
    char *words[CONFIG_NAMES_MAX + 1] = {};
    size_t n = 0;
    int r = 0;
    assert(domain->max <= CONFIG_NAMES_MAX);
    for (text += strspn(text, BLANK); *text && r == 0; text += strspn(text, BLANK)) {
        struct str word = {text, strcspn(text, BLANK)};
        text += word.length;
        r = n < domain->max ? read_word(domain->type, word, &words[n++]) : -EINVAL;
    }
    if (r == 0 && n < domain->min)
        r = -EINVAL;
    if (r == 0)
        memcpy(field, words, (domain->max + 1) * sizeof(words[0]));
    else
        free_words(words);
    return r;
}

int config_value_read(const struct config_domain *domain, const char *text, void *field)
{
    uint64_t number;
    int r;
    switch (domain->type) {
    case CONFIG_FOLDER:
        return read_text(text, field);
    case CONFIG_LOG_FILE:
        return text[strlen(text) - 1] == '/' ? -EINVAL : read_text(text, field);
    case CONFIG_FILE_OR_OFF:
    case CONFIG_PATH_OR_OFF:
        if (strcmp(text, "off") == 0) {
            *(char **)field = NULL;
            return 0;
        }
        return read_file(text, field);
    case CONFIG_FILE:
        return read_file(text, field);
    case CONFIG_BOOLEAN:
        return parse_boolean(text, field);
    case CONFIG_ACCESS:
    case CONFIG_ACCESS_FORMAT:
    case CONFIG_LEVEL:
        return config_word_read(words_of(domain->type), text, field);
    case CONFIG_ADDRESSES:
    case CONFIG_NAMES:
        return read_words(domain, text, field);
    case CONFIG_DURATION:
    case CONFIG_DURATION_OR_OFF:
    case CONFIG_SIZE:
        r = parse_number(domain, text, &number);
        if (r == 0)
            *(uint64_t *)field = number;
        return r;
    case CONFIG_COUNT:
    case CONFIG_COUNT_OR_OFF:
    case CONFIG_THREADS:
        assert(domain->max <= UINT_MAX);
        r = parse_number(domain, text, &number);
        if (r == 0)
            *(unsigned *)field = (unsigned)number;
        return r;
    case CONFIG_PORT:
        assert(domain->max <= UINT16_MAX);
        r = parse_number(domain, text, &number);
        if (r == 0)
            *(uint16_t *)field = (uint16_t)number;
        return r;
    }
    assert(!"a type of the enum");
    return -EINVAL;
}

static void write_duration(uint64_t usec, FILE *out)
{
    const char *separator = "";
    if (usec == 0)
        fputs("0s", out);
    for (size_t i = 0; i < DURATION_UNITS_WRITTEN; i++) {
        uint64_t n = usec / duration_units[i].factor;
        usec %= duration_units[i].factor;
        if (n > 0) {
            fprintf(out, "%s%" PRIu64 "%s", separator, n, duration_units[i].name);
            separator = " ";
        }
    }
}

static void write_size(uint64_t size, FILE *out)
{
    const struct unit *unit = size_units;
    while (unit->name && (size == 0 || size % unit->factor != 0))
        unit++;
    fprintf(out, "%" PRIu64 "%s", unit->name ? size / unit->factor : size, unit->name ?: "");
}

static void write_words(char *const *words, FILE *out)
{
    for (size_t i = 0; words[i]; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", words[i]);
}

void config_value_write(const struct config_domain *domain, const void *field, FILE *out)
{
    switch (domain->type) {
    case CONFIG_FOLDER:
    case CONFIG_LOG_FILE:
        fputs(*(char *const *)field, out);
        break;
    case CONFIG_FILE:
    case CONFIG_FILE_OR_OFF:
    case CONFIG_PATH_OR_OFF:
        fprintf(out, *(char *const *)field ? "/%s" : "off", *(char *const *)field);
        break;
    case CONFIG_BOOLEAN:
        fputs(*(const bool *)field ? "on" : "off", out);
        break;
    case CONFIG_ACCESS:
    case CONFIG_ACCESS_FORMAT:
    case CONFIG_LEVEL:
        fputs(config_word_name(words_of(domain->type), *(const int *)field), out);
        break;
    case CONFIG_ADDRESSES:
    case CONFIG_NAMES:
        write_words(field, out);
        break;
    case CONFIG_DURATION_OR_OFF:
        if (*(const uint64_t *)field == 0) {
            fputs("off", out);
            break;
        }
        write_duration(*(const uint64_t *)field, out);
        break;
    case CONFIG_DURATION:
        write_duration(*(const uint64_t *)field, out);
        break;
    case CONFIG_SIZE:
        write_size(*(const uint64_t *)field, out);
        break;
    case CONFIG_COUNT_OR_OFF:
        if (*(const unsigned *)field == 0) {
            fputs("off", out);
            break;
        }
        fprintf(out, "%u", *(const unsigned *)field);
        break;
    case CONFIG_COUNT:
    case CONFIG_THREADS:
        fprintf(out, "%u", *(const unsigned *)field);
        break;
    case CONFIG_PORT:
        fprintf(out, "%u", *(const uint16_t *)field);
        break;
    }
}

static void describe_limits(const char *what, const struct config_domain *domain,
                            void (*write)(uint64_t, FILE *), FILE *out)
{
    fprintf(out, "%s, ", what);
    write(domain->min, out);
    fputs(" to ", out);
    write(domain->max, out);
}

static void write_number(uint64_t number, FILE *out)
{
    fprintf(out, "%" PRIu64, number);
}

void config_value_describe(const struct config_domain *domain, FILE *out)
{
    switch (domain->type) {
    case CONFIG_ADDRESSES:
        describe_limits("a list of IPv4 and IPv6 addresses, /paths and @names of unix sockets", domain,
                        write_number, out);
        break;
    case CONFIG_BOOLEAN:
        fputs("on or off", out);
        break;
    case CONFIG_COUNT:
        describe_limits("a number", domain, write_number, out);
        break;
    case CONFIG_COUNT_OR_OFF:
        describe_limits("a number", domain, write_number, out);
        fputs(", or off", out);
        break;
    case CONFIG_DURATION:
        describe_limits("a duration", domain, write_duration, out);
        break;
    case CONFIG_DURATION_OR_OFF:
        describe_limits("a duration", domain, write_duration, out);
        fputs(", or off", out);
        break;
    case CONFIG_FILE:
        fputs("the path of a file in the document root", out);
        break;
    case CONFIG_FILE_OR_OFF:
        fputs("the path of a file in the document root, or off", out);
        break;
    case CONFIG_PATH_OR_OFF:
        fputs("a path as /health, or off", out);
        break;
    case CONFIG_FOLDER:
        fputs("the path of a folder", out);
        break;
    case CONFIG_LOG_FILE:
        fputs("the path of a file", out);
        break;
    case CONFIG_ACCESS:
    case CONFIG_ACCESS_FORMAT:
    case CONFIG_LEVEL:
        fputs(domain->type == CONFIG_LEVEL ? "a level: " : "", out);
        config_word_list(words_of(domain->type), out);
        break;
    case CONFIG_NAMES:
        describe_limits("a list of file names without a slash", domain, write_number, out);
        break;
    case CONFIG_PORT:
        describe_limits("a port", domain, write_number, out);
        break;
    case CONFIG_SIZE:
        describe_limits("a size", domain, write_size, out);
        break;
    case CONFIG_THREADS:
        describe_limits("a number of threads", domain, write_number, out);
        fputs(", or auto", out);
        break;
    }
}

void config_value_free(const struct config_domain *domain, void *field)
{
    switch (domain->type) {
    case CONFIG_FILE:
    case CONFIG_FILE_OR_OFF:
    case CONFIG_PATH_OR_OFF:
    case CONFIG_FOLDER:
    case CONFIG_LOG_FILE:
        free(*(char **)field);
        *(char **)field = NULL;
        break;
    case CONFIG_ADDRESSES:
    case CONFIG_NAMES:
        free_words(field);
        break;
    default:
        break;
    }
}
