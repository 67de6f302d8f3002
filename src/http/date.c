/*
 * Dates of HTTP. The calendar is reckoned in days from 1 March of the year 0: with the leap day at a year's
 * end, month lengths follow one line (153 days every five months) and no table of them is needed. Nothing
 * asks the C library, whose functions take locks and know of time zones.
 */
#include "http/date.h"

#include "http/octet.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum {
    DAYS_BEFORE_1970 = 719468, /* since 0000-03-01 */
    DAYS_IN_4_YEARS = 1461,
    DAYS_IN_400_YEARS = 146097,
    SECONDS_IN_DAY = 86400,
    CENTURY_WINDOW = 50, /* years */
};

#define FIRST_SECOND INT64_C(-62135596800) /* of the year 1 */
#define LAST_SECOND  INT64_C(253402300799) /* of the year 9999 */

struct civil {
    unsigned year, month, day; /* month and day from 1 */
};

static const char weekday_names[] = "SunMonTueWedThuFriSat";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static struct civil civil_from_day(unsigned day)
{
    unsigned century = (4 * day + 3) / DAYS_IN_400_YEARS;
    day -= century * DAYS_IN_400_YEARS / 4;
    unsigned year = (4 * day + 3) / DAYS_IN_4_YEARS;
    day -= year * DAYS_IN_4_YEARS / 4;
    unsigned month = (5 * day + 2) / 153; /* 0 is March */
    day -= (153 * month + 2) / 5;
    bool next_year = month >= 10;
    return (struct civil){100 * century + year + next_year, next_year ? month - 9 : month + 3, day + 1};
}

static unsigned day_from_civil(struct civil date)
{
    bool last_year = date.month < 3;
    unsigned year = date.year - last_year;
    unsigned month = last_year ? date.month + 9 : date.month - 3;
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + date.day - 1;
}

static int64_t seconds_at(struct civil date, unsigned clock)
{
    return ((int64_t)day_from_civil(date) - DAYS_BEFORE_1970) * SECONDS_IN_DAY + clock;
}

/* Splits seconds since 1970 into a day since 0000-03-01 and the second of that day. */
static unsigned split(int64_t seconds, unsigned *ret_clock)
{
    assert(seconds >= FIRST_SECOND && seconds <= LAST_SECOND);
    uint64_t since_zero = (uint64_t)(seconds + (int64_t)DAYS_BEFORE_1970 * SECONDS_IN_DAY);
    *ret_clock = (unsigned)(since_zero % SECONDS_IN_DAY);
    return (unsigned)(since_zero / SECONDS_IN_DAY);
}

static void write_two_digits(char *to, unsigned value)
{
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
}

int date_format(int64_t seconds, char buffer[static DATE_LENGTH])
{
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND)
        return -ERANGE;
    unsigned clock;
    unsigned day = split(seconds, &clock);
    struct civil date = civil_from_day(day);
    memcpy(buffer, "___, __ ___ ____ __:__:__ GMT", DATE_LENGTH);
    memcpy(buffer, weekday_names + 3 * ((day + 3) % 7), 3); /* 0000-03-01 was a Wednesday */
    write_two_digits(buffer + 5, date.day);
    memcpy(buffer + 8, month_names + 3 * (date.month - 1), 3);
    write_two_digits(buffer + 12, date.year / 100);
    write_two_digits(buffer + 14, date.year % 100);
    write_two_digits(buffer + 17, clock / 3600);
    write_two_digits(buffer + 20, clock / 60 % 60);
    write_two_digits(buffer + 23, clock % 60);
    return 0;
}

int date_format_iso(int64_t seconds, char buffer[static DATE_ISO_LENGTH])
{
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND)
        return -ERANGE;
    unsigned clock;
    struct civil date = civil_from_day(split(seconds, &clock));
    memcpy(buffer, "____-__-__T__:__:__Z", DATE_ISO_LENGTH);
    write_two_digits(buffer, date.year / 100);
    write_two_digits(buffer + 2, date.year % 100);
    write_two_digits(buffer + 5, date.month);
    write_two_digits(buffer + 8, date.day);
    write_two_digits(buffer + 11, clock / 3600);
    write_two_digits(buffer + 14, clock / 60 % 60);
    write_two_digits(buffer + 17, clock % 60);
    return 0;
}

