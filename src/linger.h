#ifndef HELLOD_LINGER_H
#define HELLOD_LINGER_H

#include "connection_record.h"
#include "workspace.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * How a connection ends so that its client reads the last response: bytes that nobody has read make close(2)
 * a reset, which throws away what the client has yet to take (RFC 9112 section 9.6). For whoever owns the
 * connection.
 */

/* The longest that a connection lingers where no body is on its way, unless its client takes more of the
 * response. */
enum { LINGER_USEC = 2000000 };

/* Whether close(2) would lose nothing. */
bool linger_may_close(const struct connection *connection, const struct workspace *workspace);

/*
 * Closes our half; what the client still sends is thrown away until it closes its own, or for so long.
 * WANT_READ, or WANT_CLOSE with the reason set.
 */
enum connection_want linger_start(struct connection *connection, struct workspace *workspace,
                                  int64_t patience_usec);

/* Goes on with it. */
enum connection_want linger_run(struct connection *connection, struct workspace *workspace);

/* Notes how much of what was sent the client has yet to take. */
void linger_note_untaken(struct connection *connection);

/* Whether it has taken some of it since; notes it anew. */
bool linger_has_taken_some(struct connection *connection);

#endif
