#ifndef HELLOD_CONFIG_VALUE_H
#define HELLOD_CONFIG_VALUE_H

#include <stdint.h>
#include <stdio.h>

/*
 * The values an option of the configuration may have: from text, to text, and what to say of a text that is
 * none. No clock, no file; one system call only, for CONFIG_THREADS `auto`.
 */

/* What an option is, and the C type of its field. */
enum config_type {
    CONFIG_ACCESS,          /* int: enum access_mode */
    CONFIG_ACCESS_FORMAT,   /* int: enum access_format */
    CONFIG_ADDRESSES,       /* char *[max + 1]: min to max texts of address_parse(), without their port,
                               between blanks; NULL after the last */
    CONFIG_BOOLEAN,         /* bool: on, yes, true, 1; off, no, false, 0 */
    CONFIG_COUNT,           /* unsigned: decimal, min to max */
    CONFIG_COUNT_OR_OFF,    /* the same, or `off`, which is 0 (min is above 0) */
    CONFIG_DURATION,        /* uint64_t, microseconds, min to max */
    CONFIG_DURATION_OR_OFF, /* the same, or `off`, which is 0 (min is above 0) */
    CONFIG_FILE,            /* char *: a path beneath the document root; kept without a slash in front */
    CONFIG_FILE_OR_OFF,     /* the same, or `off`, which is NULL */
    CONFIG_FOLDER,          /* char *: a path, as written; whether a folder is there is not asked here */
    CONFIG_LOG_FILE,        /* char *: a path, as written, that ends in no slash */
    CONFIG_LEVEL,           /* int: a priority of syslog(3), LOG_ERR to LOG_DEBUG */
    CONFIG_PATH_OR_OFF,     /* char *: a path of this server's, kept as CONFIG_FILE is; `off` is NULL */
    CONFIG_NAMES,   /* char *[max + 1]: min to max plain file names between blanks; NULL after the last */
    CONFIG_PORT,    /* uint16_t, min to max */
    CONFIG_SIZE,    /* uint64_t, bytes, min to max */
    CONFIG_THREADS, /* unsigned, min to max, or `auto`: one a CPU this process may use, kept within min and
                       max */
};

enum { CONFIG_NAMES_MAX = 16 }; /* the most that max of CONFIG_ADDRESSES and CONFIG_NAMES may be */

struct config_domain {
    enum config_type type;
    uint64_t min;
    uint64_t max;
};

/*
 * Stores the value of `text` in the field. 0; -EINVAL where it is none of the domain; -ENOMEM. The field is
 * only touched on 0; its memory, where it has any, is then for config_value_free(). A pointer in the field
 * beforehand is overwritten, not freed.
 */
int config_value_read(const struct config_domain *domain, const char *text, void *field);

/* The text that config_value_read() reads back to the same value. */
void config_value_write(const struct config_domain *domain, const void *field, FILE *out);

/* "a port, 1 to 65535": the end of the sentence "not ...". */
void config_value_describe(const struct config_domain *domain, FILE *out);

/* Frees what the field points to, which may be NULL, and makes it NULL. */
void config_value_free(const struct config_domain *domain, void *field);

/*
 * "1h 30min", "500ms", "5 s"; a plain number is seconds. Units as in systemd.time(7), from us to days, whole
 * numbers only. 0 with microseconds in *ret, or -EINVAL (also where they pass UINT64_MAX).
 */
int config_value_parse_duration(const char *text, uint64_t *ret);

/* "65536", "64K", "1M", "2G", "1T", base 1024. 0 with bytes in *ret, or -EINVAL (also past UINT64_MAX). */
int config_value_parse_size(const char *text, uint64_t *ret);

#endif
