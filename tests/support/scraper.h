#ifndef HELLOD_TESTS_SCRAPER_H
#define HELLOD_TESTS_SCRAPER_H

#include "server.h"

/*
 * What the server tells on its socket of metrics, the one of that index. A series is a name with its labels,
 * as it stands in the text. The asserts are cmocka's: they end the test.
 */

/* All of it, behind a line feed, so that each line has one on both sides. To be freed by free(3). */
char *scraper_text(struct server *server, unsigned socket);

double scraper_value_in(const char *text, const char *series);
double scraper_value(struct server *server, unsigned socket, const char *series);

/* Until the series has that value: what a worker does behind a client's back is done soon. */
void scraper_await(struct server *server, unsigned socket, const char *series, double value);

#endif
