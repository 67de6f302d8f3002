/*
 * body: chunked bodies by the grammar of RFC 9112 section 7.1 and beside it, each cut in two at every byte,
 * and random ones against a reading by recursive descent.
 */
#include "http/body.h"

#include "http/octet.h"

#include "../support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1000 };

struct outcome {
    unsigned status;
    bool whole;
    size_t used;
};

/* In memory of its own, so that a sanitizer sees a read past it. */
static void feed(struct body *body, const char *data, size_t length, struct outcome *outcome)
{
    char *copy = malloc(length + 1);
    struct str received = {copy, length};
    memcpy(copy, data, length);
    outcome->status = body_read(body, &received);
    outcome->whole = body_is_whole(body);
    outcome->used += length - received.length;
    free(copy);
}

/* In two pieces, the first of `split` bytes. */
static struct outcome read_split(struct body body, struct str s, size_t split)
{
    struct outcome outcome = {0};
    feed(&body, s.data, split, &outcome);
    if (outcome.status == 0 && !outcome.whole) {
        assert_int_equal(outcome.used, split);
        assert_true(body_is_valid(&body));
        feed(&body, s.data + split, s.length - split, &outcome);
    }
    return outcome;
}

static struct outcome read_chunked(struct str s, uint64_t limit)
{
    struct body body;
    body_start_chunked(&body, limit);
    struct outcome whole = read_split(body, s, s.length);
    for (size_t split = 0; split < s.length; split++) {
        struct outcome outcome = read_split(body, s, split);
        assert_int_equal(outcome.status, whole.status);
        assert_int_equal(outcome.whole, whole.whole);
        assert_int_equal(outcome.used, whole.used);
    }
    return whole;
}

static void test_sized(void **state)
{
    (void)state;
    struct body body;
    struct str received = STR("hello, world");
    body_start_sized(&body, 0);
    assert_true(body_is_whole(&body));
    body_start_sized(&body, 5);
    assert_false(body_is_whole(&body));
    assert_int_equal(body_read(&body, &received), 0);
    assert_true(body_is_whole(&body));
    assert_true(str_equal(received, STR(", world")));
    body_start_sized(&body, UINT64_MAX);
    received = STR("hello");
    assert_int_equal(body_read(&body, &received), 0);
    assert_false(body_is_whole(&body));
    assert_int_equal(received.length, 0);
    assert_true(body_is_whole(&(struct body){0}));
}

#define REST "GET / HTTP/1.1\r\n"

static void test_well_formed(void **state)
{
    (void)state;
    static const struct str bodies[] = {
        STR("0\r\n\r\n"),
        STR("5\r\nhello\r\n0\r\n\r\n"),
        STR("5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n"),
        STR("a\r\n0123456789\r\n0\r\n\r\n"),
        STR("A\r\n0123456789\r\n0\r\n\r\n"),
        STR("0000000000000000000000005\r\nhello\r\n00000000000000000000000000\r\n\r\n"),
        STR("5\r\n\r\n\r\n\0\r\n0\r\n\r\n"), /* content is any octets */
        STR("5;a\r\nhello\r\n0;a\r\n\r\n"),
        STR("5;a=b\r\nhello\r\n0\r\n\r\n"),
        STR("5;a=b;c;d=e\r\nhello\r\n0\r\n\r\n"),
        STR("5 ; a = b\t;\tc ; d\t=\t\"e\"\r\nhello\r\n0\r\n\r\n"),
        STR("5;a=\"b;c\\\"d\\\\ \t\x80\"\r\nhello\r\n0\r\n\r\n"),
        STR("5;a=\"\"\r\nhello\r\n0\r\n\r\n"),
        STR("0\r\nA: b\r\n\r\n"),
        STR("0\r\nA:\r\nB:c\r\nX-Y: \t z \x80\r\n\r\n"),
        STR("0\r\nContent-Length: 5\r\nHost: a\r\n\r\n"), /* trailer fields mean nothing */
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char text[256];
        memcpy(text, bodies[i].data, bodies[i].length);
        memcpy(text + bodies[i].length, REST, strlen(REST));
        struct outcome outcome = read_chunked((struct str){text, bodies[i].length + strlen(REST)}, LIMIT);
        if (outcome.status != 0 || !outcome.whole || outcome.used != bodies[i].length)
            fail_msg("%u, %zu bytes: %s", outcome.status, outcome.used, bodies[i].data);
    }
}

