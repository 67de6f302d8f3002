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

/* Makes close(2) a reset: of a client that won't take its response the kernel shall not keep the rest,
 * either. */
void linger_forgo(const struct connection *connection);

/* Notes how much of what was sent the client has yet to take. */
void linger_note_untaken(struct connection *connection);

/* How many bytes it has taken since, of those and of the `sent` ones that were given to the socket meanwhile;
 * notes it anew. */
uint64_t linger_count_taken(struct connection *connection, uint64_t sent);

#endif
