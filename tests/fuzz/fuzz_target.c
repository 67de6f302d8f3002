/* Request targets: what is accepted names nothing above the root, and is the same once more. */
#include "fuzz.h"

#include "http/location.h"
#include "http/octet.h"
#include "http/target.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The path as the kernel would go it: plain names, one slash between, and as hidden as `hidden` says. */
static void check_path(const struct target *target)
{
    struct str rest = target->path, segment;
    bool hidden = false, first = true;
    assert(!memchr(rest.data, '\0', rest.length));
    assert(rest.length == 0 || (rest.data[0] != '/' && rest.data[rest.length - 1] != '/'));
    for (; str_next(&rest, '/', &segment); first = false) {
        assert(segment.length > 0);
        assert(!str_equal(segment, STR(".")) && !str_equal(segment, STR("..")));
        hidden |= segment.data[0] == '.' && !(first && str_equal(segment, STR(".well-known")));
    }
    assert(hidden == target->hidden);
    assert(target->path.length > 0 || target->folder || target->asterisk);
}

/* Encoded, as a redirection would have it, it is the same path. */
static void check_encoded(const struct target *target, struct str whole)
{
    struct target again;
    size_t room = 3 * whole.length + 2;
    char *encoded = malloc(room), *path = malloc(room);
    assert(encoded && path);
    encoded[0] = '/';
    size_t length = 1 + target_encode(target->path, encoded + 1, room - 1);
    assert(target->path.length == 0 || length > 1);
    if (target->folder && target->path.length > 0)
        encoded[length++] = '/';
    assert(target_parse((struct str){encoded, length}, path, length, &again) == 0);
    assert(str_equal(again.path, target->path) && again.folder == target->folder);
    assert(again.hidden == target->hidden && !again.query.data);
    free(encoded);
    free(path);
}

/* A Location of a folder leads to that folder, on this host, with the query. */
static void check_location(const struct target *target, struct str whole)
{
    struct target again;
    size_t room = 3 * whole.length + 3;
    char *location = malloc(room), *path = malloc(room);
    assert(location && path);
    size_t length = location_of_folder(target->path, target->query, location, room);
    assert(length > 0 && location[0] == '/' && location[1] != '/');
    assert(octet_span((struct str){location, length}, OCTET_TARGET) == length);
    assert(target_parse((struct str){location, length}, path, length, &again) == 0);
    assert(again.folder && str_equal(again.path, target->path) && str_equal(again.query, target->query));
    free(location);
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct target target;
    struct str text = {(const char *)data, size}, path;
    char *buffer = malloc(size > 0 ? size : 1);
    assert(buffer);
    enum target_form form = target_form(text, &path);
    unsigned status = target_parse(text, buffer, size, &target);
    assert(status == 0 || status == 400);
    assert(status != 0 || form == TARGET_ORIGIN || form == TARGET_ABSOLUTE || form == TARGET_ASTERISK);
    if (status == 0) {
        assert(target.path.data == buffer && target.path.length <= size);
        assert(fuzz_within(target.query, text) && target.asterisk == (form == TARGET_ASTERISK));
        check_path(&target);
        if (!target.asterisk) {
            assert(target.raw_path.length > 0);
            check_encoded(&target, text);
            if (target.path.length > 0)
                check_location(&target, text);
        }
    }
    free(buffer);
    return 0;
}
