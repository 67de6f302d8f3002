/* Bodies: behind a line with the limit, chunked ones. However they are cut into pieces, they end alike. */
#include "fuzz.h"

#include "http/body.h"

#include <assert.h>
#include <string.h>

struct outcome {
    unsigned status;
    size_t used;
    struct body body;
};

/* In pieces of random length, or whole where `seed` is 0. */
static struct outcome read_in_pieces(struct body body, struct str all, uint64_t seed, unsigned longest)
{
    struct outcome outcome = {.body = body};
    while (outcome.status == 0 && outcome.used < all.length && !body_is_whole(&outcome.body)) {
        size_t left = all.length - outcome.used, length = seed ? 1 + fuzz_pick(&seed, longest) : left;
        struct str piece = {all.data + outcome.used, length < left ? length : left}, rest = piece;
        outcome.status = body_read(&outcome.body, &rest);
        assert(fuzz_within(rest, piece) && rest.length <= piece.length);
        assert(rest.length == 0 || outcome.status != 0 || body_is_whole(&outcome.body));
        assert(outcome.status != 0 || body_is_valid(&outcome.body));
        outcome.used += piece.length - rest.length;
    }
    assert(outcome.status == 0 || outcome.status == 400 || outcome.status == 413);
    return outcome;
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
    if (a->status != b->status || a->used != b->used)
        return false;
    return a->status != 0 || (a->body.left == b->body.left && a->body.chunk == b->body.chunk &&
                              a->body.digits == b->body.digits && a->body.state == b->body.state);
}

static void check(struct body body, struct str all, uint64_t limit)
{
    struct outcome whole = read_in_pieces(body, all, 0, 0);
    struct outcome octets = read_in_pieces(body, all, 1, 1);
    struct outcome pieces = read_in_pieces(body, all, all.length + 1, 7);
    assert(is_same(&whole, &octets) && is_same(&whole, &pieces));
    assert(whole.used <= limit);
    /* What follows the end is not looked at. */
    if (whole.status == 0 && body_is_whole(&whole.body)) {
        struct str alone = fuzz_copy((struct str){all.data, whole.used});
        struct outcome again = read_in_pieces(body, alone, 0, 0);
        assert(is_same(&whole, &again));
        fuzz_free(alone);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct body body;
    struct str all = {(const char *)data, size};
    uint64_t limit = fuzz_number(fuzz_line(&all), 1 << 20);
    body_start_chunked(&body, limit);
    check(body, all, limit);
    body_start_sized(&body, limit);
    check(body, all, limit);
    return 0;
}