static const struct str malformed[] = {
    STR("\r\n"),
    STR(" 5\r\nhello\r\n0\r\n\r\n"),
    STR("\t5\r\nhello\r\n0\r\n\r\n"),
    STR("\n5\r\nhello\r\n0\r\n\r\n"),
    STR("-5\r\nhello\r\n0\r\n\r\n"),
    STR("+5\r\nhello\r\n0\r\n\r\n"),
    STR("0x5\r\nhello\r\n0\r\n\r\n"),
    STR("5h\r\nhello\r\n0\r\n\r\n"),
    STR("g\r\nhello\r\n0\r\n\r\n"),
    STR("\xff\r\n"),
    STR("5_0\r\n"),
    STR("5,0\r\n"),
    STR("5.0\r\n"),
    STR("10000000000000005\r\nhello\r\n0\r\n\r\n"), /* 2^64 + 5 */
    STR("5\nhello\r\n0\r\n\r\n"),
    STR("5\rhello\r\n0\r\n\r\n"),
    STR("5\r\r\nhello\r\n0\r\n\r\n"),
    STR("5 \r\nhello\r\n0\r\n\r\n"),
    STR("5\t\r\nhello\r\n0\r\n\r\n"),
    STR("5 0\r\nhello\r\n0\r\n\r\n"),
    STR("5\0\r\nhello\r\n0\r\n\r\n"),
    STR("5;\r\nhello\r\n0\r\n\r\n"),
    STR("5; \r\nhello\r\n0\r\n\r\n"),
    STR("5;;a\r\nhello\r\n0\r\n\r\n"),
    STR("5;=b\r\nhello\r\n0\r\n\r\n"),
    STR("5;a=\r\nhello\r\n0\r\n\r\n"),
    STR("5;a=;b\r\nhello\r\n0\r\n\r\n"),
    STR("5;a= \r\nhello\r\n0\r\n\r\n"),
    STR("5;a==b\r\nhello\r\n0\r\n\r\n"),
    STR("5;a b\r\nhello\r\n0\r\n\r\n"),
    STR("5;a \r\nhello\r\n0\r\n\r\n"),
    STR("5;a=b c\r\nhello\r\n0\r\n\r\n"),
    STR("5;a=b \r\nhello\r\n0\r\n\r\n"),
    STR("5;a=\"b\r\nhello\r\n0\r\n\r\n"),
    STR("5;a=\"b\nc\"\r\nhello\r\n0\r\n\r\n"),
    STR("5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
    STR("5;a=\"b\\\r\n\"\r\nhello\r\n0\r\n\r\n"),
    STR("5;a=b\"c\"\r\nhello\r\n0\r\n\r\n"),
    STR("5;a\nhello\r\n0\r\n\r\n"),
    STR("5;a=b\nhello\r\n0\r\n\r\n"),
    STR("5;a\x7f\r\nhello\r\n0\r\n\r\n"),
    STR("5;a=\x80\r\nhello\r\n0\r\n\r\n"),
    STR("5 a=b\r\nhello\r\n0\r\n\r\n"),
    STR("5\r\nhello0\r\n\r\n"),
    STR("5\r\nhello\n0\r\n\r\n"),
    STR("5\r\nhello\r0\r\n\r\n"),
    STR("5\r\nhello, \r\n0\r\n\r\n"),
    STR("4\r\nhello\r\n0\r\n\r\n"),
    STR("5\r\nhello\r\n\r\n"),
    STR("6\r\nhello\r\n0\r\n\r\n"),
    STR("0\r\n\n"),
    STR("0\n\r\n"),
    STR("0\r\nA\r\n\r\n"),
    STR("0\r\n: b\r\n\r\n"),
    STR("0\r\nA : b\r\n\r\n"),
    STR("0\r\n A: b\r\n\r\n"),
    STR("0\r\nA: b\r\n c\r\n\r\n"),
    STR("0\r\nA: b\n\r\n"),
    STR("0\r\nA: b\rc\r\n\r\n"),
    STR("0\r\nA: b\0\r\n\r\n"),
    STR("0\r\nGET / HTTP/1.1\r\n\r\n"),
    STR("0\r\n\rx"),
};

static void test_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct outcome outcome = read_chunked(malformed[i], LIMIT);
        if (outcome.status != 400)
            fail_msg("%u: %s", outcome.status, malformed[i].data);
        assert_false(outcome.whole);
    }
}

