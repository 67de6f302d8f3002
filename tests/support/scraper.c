/* A scrape a connection; see scraper.h. */
#include "scraper.h"

#include "client.h"
#include "harness.h"
#include "patience.h"

#include <stdlib.h>
#include <string.h>

char *scraper_text(struct server *server, unsigned socket)
{
    struct client *client = client_connect(server, socket);
    const struct reply *reply = client_fetch(client, "/metrics", 200);
    assert_string_equal(reply_field(reply, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(reply_field(reply, "Connection"), "close");
    char *text = harness_text("\n%.*s", (int)reply->body_length, reply->body);
    client_expect_close(client);
    client_close(client);
    return text;
}

double scraper_value_in(const char *text, const char *series)
{
    char *start = harness_text("\n%s ", series);
    const char *found = strstr(text, start);
    if (!found)
        fail_msg("no %s in:%s", series, text);
    double value = strtod(found + strlen(start), NULL);
    free(start);
    return value;
}

double scraper_value(struct server *server, unsigned socket, const char *series)
{
    char *text = scraper_text(server, socket);
    double value = scraper_value_in(text, series);
    free(text);
    return value;
}

void scraper_await(struct server *server, unsigned socket, const char *series, double value)
{
    int64_t deadline = patience_deadline();
    double now;
    while ((now = scraper_value(server, socket, series)) != value)
        if (patience_now() > deadline)
            fail_msg("%s is %g, not %g", series, now, value);
}
