/*
 * A whole connection. The first line is a number, the seed of how the client behaves; the rest is what it
 * says. It must hear the same said at once as in pieces, and with the connection handed over in between;
 * nothing from outside of the document root; and as many responses as the connection counts, each as long as
 * it says.
 */
#include "wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BOUNDARY_MAX = 70 };

/* Takes out every such text. */
static void take_out(struct wire_talk *talk, const char *text, size_t length)
{
    char *from = talk->heard, *end = talk->heard + talk->length, *to = from, *found;
    if (talk->length == 0)
        return;
    for (; (found = memmem(from, (size_t)(end - from), text, length)); from = found + length) {
        memmove(to, from, (size_t)(found - from));
        to += found - from;
    }
    memmove(to, from, (size_t)(end - from));
    talk->length = (size_t)(to - talk->heard) + (size_t)(end - from);
}

/* 100 (Continue) comes only where the body didn't come with the head. */
static void take_out_go_ahead(struct wire_talk *talk)
{
    static const char go_ahead[] = "HTTP/1.1 100 Continue\r\n\r\n";
    take_out(talk, go_ahead, sizeof go_ahead - 1);
}

/* Boundaries are random, and so differ between two runs of the same. */
static void take_out_boundaries(struct wire_talk *talk)
{
    static const char mark[] = "boundary=";
    const char *found, *from = talk->heard;
    while (talk->length > 0 &&
           (found = memmem(from, (size_t)(talk->heard + talk->length - from), mark, sizeof mark - 1))) {
        char boundary[BOUNDARY_MAX];
        from = found + sizeof mark - 1;
        size_t length = strspn(from, "0123456789abcdef");
        assert(length > 0 && length < sizeof boundary);
        memcpy(boundary, from, length);
        take_out(talk, boundary, length);
    }
}

/* The length of the response at the start, which may be the head of one to HEAD; 0: there is none. */
static size_t response_length(struct str heard)
{
    static const char length_name[] = "\r\nContent-Length: ";
    const char *end = memmem(heard.data, heard.length, "\r\n\r\n", 4);
    if (!str_starts_with(heard, STR("HTTP/1.1 ")) || !end)
        return 0;
    size_t head = (size_t)(end - heard.data) + 4;
    const char *said = memmem(heard.data, head, length_name, sizeof length_name - 1);
    struct str behind = str_after(heard, head);
    if (!said || behind.length == 0 || str_starts_with(behind, STR("HTTP/1.1 ")))
        return head;
    const char *number = said + sizeof length_name - 1;
    uint64_t length = fuzz_number((struct str){number, (size_t)(end - number)}, UINT64_MAX);
    return length <= behind.length ? head + length : 0;
}

static void check_responses(const struct wire_talk *talk)
{
    struct str heard = {talk->heard, talk->length};
    unsigned responses = 0;
    for (; heard.length > 0; responses++) {
        size_t length = response_length(heard);
        assert(length > 0);
        heard = str_after(heard, length);
    }
    assert(responses == driven.connection.requests);
    assert(driven.connection.reason == REASON_CLIENT || driven.connection.reason == REASON_REFUSED);
}

static void play(struct wire_talk *talk)
{
    wire_open();
    wire_play(talk, WANT_READ);
    assert(!talk->heard || !memmem(talk->heard, talk->length, wire_canary, strlen(wire_canary)));
    if (talk->manner.disturbed)
        return;
    take_out_go_ahead(talk);
    check_responses(talk);
    take_out_boundaries(talk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str said = {(const char *)data, size};
    uint64_t seed = fuzz_number(fuzz_line(&said), 0) | 1;
    struct wire_talk plain = {.unsaid = said};
    struct wire_talk cut = {.unsaid = said, .manner = {.seed = seed, .carried = seed & 2}};
    struct wire_talk disturbed = {.unsaid = said,
                                  .manner = {.seed = seed, .carried = seed & 2, .disturbed = true}};
    play(&plain);
    wire_close();
    play(&cut);
    assert(cut.length == plain.length);
    assert(cut.length == 0 || memcmp(cut.heard, plain.heard, cut.length) == 0);
    wire_close();
    play(&disturbed);
    wire_close();
    free(plain.heard), free(cut.heard), free(disturbed.heard);
    return 0;
}