static void test_limit(void **state)
{
    (void)state;
    static const struct str body = STR("5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n");
    for (uint64_t limit = 0; limit < body.length + 3; limit++) {
        struct outcome outcome = read_chunked(body, limit);
        assert_int_equal(outcome.status, limit < body.length ? 413 : 0);
        assert_int_equal(outcome.whole, limit >= body.length);
    }
    /* A chunk is refused at once, before its bytes come. */
    assert_int_equal(read_chunked(STR("3e8\r\n"), LIMIT).status, 413);
    assert_int_equal(read_chunked(STR("ffffffffffffffff\r\n"), LIMIT).status, 413);
    assert_int_equal(read_chunked(STR("ffffffffffffffff"), LIMIT).status, 0);
    assert_int_equal(read_chunked(STR("0000ffffffffffffffff\r\n"), LIMIT).status, 413);
    assert_int_equal(read_chunked(STR("1\r\na\r\nffffffffffffffff\r\n"), LIMIT).status, 413);
}

/* A reading by recursive descent of a text that ends where it ends. Positions, or NULL. */
static const char *token(const char *s, const char *end)
{
    const char *start = s;
    while (s < end && octet_is(*s, OCTET_TOKEN))
        s++;
    return s > start ? s : NULL;
}

static const char *space(const char *s, const char *end)
{
    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    return s;
}

static const char *quoted(const char *s, const char *end)
{
    for (s++; s < end && *s != '"'; s++) {
        if (*s == '\\' && s + 1 < end)
            s++;
        if (!octet_is(*s, OCTET_FIELD))
            return NULL;
    }
    return s < end ? s + 1 : NULL;
}

static const char *extensions(const char *s, const char *end)
{
    for (;;) {
        const char *next = space(s, end), *value;
        if (next == end || *next != ';')
            return s;
        if (!(s = token(space(next + 1, end), end)))
            return NULL;
        value = space(s, end);
        if (value == end || *value != '=')
            continue;
        value = space(value + 1, end);
        if (value == end || !(s = *value == '"' ? quoted(value, end) : token(value, end)))
            return NULL;
    }
}

static const char *line_end(const char *s, const char *end)
{
    return s && end - s >= 2 && s[0] == '\r' && s[1] == '\n' ? s + 2 : NULL;
}

static const char *trailers(const char *s, const char *end)
{
    while (s && !line_end(s, end)) {
        if (!(s = token(s, end)) || s == end || *s++ != ':')
            return NULL;
        while (s < end && octet_is(*s, OCTET_FIELD))
            s++;
        s = line_end(s, end);
    }
    return line_end(s, end);
}

/* What follows the body, or NULL where the text is none as a whole. */
static const char *descend(const char *s, const char *end)
{
    for (;;) {
        char *after;
        if (s == end || !octet_is(*s, OCTET_HEX) || (end - s > 1 && (s[1] | 0x20) == 'x'))
            return NULL;
        unsigned long long size = strtoull(s, &after, 16);
        if (!(s = line_end(extensions(after, end) ?: end, end)))
            return NULL;
        if (size == 0)
            return trailers(s, end);
        if (size > (unsigned long long)(end - s) || !(s = line_end(s + size, end)))
            return NULL;
    }
}

static uint64_t next_random(void)
{
    static uint64_t state = 0x2545f4914f6cdd1d;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t make_random(char *text)
{
    static const char *const pieces[] = {"5\r\nhello\r\n",
                                         "1\r\n\r\r\n",
                                         "2;a=b\r\nab\r\n",
                                         "0\r\n\r\n",
                                         "0\r\nA: b\r\n",
                                         "3 ; a=\"\\\"\"",
                                         "\r\n",
                                         "abc",
                                         "0\r\n",
                                         "A: b\r\n",
                                         "\n",
                                         "\r",
                                         ";",
                                         "=",
                                         " ",
                                         "\""};
    text[0] = '\0';
    for (uint64_t n = next_random() % 6 + 1; n > 0; n--)
        strcat(text, pieces[next_random() % (next_random() % 3 ? 5 : sizeof pieces / sizeof *pieces)]);
    return strlen(text);
}

static void test_against_a_descent(void **state)
{
    (void)state;
    unsigned wholes = 0, runs = 200000;
    for (unsigned run = 0; run < runs; run++) {
        char text[256];
        size_t length = make_random(text);
        struct body body;
        body_start_chunked(&body, LIMIT);
        struct outcome outcome = read_split(body, (struct str){text, length}, next_random() % (length + 1));
        const char *rest = descend(text, text + length);
        if (outcome.whole != (rest != NULL) || (rest && outcome.used != (size_t)(rest - text)))
            fail_msg("%u, %zu bytes: %s", outcome.status, outcome.used, text);
        wholes += outcome.whole;
    }
    assert_true(wholes > runs / 10 && wholes < runs * 9 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sized),
        cmocka_unit_test(test_well_formed),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_against_a_descent),
    };
    return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
