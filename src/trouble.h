#ifndef HELLOD_TROUBLE_H
#define HELLOD_TROUBLE_H

#include "http/str.h"

#include <stdbool.h>

/*
 * What the log says where the machine lets a client down: a request that is answered with 500 or 503, a
 * response that is cut short. One entry a cause and interval (log_limit.h). Errors are negative errnos.
 */

/* The answer to that target is 500 or 503. */
void trouble_answer(unsigned status, struct str target, int error);

/* Sending failed with `error` while that file's turn had come. Whether it is the file's fault, and then told:
 * the connection ends too early. */
bool trouble_with_file(int file_fd, int error);

/* A connection must be closed, and `what` of it failed. Where it's the network's or the client's doing, that
 * is no news. */
void trouble_with_connection(const char *what, int error);

#endif
