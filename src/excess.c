/* Words for those who take too much; see excess.h. */
#include "excess.h"

#include "log_limit.h"

void excess_of_connections(const struct address_table *table, const struct peer *peer, unsigned refused)
{
    char address[PEER_TEXT_MAX];
    address_table_format(peer, address, sizeof address);
    log_limit_worst(LOG_CAUSE_ADDRESS, refused,
                    "Refused a connection of %s, which has %u already ([limits] connections_per_address)",
                    address, address_table_limits(table)->connections);
}

void excess_of_requests(const struct address_table *table, const struct peer *peer, unsigned refused)
{
    char address[PEER_TEXT_MAX];
    address_table_format(peer, address, sizeof address);
    log_limit_worst(
        LOG_CAUSE_RATE, refused,
        "Refused a request of %s, which makes more than %u a second ([limits] requests_per_second)", address,
        address_table_limits(table)->requests_per_second);
}

void excess_of_time(const struct peer *peer, const char *why)
{
    char address[PEER_TEXT_MAX];
    peer_format(peer, address, sizeof address);
    log_limit(LOG_CAUSE_SLOW, "Cut off a client at %s: %s", address, why);
}