/* What follows the weekday. In the pattern 0 is a digit, _ a digit or a space, and a any octet. */
struct form {
    struct str pattern;
    bool long_weekday;
    bool short_year;
    uint8_t day, month, year, clock; /* where they start in the pattern */
};

static const struct form forms[] = {
    {STR(", 00 aaa 0000 00:00:00 GMT"), false, false, 2, 5, 9, 14},
    {STR(", 00-aaa-00 00:00:00 GMT"), true, true, 2, 5, 9, 12},
    {STR(" aaa _0 00:00:00 0000"), false, false, 5, 1, 17, 8},
};

static bool matches(const char *s, struct str pattern)
{
    for (size_t i = 0; i < pattern.length; i++) {
        bool digit = octet_is(s[i], OCTET_DIGIT);
        switch (pattern.data[i]) {
        case '0':
            if (!digit)
                return false;
            break;
        case '_':
            if (!digit && s[i] != ' ')
                return false;
            break;
        case 'a':
            break;
        default:
            if (s[i] != pattern.data[i])
                return false;
        }
    }
    return true;
}

/* Which of the three-letter names `s` starts with, from 0, or -1. */
static int name_index(const char *s, const char *names)
{
    for (int i = 0; names[3 * i]; i++)
        if (memcmp(s, names + 3 * i, 3) == 0)
            return i;
    return -1;
}

/* Finds the form of a date and stores what follows the weekday; NULL for none. */
static const struct form *find_form(struct str s, const char **ret)
{
    static const struct str long_endings[] = {STR("day"),   STR("day"), STR("sday"), STR("nesday"),
                                              STR("rsday"), STR("day"), STR("urday")};
    int weekday = s.length > 3 ? name_index(s.data, weekday_names) : -1;
    if (weekday < 0)
        return NULL;
    s = (struct str){s.data + 3, s.length - 3};
    bool long_weekday = str_starts_with(s, long_endings[weekday]);
    if (long_weekday)
        s = (struct str){s.data + long_endings[weekday].length, s.length - long_endings[weekday].length};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (forms[i].long_weekday == long_weekday && forms[i].pattern.length == s.length &&
            matches(s.data, forms[i].pattern)) {
            *ret = s.data;
            return &forms[i];
        }
    return NULL;
}

static unsigned two_digits(const char *s)
{
    return (s[0] == ' ' ? 0 : 10 * (unsigned)(s[0] - '0')) + (unsigned)(s[1] - '0');
}

static unsigned days_in_month(struct civil date)
{
    struct civil first = {date.year, date.month, 1};
    struct civil next = {date.year + date.month / 12, date.month % 12 + 1, 1};
    return day_from_civil(next) - day_from_civil(first);
}

/* The latest year with these last digits that puts the date at most 50 years ahead, or 0 for none. */
static unsigned full_year(unsigned digits, struct civil date, unsigned clock, int64_t now)
{
    unsigned now_clock;
    struct civil limit = civil_from_day(split(now, &now_clock));
    limit.year += CENTURY_WINDOW;
    unsigned distance = (limit.year + 100 - digits) % 100;
    if (distance >= limit.year)
        return 0;
    date.year = limit.year - distance;
    if (seconds_at(date, clock) > seconds_at(limit, now_clock))
        date.year = date.year > 100 ? date.year - 100 : 0;
    return date.year;
}

int date_parse(struct str s, int64_t now, int64_t *ret)
{
    const char *rest;
    const struct form *form = find_form(s, &rest);
    if (!form)
        return -EINVAL;
    int month = name_index(rest + form->month, month_names);
    unsigned hour = two_digits(rest + form->clock);
    unsigned minute = two_digits(rest + form->clock + 3);
    unsigned second = two_digits(rest + form->clock + 6);
    if (month < 0 || hour > 23 || minute > 59 || second > 60)
        return -EINVAL;
    unsigned clock = hour * 3600 + minute * 60 + second;
    struct civil date = {.month = (unsigned)month + 1, .day = two_digits(rest + form->day)};
    if (form->short_year)
        date.year = full_year(two_digits(rest + form->year), date, clock, now);
    else
        date.year = 100 * two_digits(rest + form->year) + two_digits(rest + form->year + 2);
    if (date.year == 0 || date.day == 0 || date.day > days_in_month(date))
        return -EINVAL;
    *ret = seconds_at(date, clock);
    return 0;
}
