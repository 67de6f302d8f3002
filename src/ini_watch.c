/* By stat(2) alone: which file is there, its size, and when it was last written or replaced. */
#include "ini_watch.h"

#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { STEP_MSEC = 50, STEPS_STILL = 4, STEPS_MAX = 60 };

void ini_watch_look(const char *path, struct ini_watch *ret)
{
    *ret = (struct ini_watch){.there = false};
    ret->there = stat(path, &ret->st) == 0;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool ini_watch_equal(const struct ini_watch *a, const struct ini_watch *b)
{
    if (!a->there || !b->there)
        return a->there == b->there;
    return a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino && a->st.st_size == b->st.st_size &&
           same_time(a->st.st_mtim, b->st.st_mtim) && same_time(a->st.st_ctim, b->st.st_ctim);
}

void ini_watch_settle(const char *path, struct ini_watch *ret)
{
    const struct timespec step = {.tv_nsec = STEP_MSEC * 1000000L};
    int still = 0;
    ini_watch_look(path, ret);
    for (int i = 0; i < STEPS_MAX && (still < STEPS_STILL || !ret->there); i++) {
        struct ini_watch now;
        nanosleep(&step, NULL);
        ini_watch_look(path, &now);
        still = ini_watch_equal(ret, &now) ? still + 1 : 0;
        *ret = now;
    }
}

void ini_watch_format(const struct ini_watch *watch, char text[static INI_WATCH_TEXT_MAX])
{
    const struct stat *st = &watch->st;
    if (!watch->there)
        snprintf(text, INI_WATCH_TEXT_MAX, "absent\n");
    else
        snprintf(text, INI_WATCH_TEXT_MAX, "%jx %jx %jd %jd.%09ld %jd.%09ld\n", (uintmax_t)st->st_dev,
                 (uintmax_t)st->st_ino, (intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
                 st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}
