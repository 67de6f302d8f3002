/* From "it is in the output" to "it is sent, as far as it goes"; see answers.h. */
#include "answers.h"

#include "http/excerpt.h"

#include <string.h>

void answers_clear(struct answers *answers)
{
    answers->count = 0;
}

/* How much of it has not left. */
static uint64_t unsent(const struct pending *pending, uint64_t sent)
{
    uint64_t left = pending->end > sent ? pending->end - sent : 0;
    return left < pending->length ? left : pending->length;
}

static void submit(const struct pending *pending, struct str head, const struct answers_of *of,
                   const struct access_brief *brief, const char *reason)
{
    static const char *const cache[] = {"none", "hit", "miss"};
    const struct access_entry entry = {
        .second = of->second,
        .duration_usec = brief->duration_usec,
        .bytes = brief->bytes,
        .connection = of->connection,
        .close_reason = reason,
        .cache = cache[pending->cache_use],
        .peer = *of->peer,
        .request = pending->request,
        .cut = brief->cut,
        .status = pending->status,
        .worker = of->worker,
    };
    access_submit(of->access, &entry, head);
}

static void tell(const struct pending *pending, struct str head, const struct answers_of *of, uint64_t sent,
                 const char *reason)
{
    uint64_t missing = unsent(pending, sent);
    int64_t duration = (int64_t)(of->now_nsec / 1000) - pending->begun_usec;
    const struct access_brief brief = {
        .bytes = missing < pending->content ? pending->content - missing : 0,
        .duration_usec = duration > 0 ? duration : 0,
        .status = pending->status,
        .worker = of->worker,
        .cut = missing > 0,
    };
    if (access_admits(of->access, &brief, head, (int64_t)of->now_nsec))
        submit(pending, head, of, &brief, reason);
}

void answers_tell(struct answers *answers, const struct answers_of *of, uint64_t sent, const char *reason)
{
    unsigned count = answers->count, told = 0;
    while (told < count && (reason || answers->list[told].end <= sent)) {
        tell(&answers->list[told], answers->head[told], of, sent, told + 1 == count ? reason : NULL);
        told++;
    }
    answers->count -= told;
    if (answers->count == 0)
        return;
    memmove(answers->list, answers->list + told, answers->count * sizeof answers->list[0]);
    memmove(answers->head, answers->head + told, answers->count * sizeof answers->head[0]);
}

size_t answers_lay_down(const struct answers *answers, uint64_t sent, struct pending list[static ANSWERS_MAX],
                        char text[static ANSWERS_TEXT_MAX])
{
    size_t used = 0;
    for (unsigned i = 0; i < answers->count; i++) {
        struct excerpt excerpt;
        excerpt_read(answers->head[i], &excerpt);
        size_t length = excerpt_write(&excerpt, text + used, ANSWERS_TEXT_MAX - used);
        list[i] = answers->list[i];
        list[i].end -= sent;
        list[i].excerpt_length = (uint32_t)length;
        used += length;
    }
    return used;
}

void answers_take_up(struct answers *answers, const struct pending *list, unsigned count, const char *text)
{
    size_t used = 0;
    for (unsigned i = 0; i < count; i++) {
        size_t length = list[i].excerpt_length;
        memcpy(answers->text + used, text + used, length);
        *answers_add(answers, (struct str){answers->text + used, length}) = list[i];
        used += length;
    }
}

bool answers_are_sound(const struct pending *list, unsigned count, size_t text_length)
{
    static const uint8_t none[sizeof list->unused];
    uint64_t end = 0;
    size_t used = 0;
    if (count > ANSWERS_MAX || text_length > ANSWERS_TEXT_MAX)
        return false;
    for (unsigned i = 0; i < count; i++) {
        const struct pending *pending = &list[i];
        if (pending->content > pending->length || pending->end < end || pending->cache_use > CACHE_MISS ||
            pending->excerpt_length > text_length - used || memcmp(pending->unused, none, sizeof none) != 0)
            return false;
        end = pending->end;
        used += pending->excerpt_length;
    }
    return used == text_length;
}
