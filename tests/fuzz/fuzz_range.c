/* The value of a Range field, behind a line with the size of the representation. */
#include "fuzz.h"

#include "http/range.h"

#include "../support/range_oracle.h"

#include <assert.h>

static void check_ranges(const struct ranges *ranges, uint64_t size)
{
    assert(ranges->count >= 1 && ranges->count <= RANGES_MAX);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->list[i];
        assert(range->length > 0 && range->length <= size && range->first <= size - range->length);
        for (size_t j = 0; j < i; j++)
            assert(ranges->list[j].first >= range->first + range->length ||
                   range->first >= ranges->list[j].first + ranges->list[j].length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ranges ranges;
    struct str value = {(const char *)data, size};
    uint64_t length = fuzz_number(fuzz_line(&value), 10);
    unsigned status = ranges_parse(value, length, &ranges);
    assert(status == 200 || status == 206 || status == 416);
    if (status == 206)
        check_ranges(&ranges, length);
    if (length <= RANGE_ORACLE_SIZE_MAX)
        assert(range_oracle_agrees(value, (unsigned)length, status, &ranges));
    return 0;
}
