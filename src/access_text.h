#ifndef HELLOD_ACCESS_TEXT_H
#define HELLOD_ACCESS_TEXT_H

#include "http/excerpt.h"
#include "peer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One answered request, and its texts for those who read logs. All bytes that come from a client are escaped:
 * a text is one line of printable ASCII, and ends where it seems to end.
 */

struct access_entry {
    int64_t second;           /* since the epoch, when it was answered */
    int64_t duration_usec;    /* from the request's first byte to the last one of the answer that was sent */
    uint64_t bytes;           /* of content that were sent */
    uint64_t connection;      /* which connection since the start of the service, from 1 */
    const char *close_reason; /* one word, where the connection ended with it; NULL: it went on. Static. */
    const char *cache;        /* "hit", "miss" or "none". Static. */
    struct peer peer;
    uint32_t request; /* which one of its connection, from 1 */
    bool cut;         /* the answer was not sent as a whole */
    uint16_t status;
    uint16_t worker;
};

/* A priority of syslog(3) by the status; `client_errors` is that of 4xx. */
int access_text_priority(unsigned status, int client_errors);

/* Room for any of the texts below. */
enum { ACCESS_TEXT_MAX = 10 * EXCERPT_MAX };

/* A line of the combined log format, without its line break. Returns its length. */
size_t access_text_combined(const struct access_entry *entry, const struct excerpt *excerpt, char *buffer,
                            size_t size);

/* An entry of the journal's own protocol: that line as MESSAGE, and a field each. Returns its length. */
size_t access_text_journal(const struct access_entry *entry, const struct excerpt *excerpt, int priority,
                           char *buffer, size_t size);

#endif
