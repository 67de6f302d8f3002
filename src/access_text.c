/* From an entry to a line, and to the fields of the journal; see access_text.h. */
#include "access_text.h"

#include "http/writer.h"

#include <assert.h>
#include <syslog.h>
#include <time.h>

int access_text_priority(unsigned status, int client_errors)
{
    if (status == 500)
        return LOG_ERR;
    return status >= 500 ? LOG_WARNING : status >= 400 ? client_errors : LOG_INFO;
}

static void put_text(struct writer *writer, const char *text)
{
    writer_put(writer, str_of(text));
}

/* What is not there is a dash. */
static void put_value(struct writer *writer, struct str value)
{
    if (value.length == 0)
        writer_put(writer, STR("-"));
    else
        writer_put_escaped(writer, value);
}

static void put_time(struct writer *writer, int64_t second)
{
    char text[64];
    struct tm tm;
    time_t when = (time_t)second;
    size_t length = gmtime_r(&when, &tm) ? strftime(text, sizeof text, "%d/%b/%Y:%H:%M:%S +0000", &tm) : 0;
    writer_put(writer, (struct str){text, length});
}

static void put_combined(struct writer *writer, const struct access_entry *entry,
                         const struct excerpt *excerpt)
{
    char address[PEER_TEXT_MAX];
    peer_format(&entry->peer, address, sizeof address);
    put_text(writer, address);
    put_text(writer, " - - [");
    put_time(writer, entry->second);
    put_text(writer, "] \"");
    put_value(writer, excerpt->line);
    put_text(writer, "\" ");
    writer_put_decimal(writer, entry->status);
    put_text(writer, " ");
    writer_put_decimal(writer, entry->bytes);
    put_text(writer, " \"");
    put_value(writer, excerpt->referer);
    put_text(writer, "\" \"");
    put_value(writer, excerpt->user_agent);
    put_text(writer, "\"");
}

size_t access_text_combined(const struct access_entry *entry, const struct excerpt *excerpt, char *buffer,
                            size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};
    put_combined(&writer, entry, excerpt);
    assert(!writer.full);
    return writer.length;
}

static void put_field(struct writer *writer, const char *name, struct str value)
{
    if (value.length == 0)
        return;
    put_text(writer, name);
    writer_put_escaped(writer, value);
    put_text(writer, "\n");
}

static void put_number(struct writer *writer, const char *name, uint64_t value)
{
    put_text(writer, name);
    writer_put_decimal(writer, value);
    put_text(writer, "\n");
}

static void put_request(struct writer *writer, const struct excerpt *excerpt)
{
    struct request_line line = excerpt_split(excerpt->line);
    put_field(writer, "HTTP_METHOD=", line.method);
    put_field(writer, "HTTP_TARGET=", line.target);
    put_field(writer, "HTTP_PROTOCOL=", line.protocol);
    put_field(writer, "HTTP_HOST=", excerpt->host);
    put_field(writer, "HTTP_USER_AGENT=", excerpt->user_agent);
    put_field(writer, "HTTP_REFERER=", excerpt->referer);
}

static void put_connection(struct writer *writer, const struct access_entry *entry)
{
    char address[PEER_TEXT_MAX];
    peer_format(&entry->peer, address, sizeof address);
    put_field(writer, "CLIENT_ADDR=", str_of(address));
    if (entry->peer.port != 0)
        put_number(writer, "CLIENT_PORT=", entry->peer.port);
    put_number(writer, "CONNECTION_ID=", entry->connection);
    put_number(writer, "REQUEST_ON_CONNECTION=", entry->request);
    if (entry->close_reason)
        put_field(writer, "CLOSE_REASON=", str_of(entry->close_reason));
}

size_t access_text_journal(const struct access_entry *entry, const struct excerpt *excerpt, int priority,
                           char *buffer, size_t size)
{
    struct writer writer = {.buffer = buffer, .size = size};
    put_text(&writer, "MESSAGE=");
    put_combined(&writer, entry, excerpt);
    put_text(&writer, "\nSYSLOG_IDENTIFIER=hellod\n");
    put_number(&writer, "PRIORITY=", (uint64_t)priority);
    put_request(&writer, excerpt);
    put_number(&writer, "HTTP_STATUS=", entry->status);
    put_number(&writer, "RESPONSE_BYTES=", entry->bytes);
    put_number(&writer, "DURATION_USEC=", (uint64_t)entry->duration_usec);
    put_connection(&writer, entry);
    put_number(&writer, "WORKER=", entry->worker);
    put_field(&writer, "CACHE=", str_of(entry->cache));
    assert(!writer.full);
    return writer.length;
}
