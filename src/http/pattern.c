/*
 * Stars are matched without recursion: each takes as little as will do, and when the text behind the latest
 * one doesn't fit, that star takes one octet more. An earlier star never needs to be thought over: the latest
 * could take all that it would.
 */
#include "http/pattern.h"

#include <assert.h>
#include <string.h>

unsigned pattern_stars(struct str pattern)
{
    unsigned stars = 0;
    for (size_t i = 0; i < pattern.length; i++)
        stars += pattern.data[i] == '*';
    return stars;
}

static bool ends_in(struct str s, struct str suffix)
{
    return s.length >= suffix.length && str_equal(str_after(s, s.length - suffix.length), suffix);
}

/* Of a pattern for all that is below a folder: is the path that folder, without its slash? */
static bool is_folder_itself(struct str pattern, struct str path)
{
    return ends_in(pattern, STR("/*")) && pattern.length == path.length + 2 && str_starts_with(pattern, path);
}

/* "/a" and "/a/" are one to a pattern that doesn't say which it means. */
static struct str forgive_slash(struct str pattern, struct str path)
{
    bool strict = ends_in(pattern, STR("*")) || ends_in(pattern, STR("/"));
    if (!strict && path.length > 1 && ends_in(path, STR("/")))
        path.length--;
    return path;
}

static bool match(struct str pattern, struct str path)
{
    size_t p = 0, s = 0, behind_star = 0, taken_to = 0;
    bool star = false;
    while (s < path.length) {
        if (p < pattern.length && pattern.data[p] == '*') {
            star = true;
            behind_star = ++p;
            taken_to = s;
        } else if (p < pattern.length && pattern.data[p] == path.data[s]) {
            p++;
            s++;
        } else if (star) {
            p = behind_star;
            s = ++taken_to;
        } else {
            return false;
        }
    }
    while (p < pattern.length && pattern.data[p] == '*')
        p++;
    return p == pattern.length;
}

bool pattern_match(struct str pattern, struct str path)
{
    return is_folder_itself(pattern, path) || match(pattern, forgive_slash(pattern, path));
}

bool pattern_match_one(struct str pattern, struct str path, struct str *ret_star)
{
    const char *star = pattern.length > 0 ? memchr(pattern.data, '*', pattern.length) : NULL;
    *ret_star = (struct str){path.data, 0};
    if (is_folder_itself(pattern, path))
        return true;
    path = forgive_slash(pattern, path);
    if (!star)
        return str_equal(pattern, path);
    struct str before = {pattern.data, (size_t)(star - pattern.data)},
               behind = str_after(pattern, before.length + 1);
    assert(pattern_stars(behind) == 0);
    if (path.length < before.length + behind.length || !str_starts_with(path, before) ||
        !ends_in(path, behind))
        return false;
    *ret_star = (struct str){path.data + before.length, path.length - before.length - behind.length};
    return true;
}
