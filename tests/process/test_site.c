/* A real site: ten thousand files, every byte of each compared. */
#include "support/client.h"
#include "support/harness.h"
#include "support/patience.h"
#include "support/server.h"
#include "support/site.h"

enum { CLIENTS = 8 };

static void every_byte_of_ten_thousand_files_is_right(void **state)
{
    (void)state;
    struct server *server = server_make();
    server_listen(server, SERVER_IPV4, "http");
    server_listen(server, SERVER_UNIX, "local");
    size_t bytes = site_make(server->root);
    server_start(server);
    int64_t start = patience_now();
    struct client *clients[CLIENTS];
    for (unsigned c = 0; c < CLIENTS; c++)
        clients[c] = client_connect(server, c % server->socket_count);
    site_fetch(clients, CLIENTS);
    harness_say("%.1f MB, fetched and compared in %.2f s", (double)bytes / 1e6,
                (double)(patience_now() - start) / 1e6);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {harness_test(every_byte_of_ten_thousand_files_is_right)};
    return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
