#ifndef HELLOD_CONFIG_H
#define HELLOD_CONFIG_H

#include "config_value.h"
#include "rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * The configuration: one row an option in one table (config.c), from which the reader, --help, --dump-config,
 * the tests and the shipped etc/hello.ini are made or checked. Read once at start; const from then on.
 */

enum { CONFIG_ADDRESS_MAX = 16, CONFIG_INDEX_MAX = 8 };

struct config {
    /* [server] */
    char *address[CONFIG_ADDRESS_MAX + 1]; /* NULL-terminated texts of address_parse(), no two in conflict */
    uint16_t port;                         /* of those of IPv4 and IPv6 */
    bool says_where;                       /* the file names one of the two above; no option of its own */
    char *document_root; /* absolute; a relative one in the file counts from the file's folder */
    unsigned pool_size;  /* threads, 1 to 256; `auto` is resolved while reading */
    char *index[CONFIG_INDEX_MAX + 1]; /* NULL-terminated file names */
    uint64_t sleep_usec;               /* 0: off, no /sleep */
    char *health;                      /* a path without the slash in front; NULL: off */
    unsigned max_connections;
    uint64_t idle_exit_usec; /* 0: off, the process stays */
    uint64_t cache_bytes;    /* 0: no cache */
    struct rules rules;      /* and of the sections [path ...], [redirect] and [errors]: config_rules.h */
    /* [limits] */
    uint64_t request_line_bytes;
    uint64_t head_bytes;
    unsigned fields;
    uint64_t body_bytes;
    unsigned connections_per_address; /* 0: off */
    unsigned requests_per_second;     /* 0: off */
    unsigned requests_burst;
    unsigned send_rate; /* bytes a second; 0: off */
    /* [timeouts], microseconds */
    uint64_t head_usec;
    uint64_t idle_usec;
    uint64_t body_usec;
    uint64_t request_usec;
    uint64_t send_usec;
    uint64_t drain_usec; /* 0: what is in flight is cut at once */
    /* [log] */
    int level;                /* a priority of syslog(3) */
    int access;               /* enum access_mode */
    unsigned access_rate;     /* entries a second; 0: no limit */
    char *access_file;        /* as it is written */
    char *access_path;        /* that of a file, absolute; NULL: none is wanted. No option of its own. */
    int access_format;        /* enum access_format */
    int access_client_errors; /* a priority of syslog(3) */
};

/* A row of the table. Rows of one section stand together. */
struct config_option {
    const char *section; /* NULL ends the table */
    const char *key;
    size_t offset; /* of the field in struct config, of the C type that domain.type says */
    struct config_domain domain;
    const char *fallback; /* the value where the file has none, as text */
    const char *help;     /* one sentence, one line */
};

extern const struct config_option config_options[];

/*
 * Reads `path`. Every mistake in it is written to `errors` as one line "hello.ini:12: [server] port = 99999:
 * not a port, 1 to 65535" (the path as it was given). 0; -EINVAL after mistakes; another negative errno where
 * the file can't be read (said in `errors` too). *ret is filled only on 0 and is then the caller's, for
 * config_free().
 */
int config_load(const char *path, FILE *errors, struct config *ret);

/* The same for a process that is to serve: the file of the access log is opened and, where there is none,
 * made, too. */
int config_load_to_serve(const char *path, FILE *errors, struct config *ret);

/* The same as config_load() but for the folders that it names, which may be absent or out of reach. */
int config_read(const char *path, FILE *errors, struct config *ret);

void config_free(struct config *config);

/* The configuration in force as an INI file that config_load() reads back to the same. */
void config_dump(const struct config *config, FILE *out);

/* One line an option with its default, for --help. */
void config_help(FILE *out);

#endif
