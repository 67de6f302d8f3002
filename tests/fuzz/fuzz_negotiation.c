/* Accept-Encoding in the first line, Accept in the second. */
#include "fuzz.h"

#include "http/negotiation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool is_same(const struct coding_preference *a, const struct coding_preference *b)
{
    if (a->count != b->count)
        return false;
    for (unsigned i = 0; i < a->count; i++)
        if (a->order[i] != b->order[i])
            return false;
    return true;
}

/* Members of a list that are empty count for nothing. */
static struct str with_empty_members(struct str value)
{
    char *text = malloc(value.length + 8);
    assert(text);
    memcpy(text, " ,, ", 4);
    if (value.length > 0)
        memcpy(text + 4, value.data, value.length);
    memcpy(text + 4 + value.length, ",\t,", 3);
    return (struct str){text, value.length + 7};
}

static void check_codings(struct str value)
{
    bool seen[CODING_COUNT] = {false};
    struct coding_preference preference = negotiation_codings(value);
    assert(preference.count >= 1 && preference.count <= CODING_COUNT);
    for (unsigned i = 0; i < preference.count; i++) {
        enum coding coding = preference.order[i];
        struct str name = negotiation_coding_name(coding);
        assert(coding < CODING_COUNT && !seen[coding]);
        seen[coding] = true;
        /* Nothing is tried that was not asked for, by its name or by a star. */
        assert(coding == CODING_IDENTITY || memmem(value.data, value.length, "*", 1) ||
               value.length >= name.length);
    }
    assert(preference.order[preference.count - 1] == CODING_IDENTITY);
    struct str padded = with_empty_members(value);
    struct coding_preference again = negotiation_codings(padded);
    assert(is_same(&preference, &again));
    fuzz_free(padded);
}

static void check_accept(struct str value)
{
    static const struct str types[] = {STR("text/html"), STR("application/json"), STR("text/plain"),
                                       STR("x/y")};
    struct str padded = with_empty_members(value);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        unsigned quality = negotiation_quality(value, types[i]);
        assert(quality <= NEGOTIATION_QUALITY_MAX);
        assert(quality > 0 || !negotiation_names(value, types[i]));
        assert(negotiation_quality(padded, types[i]) == quality);
        assert(negotiation_names(padded, types[i]) == negotiation_names(value, types[i]));
    }
    fuzz_free(padded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    struct str accept_encoding = fuzz_copy(fuzz_line(&rest)), accept = fuzz_copy(rest);
    check_codings(accept_encoding);
    check_accept(accept);
    fuzz_free(accept_encoding);
    fuzz_free(accept);
    return 0;
}
