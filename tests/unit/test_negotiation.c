/* negotiation: weights of codings and media types, by the grammar and by the RFC's examples. */
#include "http/negotiation.h"

#include "support/harness.h"

#include <stdio.h>
#include <string.h>

static struct str field(const char *value)
{
    return value ? str_of(value) : (struct str){NULL, 0};
}

static const struct {
    const char *value, *order; /* b, z, g, i */
} codings[] = {
    {NULL, "i"}, /* RFC 9110 section 12.5.3: any coding would do, and so does none */
    {"", "i"},
    {"gzip", "gi"},
    {"GZip", "gi"},
    {"x-gzip", "gi"},
    {"br", "bi"},
    {"zstd", "zi"},
    {"gzip, deflate, br, zstd", "bzgi"}, /* what browsers say */
    {"gzip,br", "bgi"},
    {"*", "bzgi"},
    {"compress, gzip", "gi"}, /* the examples of section 12.5.3 */
    {"compress;q=0.5, gzip;q=1.0", "gi"},
    {"gzip;q=1.0, identity; q=0.5, *;q=0", "gi"},
    {"br;q=0.5, gzip;q=0.8", "gbi"},
    {"br;q=0.5, gzip;q=0.8, zstd;q=0.8", "zgbi"},
    {"gzip;q=0", "i"},
    {"gzip;q=0.0", "i"},
    {"gzip;q=0.001", "gi"},
    {"gzip;Q=0.5", "gi"},
    {"gzip;q=0, *", "bzi"},
    {"*;q=0", "i"},
    {"identity", "i"},
    {"identity, gzip", "gi"},
    {"identity;q=0, gzip", "gi"},
    {"identity;q=0", "i"}, /* nothing else is left to send */
    {"gzip;q=0.5, identity", "i"},
    {"gzip;q=0.5, identity;q=0.5", "gi"},
    {"gzip;q=0.5, *;q=0.8", "bzi"},
    {"gzip ; q=0.5 , br\t;\tq=0.9", "bgi"},
    {"gzip;q=", "i"}, /* what breaks the grammar counts for nothing, */
    {"gzip;q=1.001", "i"},
    {"gzip;q=2", "i"},
    {"gzip;q=-1", "i"},
    {"gzip;q=.5", "i"},
    {"gzip;q=0,5", "i"},
    {"gzip;q=0.1234", "i"},
    {"gzip;q=1.", "gi"},
    {"gzip;q=0.x", "i"},
    {"gzip;q=0x1", "i"},
    {"gzip;q=0.5;q=x, br", "bi"}, /* but spoils no other member */
    {",, ,gzip,,", "gi"},
    {";q=1, gzip", "gi"},
    {"gzip br", "i"},
    {"brotli", "i"},
    {"gzip;a=\"x,br\"", "gi"},
    {"gzip;a=\"x\\\",br;q=0\", br", "bgi"},
    {"gzip;a=\"open, br", "gi"},
    {"gzip;a=\"\\", "gi"},
};

static void codings_come_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
        struct coding_preference got = negotiation_codings(field(codings[i].value));
        char order[CODING_COUNT + 1] = "";
        assert_in_range(got.count, 1, CODING_COUNT);
        for (unsigned k = 0; k < got.count; k++)
            order[k] = "bzgi"[got.order[k]];
        if (strcmp(order, codings[i].order) != 0)
            fail_msg("\"%s\": %s, not %s", codings[i].value, order, codings[i].order);
    }
}

static void codings_have_names(void **state)
{
    (void)state;
    for (unsigned coding = 0; coding < CODING_COUNT; coding++) {
        struct coding_preference got = negotiation_codings(negotiation_coding_name(coding));
        assert_int_equal(got.order[0], coding);
    }
}

#define BROWSER "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
#define RFC                                                                                                  \
    "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5"

static const struct {
    const char *accept, *type;
    unsigned quality;
    bool named;
} types[] = {
    {NULL, "text/html", 1000, false},
    {"", "text/html", 0, false},
    {"*/*", "text/html", 1000, false},
    {"*/*;q=0.1", "text/html", 100, false},
    {"text/*", "text/html", 1000, false},
    {"text/*", "application/json", 0, false},
    {"TEXT/*", "text/html", 1000, false},
    {"Text/HTML", "text/html", 1000, true},
    {"text/html", "text/html", 1000, true},
    {"text/htm", "text/html", 0, false},
    {"text/html;q=0", "text/html", 0, false},
    {"text/html;q=0, */*", "text/html", 0, false},
    {"*/*, text/html;q=0.2", "text/html", 200, true},
    {"text/html;level=1;q=0.3", "text/html", 300, true},
    {"text/html;t=\"a,b;q=0\";q=0.3", "text/html", 300, true},
    {BROWSER, "text/html", 1000, true},
    {BROWSER, "application/json", 800, false},
    {BROWSER, "application/xml", 900, true},
    {"application/json", "application/json", 1000, true},
    {"application/json", "text/html", 0, false},
    {RFC, "text/html", 300, false},
    {RFC, "text/plain", 1000, true}, /* the most that is said of it, as its parameters aren't told apart */
    {RFC, "image/jpeg", 500, false},
    {"*", "text/html", 0, false},
    {"text/*x", "text/html", 0, false},
    {"image/*,*/*;q=0.5,text/css;q=0.1", "text/css", 100, true},
};

static void types_have_weights(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct str accept = field(types[i].accept), type = str_of(types[i].type);
        unsigned quality = negotiation_quality(accept, type);
        if (quality != types[i].quality)
            fail_msg("%s in \"%s\": %u, not %u", types[i].type, types[i].accept, quality, types[i].quality);
        if (negotiation_names(accept, type) != types[i].named)
            fail_msg("%s in \"%s\": named or not", types[i].type, types[i].accept);
    }
}

/* Nothing is read past the end, which the sanitizer sees to, and nothing is looked for without end. */
static void any_octets_will_do(void **state)
{
    (void)state;
    static const char letters[] = "q=0.1,;\"\\* /gzipbr\t\xff";
    unsigned seed = 3;
    for (unsigned run = 0; run < 100000; run++) {
        char value[24];
        size_t length = (seed = seed * 1103515245 + 12345) >> 16 & 15;
        for (size_t i = 0; i < length; i++)
            value[i] = letters[((seed = seed * 1103515245 + 12345) >> 16) % (sizeof letters - 1)];
        struct str s = {value, length};
        assert_in_range(negotiation_codings(s).count, 1, CODING_COUNT);
        assert_in_range(negotiation_quality(s, STR("text/html")), 0, 1000);
        assert_false(negotiation_names(s, STR("text/html")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codings_come_in_order),
        cmocka_unit_test(codings_have_names),
        cmocka_unit_test(types_have_weights),
        cmocka_unit_test(any_octets_will_do),
    };
    return cmocka_run_group_tests_name("negotiation", tests, NULL, NULL);
}
