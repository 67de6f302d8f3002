/*
 * The cache, the file system behind it, and what is kept of what is found there. Of a large file no fd is
 * kept, but where it is and what is said of it: opening it anew is little beside sending it, and can't be
 * outdated.
 */
#include "lookup.h"

#include "description.h"

#include <assert.h>
#include <string.h>

/* What a head takes: the fields of the rules, and ours. */
enum { HEAD_MAX = RULES_BYTES_MAX + 2048 };

/* Of all wishes only codings lead to something that is kept. Their order is a number: a 1 bit, and two bits
 * each. */
static uint32_t number_of(const struct wishes *wishes)
{
    if (!wishes->accept_encoding.data)
        return 1 << 2 | CODING_IDENTITY;
    struct coding_preference preference = negotiation_codings(wishes->accept_encoding);
    uint32_t number = 1;
    for (unsigned i = 0; i < preference.count; i++)
        number = number << 2 | preference.order[i];
    return number;
}

/* A change to come will show: the second of the last one is over. */
static bool is_settled(const struct representation *representation, int64_t second)
{
    return representation->version.seconds < second && representation->changed.tv_sec < second;
}

static void take(const struct cached *held, struct found *ret)
{
    struct resolution *found = &ret->resolution;
    found->status = 200;
    found->redirect = NULL;
    found->representation = held->representation;
    found->coding = held->coding;
    found->vary = held->vary;
    found->policy.cache_control = held->cache_control;
    found->policy.field_count = held->field_count;
    for (size_t i = 0; i < held->field_count; i++)
        found->policy.fields[i] = held->fields[i];
    ret->head = held->head;
    ret->use = CACHE_HIT;
}

/* What is kept for the key and can be trusted: what was found last, if that is it. */
static struct kept hold(const struct lookup *lookup, const struct cache_key *key)
{
    struct kept *last = &lookup->recent->kept, kept = {0};
    if (last->held && lookup->now->usec < last->until_usec && cache_is_for(last->held, key)) {
        kept = *last;
        kept.again++;
        last->held = NULL; /* handed over */
    } else {
        kept.held = cache_get(lookup->cache, key, lookup->now->usec, &kept.until_usec);
    }
    return kept;
}

/* True: what is kept is taken, its file open where it has one. */
static bool get(const struct lookup *lookup, const struct cache_key *key, struct found *ret)
{
    ret->kept = hold(lookup, key);
    const struct cached *held = ret->kept.held;
    struct representation opened;
    if (!held)
        return false;
    if (held->representation.bytes) {
        take(held, ret);
        return true;
    }
    if (resource_open_path(lookup->root, held->file, &opened) == 200) {
        if (cache_same_file(&held->representation, &opened)) {
            take(held, ret);
            ret->resolution.representation.fd = opened.fd;
            return true;
        }
        representation_close(&opened);
    }
    cache_release(held);
    ret->kept.held = NULL;
    return false;
}

/* Of what was just found a copy is kept, and held. Where it can't be read nothing is found. */
static void keep(const struct lookup *lookup, const struct cache_key *key, int64_t since_usec,
                 struct found *found)
{
    char etag[ETAG_MAX], head[HEAD_MAX], bytes[REPRESENTATION_LITTLE];
    struct resolution *resolution = &found->resolution;
    struct representation *representation = &resolution->representation;
    struct validators validators;
    validators_make(&representation->version, lookup->now->second, etag, &validators);
    struct response response = description_of(200, resolution);
    description_of_content(resolution, &validators, false, &response);
    response.etag = validators.etag;
    response.content_length = representation->version.size;
    struct cached item = {
        .representation = *representation,
        .file = resolution->file,
        .coding = resolution->coding,
        .vary = resolution->vary,
        .cache_control = resolution->policy.cache_control,
        .fields = resolution->policy.fields,
        .field_count = resolution->policy.field_count,
        .head = {head, response_write_lasting(&response, head, sizeof head)},
    };
    if (representation->version.size <= sizeof bytes) {
        int r = representation_read(representation, 0, representation->version.size, bytes);
        if (r < 0) {
            representation_close(representation);
            representation->error = r;
            resolution->status = resource_status(r) == 503 ? 503 : 500;
            return;
        }
        item.representation.bytes = bytes;
    }
    found->kept.held = cache_put(lookup->cache, key, &item, since_usec);
}

