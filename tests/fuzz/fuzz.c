/* What harnesses have in common; see fuzz.h. */
#include "fuzz.h"

#include "http/octet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct str fuzz_line(struct str *rest)
{
    struct str line = {rest->data, 0};
    (void)str_next(rest, '\n', &line);
    return line;
}

uint64_t fuzz_number(struct str line, uint64_t otherwise)
{
    uint64_t number;
    struct str digits = {line.data, octet_span(line, OCTET_DIGIT)};
    return str_to_uint64(digits, &number) == 0 ? number : otherwise;
}

struct str fuzz_copy(struct str s)
{
    char *copy = malloc(s.length > 0 ? s.length : 1);
    assert(copy);
    if (s.length > 0)
        memcpy(copy, s.data, s.length);
    return (struct str){copy, s.length};
}

void fuzz_free(struct str s)
{
    free((char *)(uintptr_t)s.data);
}

bool fuzz_within(struct str piece, struct str whole)
{
    return piece.length == 0 ||
           (piece.data >= whole.data && piece.data + piece.length <= whole.data + whole.length);
}

unsigned fuzz_pick(uint64_t *seed, unsigned below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned)(*seed >> 32) % below;
}
