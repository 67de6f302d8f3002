/* From an entry to a line of JSON; see access_json.h. */
#include "access_json.h"

#include "http/writer.h"

#include <assert.h>
#include <time.h>

static void put(struct writer *writer, const char *text)
{
    writer_put(writer, str_of(text));
}

/* `name` has what stands before it, and the colon. */
static void put_text(struct writer *writer, const char *name, struct str value)
{
    if (value.length == 0)
        return;
    put(writer, name);
    put(writer, "\"");
    writer_put_json(writer, value);
    put(writer, "\"");
}

static void put_number(struct writer *writer, const char *name, uint64_t value)
{
    put(writer, name);
    writer_put_decimal(writer, value);
}

static void put_time(struct writer *writer, int64_t second)
{
    char text[64];
    struct tm tm;
    time_t when = (time_t)second;
    size_t length = gmtime_r(&when, &tm) ? strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) : 0;
    put(writer, "{\"time\": \"");
    writer_put(writer, (struct str){text, length});
    put(writer, "\"");
}

static void put_client(struct writer *writer, const struct peer *peer)
{
    char address[PEER_TEXT_MAX];
    peer_format(peer, address, sizeof address);
    put_text(writer, ", \"client_addr\": ", str_of(address));
    if (peer->port != 0)
        put_number(writer, ", \"client_port\": ", peer->port);
}

static void put_request(struct writer *writer, const struct excerpt *excerpt)
{
    struct request_line line = excerpt_split(excerpt->line);
    put_text(writer, ", \"http_method\": ", line.method);
    put_text(writer, ", \"http_target\": ", line.target);
    put_text(writer, ", \"http_protocol\": ", line.protocol);
    put_text(writer, ", \"http_host\": ", excerpt->host);
    put_text(writer, ", \"http_user_agent\": ", excerpt->user_agent);
    put_text(writer, ", \"http_referer\": ", excerpt->referer);
}

size_t access_json(const struct access_entry *entry, const struct excerpt *excerpt, char *buffer, size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};
    put_time(&writer, entry->second);
    put_client(&writer, &entry->peer);
    put_request(&writer, excerpt);
    put_number(&writer, ", \"http_status\": ", entry->status);
    put_number(&writer, ", \"response_bytes\": ", entry->bytes);
    put_number(&writer, ", \"duration_usec\": ", (uint64_t)entry->duration_usec);
    put_number(&writer, ", \"connection_id\": ", entry->connection);
    put_number(&writer, ", \"request_on_connection\": ", entry->request);
    if (entry->close_reason)
        put_text(&writer, ", \"close_reason\": ", str_of(entry->close_reason));
    put_number(&writer, ", \"worker\": ", entry->worker);
    put_text(&writer, ", \"cache\": ", str_of(entry->cache));
    put(&writer, "}");
    assert(!writer.full);
    return writer.length;
}
