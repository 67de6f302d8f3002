#ifndef HELLOD_TESTS_CONVERSATION_H
#define HELLOD_TESTS_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A conversation with the server, read from a text file. The format is told on top of conversations.c. The
 * text is cut into lines here and given its meaning while it is played, row by row.
 */

enum conversation_verb {
    VERB_SEND,       /* "> text": with CRLF behind it */
    VERB_SEND_RAW,   /* ">> text": as it stands */
    VERB_PAUSE,      /* "...": what is above was read before what is below is sent */
    VERB_STATUS,     /* "< 200 OK", or "< 9 times 200 OK" */
    VERB_FIELD,      /* "< Name: value" */
    VERB_ABSENT,     /* "< !Name" */
    VERB_BODY,       /* "= ..." */
    VERB_HALF_CLOSE, /* "half-close" */
    VERB_CLOSES,     /* "closes" */
    VERB_OPEN,       /* "open" */
};

struct conversation_line {
    enum conversation_verb verb;
    unsigned number; /* in the file, from 1 */
    const char *text;
};

enum { CONVERSATION_ROWS_MAX = 64, CONVERSATION_LINES_MAX = 64 };

/* One connection, or one for every row of a table. */
struct conversation_scene {
    struct conversation_line lines[CONVERSATION_LINES_MAX];
    unsigned line_count;
    const char *rows[CONVERSATION_ROWS_MAX];
    unsigned row_count;
    bool whole_only, every_split;
    struct conversation_scene *next;
};

struct conversation {
    const char *path;
    char *text; /* what all strings point into */
    struct conversation_scene *scenes;
    bool needs_mode_bits;
};

/* Reads the file; a mistake in it fails the running test with file and line. */
void conversation_read(const char *path, struct conversation *ret);
void conversation_free(struct conversation *conversation);

struct reply;
struct server;

/* Remembers the fields of an answer for "{field NAME}" and "{boundary}"; NULL: forgets all. */
void conversation_note(const struct reply *reply);

/*
 * Writes `text` with its escapes and braces replaced; `row` (may be NULL) is what {} and {1}, {2} ... stand
 * for. The bytes are to be freed by free(3) and have a NUL behind them.
 */
char *conversation_expand(const char *text, const char *row, size_t *length);

/* What the lines about an answer are read with. */
struct conversation_view {
    const char *root; /* the document root, for bodies that are files */
    const char *row;
};

/* These fail the running test where the answer isn't what it should be. The first says whether it closes. */
bool conversation_check_always(const struct reply *reply);
void conversation_check_status(const struct conversation_view *view, const char *text,
                               const struct reply *reply);
void conversation_check_line(const struct conversation_view *view, const struct conversation_line *line,
                             const struct reply *reply);

/*
 * Plays it with a server whose sockets are an IPv4 and a unix one: whole, byte by byte, and as the file says.
 * `root` is the document root, for bodies that are files.
 */
void conversation_play(const struct conversation *conversation, struct server *server, const char *root);

/* Where a play failed: "host.txt:12, byte by byte, row ...", or NULL where it ended well. */
const char *conversation_where(void);
void conversation_forget(void);

#endif
