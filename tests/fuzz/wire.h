#ifndef HELLOD_TESTS_FUZZ_WIRE_H
#define HELLOD_TESTS_FUZZ_WIRE_H

#include "fuzz.h"

#include "../support/driven.h"

/*
 * One connection after another over socket pairs, all with one site (tests/support/driven.h) of files of
 * every kind, with rules for some; it is made once. Time stands still.
 */

enum { WIRE_BIG = 300000 }; /* bytes of /big, more than a socket takes at once */

/* What stands in a file that links lead to and that lies outside of the site: nobody may ever receive it. */
extern const char *wire_canary;

/* driven.connection is open and hasn't had a turn; driven.client is the other end. */
void wire_open(void);

/* Closes both, and sees that no fd is left behind. */
void wire_close(void);

/* How the client behaves in wire_step(); all false is the plainest. */
struct wire_manner {
    uint64_t seed;  /* 0: says all at once, takes what it must; else at random, in pieces */
    bool carried;   /* between turns it is handed to a successor, now and then, as by a reload */
    bool disturbed; /* its time runs out, or the server stops, now and then */
};

/* What is still to be said, and what was heard so far. */
struct wire_talk {
    struct wire_manner manner;
    struct str unsaid;
    bool said; /* and the client's half is closed */
    char *heard;
    size_t length, size;
};

/*
 * Plays until the connection closes, from what it waits for now. WIRE_TURNS_MAX turns must suffice.
 * Afterwards the client has heard all.
 */
enum { WIRE_TURNS_MAX = 20000 };
void wire_play(struct wire_talk *talk, enum connection_want want);

#endif