/* What is held takes the place of what was found, of which at most the open file is still needed. */
static void settle(struct found *found)
{
    struct representation *representation = &found->resolution.representation;
    const struct cached *held = found->kept.held;
    if (!held)
        return;
    found->head = held->head;
    if (!held->representation.bytes)
        return;
    representation_close(representation);
    *representation = held->representation;
}

/* Of what was seen at `since_usec`. */
static void add(const struct lookup *lookup, const struct cache_key *key, int64_t since_usec,
                struct found *ret)
{
    const struct representation *representation = &ret->resolution.representation;
    ret->use = CACHE_MISS;
    if (!is_settled(representation, lookup->now->second))
        return;
    ret->kept.until_usec = since_usec + CACHE_TRUST_USEC;
    ret->kept.held = cache_confirm(lookup->cache, key, representation, ret->resolution.vary, since_usec);
    uint64_t size = representation->version.size <= REPRESENTATION_LITTLE ? representation->version.size : 0;
    if (!ret->kept.held && cache_admits(lookup->cache, key, size))
        keep(lookup, key, since_usec, ret);
    settle(ret);
}

static bool is_absent(const struct lookup *lookup, const struct absence *absence, struct str path)
{
    return lookup->now->usec < absence->until_usec && path.length > 0 &&
           str_equal(path, (struct str){absence->path, absence->length});
}

/* One path a thread: names that don't exist take no room of what does. */
static void note_absence(const struct lookup *lookup, struct absence *absence, struct str path)
{
    if (!lookup->cache || path.length > sizeof absence->path)
        return;
    memcpy(absence->path, path.data, path.length);
    absence->length = path.length;
    absence->until_usec = lookup->now->usec + CACHE_TRUST_USEC;
}

static void begin(struct found *ret)
{
    ret->head = (struct str){NULL, 0};
    ret->use = CACHE_UNUSED;
}

void lookup_target(const struct lookup *lookup, const struct target *target, const struct wishes *wishes,
                   struct found *ret)
{
    const struct cache_key key = {
        .path = {ret->resolution.path, resolve_path(target, ret->resolution.path)},
        .wishes = number_of(wishes),
    };
    begin(ret);
    struct resolution *found = &ret->resolution;
    if (get(lookup, &key, ret))
        return;
    if (is_absent(lookup, &lookup->recent->target, key.path)) {
        resolve_absent(lookup->rules, key.path, found);
        return;
    }
    struct siblings_look look = {lookup->siblings, lookup->now->usec, lookup->now->second, lookup->now->usec};
    resolve(lookup->root, lookup->rules, target, wishes, &look, found);
    if (found->status == 200 && found->lasting)
        add(lookup, &key, look.since_usec, ret);
    else if (found->status == 404 && found->lasting)
        note_absence(lookup, &lookup->recent->target, key.path);
}

unsigned lookup_file(const struct lookup *lookup, const char *file, struct found *ret)
{
    struct resolution *found = &ret->resolution;
    /* The paths of targets begin with a slash. */
    const struct cache_key key = {.path = str_of(file)};
    begin(ret);
    if (is_absent(lookup, &lookup->recent->file, key.path))
        return 404;
    if (get(lookup, &key, ret))
        return 200;
    found->status = resource_open_path(lookup->root, file, &found->representation);
    if (found->status == 404)
        note_absence(lookup, &lookup->recent->file, key.path);
    if (found->status != 200)
        return found->status;
    found->coding = CODING_IDENTITY;
    found->vary = found->policy.cache_control = (struct str){NULL, 0};
    found->policy.field_count = 0;
    strcpy(found->file, file);
    add(lookup, &key, lookup->now->usec, ret);
    return found->status;
}

static void let_go(const struct kept *kept)
{
    if (kept->held && kept->again > 0)
        cache_note_requests(kept->held, kept->again);
    cache_release(kept->held);
}

void lookup_end(const struct lookup *lookup, struct found *found)
{
    if (found->resolution.status == 200)
        representation_close(&found->resolution.representation);
    if (!found->kept.held)
        return;
    let_go(&lookup->recent->kept);
    lookup->recent->kept = found->kept; /* handed over */
}

void recent_forget(struct recent *recent)
{
    let_go(&recent->kept);
    *recent = (struct recent){0};
}
