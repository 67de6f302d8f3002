/* HTTP-dates, behind a line with the time it is: the C library must read the same in what is accepted. */
#include "fuzz.h"

#include "http/date.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LONGEST = 64 };

#define YEAR_1    INT64_C(-62135596800) /* its first second */
#define YEAR_9999 INT64_C(253402300799) /* its last */

static int month_of(const char *name)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *found = strstr(names, name);
    assert(found && (found - names) % 3 == 0);
    return (int)(found - names) / 3;
}

/* The latest year of these two digits that isn't over 50 years from now. */
static int64_t with_century(struct tm tm, int64_t now)
{
    time_t time = now;
    struct tm limit;
    gmtime_r(&time, &limit);
    int digits = tm.tm_year;
    limit.tm_year += 50;
    int64_t latest = timegm(&(struct tm){.tm_year = limit.tm_year,
                                         .tm_mon = limit.tm_mon,
                                         .tm_mday = limit.tm_mday,
                                         .tm_hour = limit.tm_hour,
                                         .tm_min = limit.tm_min,
                                         .tm_sec = limit.tm_sec});
    for (int year = limit.tm_year + 1900;; year--) {
        struct tm copy = tm;
        copy.tm_year = year - 1900;
        bool same_digits = (year % 100 + 100) % 100 == digits; /* before the year 0 too */
        if (same_digits && timegm(&copy) <= latest)
            return timegm(&copy);
    }
}

/* What the C library makes of a date of any form, known to be one. */
static int64_t expected(const char *text, int64_t now)
{
    struct tm tm = {0};
    char month[4];
    if (sscanf(text, "%*3s, %d %3s %d %d:%d:%d", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour, &tm.tm_min,
               &tm.tm_sec) == 6 ||
        sscanf(text, "%*3s %3s %d %d:%d:%d %d", month, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
               &tm.tm_year) == 6) {
        tm.tm_mon = month_of(month);
        tm.tm_year -= 1900;
        return timegm(&tm);
    }
    int fields = sscanf(text, "%*[a-zA-Z], %d-%3[a-zA-Z]-%d %d:%d:%d", &tm.tm_mday, month, &tm.tm_year,
                        &tm.tm_hour, &tm.tm_min, &tm.tm_sec);
    assert(fields == 6);
    tm.tm_mon = month_of(month);
    return with_century(tm, now);
}

/* The year 9999's last leap second is a time that can't be written. */
static void check_written(int64_t seconds, int64_t now)
{
    char text[DATE_LENGTH], iso[DATE_ISO_LENGTH];
    int64_t again;
    int r = date_format(seconds, text);
    assert(r == (seconds < YEAR_1 || seconds > YEAR_9999 ? -ERANGE : 0));
    assert(date_format_iso(seconds, iso) == r);
    if (r < 0)
        return;
    assert(date_parse((struct str){text, sizeof text}, now, &again) == 0 && again == seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[LONGEST];
    int64_t seconds;
    struct str value = {(const char *)data, size};
    int64_t now = (int64_t)(fuzz_number(fuzz_line(&value), 1700000000) + (uint64_t)YEAR_1);
    check_written(now, YEAR_1);
    if (now < YEAR_1 || now > YEAR_9999)
        now = 1700000000;
    int r = date_parse(value, now, &seconds);
    assert(r == 0 || r == -EINVAL);
    if (r < 0)
        return 0;
    assert(value.length < sizeof text && !memchr(value.data, '\0', value.length));
    memcpy(text, value.data, value.length);
    text[value.length] = '\0';
    assert(expected(text, now) == seconds);
    check_written(seconds, now);
    return 0;
}
