/*
 * The order of RFC 9110 section 13.2.2, step by step. A tag stands above a date: where If-Match or
 * If-None-Match is there at all, the date of its sibling is not looked at. A field that holds no valid date,
 * or more than one, is as good as absent.
 */
#include "http/precondition.h"

#include "http/date.h"

/* Whether a list of entity tags, in however many lines, names the representation; "*" names any. */
static bool names(const struct request *request, enum field field, struct str etag, bool weakly)
{
    struct str rest = request->field_lines, value;
    if (request->lines[field] == 1 && str_equal(request->field[field], STR("*")))
        return true;
    while (etag.length > 0 && request_next_value(field, &rest, &value))
        if (validators_listed(value, etag, weakly))
            return true;
    return false;
}

static bool read_date(const struct request *request, enum field field, int64_t now, int64_t *ret)
{
    return request->lines[field] == 1 && date_parse(request->field[field], now, ret) == 0;
}

unsigned precondition_evaluate(const struct request *request, const struct validators *validators,
                               int64_t now)
{
    int64_t date;
    if (request->lines[FIELD_IF_MATCH] > 0) {
        if (!names(request, FIELD_IF_MATCH, validators->etag, false))
            return 412;
    } else if (validators->dated && read_date(request, FIELD_IF_UNMODIFIED_SINCE, now, &date)) {
        if (validators->modified > date)
            return 412;
    }
    if (request->lines[FIELD_IF_NONE_MATCH] > 0) {
        if (names(request, FIELD_IF_NONE_MATCH, validators->etag, true))
            return 304;
    } else if (validators->settled && read_date(request, FIELD_IF_MODIFIED_SINCE, now, &date)) {
        if (validators->modified <= date)
            return 304;
    }
    return 200;
}

/*
 * Section 13.1.5: a strong tag, or a date that is Last-Modified's to the second. The date is a strong
 * validator here, for none is told before its second is over (section 8.8.2.2).
 */
static bool is_current(struct str value, const struct validators *validators, int64_t now)
{
    int64_t date;
    if (validators->etag.length > 0 && str_equal(value, validators->etag))
        return true;
    return validators->settled && date_parse(value, now, &date) == 0 && date == validators->modified;
}

bool precondition_allows_range(const struct request *request, const struct validators *validators,
                               int64_t now)
{
    if (request->method != METHOD_GET || request->lines[FIELD_RANGE] != 1)
        return false;
    if (request->lines[FIELD_IF_RANGE] == 0)
        return true;
    return request->lines[FIELD_IF_RANGE] == 1 && is_current(request->field[FIELD_IF_RANGE], validators, now);
}
