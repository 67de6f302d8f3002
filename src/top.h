#ifndef HELLOD_TOP_H
#define HELLOD_TOP_H

/*
 * The live screen: reads the metrics of a server that runs once a second, by the socket that it tells them
 * on,
 * "/run/hellod/metrics.sock" or "127.0.0.1:9179", and shows them until q is pressed. Where there is no
 * terminal to show it on, one screen is printed as plain text. Returns the exit status, after a log entry
 * where it is a failure; a signal that ends it ends the process.
 */
int top(const char *socket);

#endif
