#ifndef HELLOD_VACANCIES_H
#define HELLOD_VACANCIES_H

#include "address.h"

#include <stdbool.h>

/*
 * Whether a socket unit that gives up `leaving` could listen on all of `wanted`, which the configuration
 * `ini` says. What is in the way is logged, each address by itself; one that the host has not got yet is
 * warned of, and no obstacle.
 */
bool vacancies_try(const char *ini, const struct addresses *wanted, const struct addresses *leaving);

#endif
