#ifndef HELLOD_EXCESS_H
#define HELLOD_EXCESS_H

#include "address_table.h"
#include "peer.h"

/*
 * What the log says of clients that take more than they may: connections, requests, time. One entry a cause
 * and interval (log_limit.h), which names the address that was refused most, or the first one that was slow.
 */

/* `refused`: as address_table_enter() and address_table_request() tell. */
void excess_of_connections(const struct address_table *table, const struct peer *peer, unsigned refused);
void excess_of_requests(const struct address_table *table, const struct peer *peer, unsigned refused);

/* A client was cut off; `why` says what it was too slow at. */
void excess_of_time(const struct peer *peer, const char *why);

#endif
