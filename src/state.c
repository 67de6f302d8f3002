/*
 * A sequence of records in a memfd, behind a mark that says what it is and that it is whole; see state.h.
 * Written and read where it lies in memory, and that made present by one call a stretch: no worker runs
 * meanwhile, and a page that comes by a fault takes twenty times as long.
 */
#include "state.h"

#include "pages.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STRETCH = 64 << 10 };

struct mark {
    char magic[8];
    uint32_t version;
    uint32_t reserved;
    uint64_t digest; /* of all records, and of their length */
};

static const struct mark blank = {.magic = "hellod-s", .version = STATE_VERSION};

/* Not against malice: whoever can write to the fd can write a digest. Eight octets at a time, as tens of
 * megabytes may lie there while no worker runs; every step is reversible, so no single change escapes. */
static uint64_t digest_of(const char *data, size_t length)
{
    uint64_t digest = length, word;
    for (; length >= sizeof word; data += sizeof word, length -= sizeof word) {
        memcpy(&word, data, sizeof word);
        digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        digest ^= digest >> 32;
    }
    word = 0;
    memcpy(&word, data, length);
    digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 32;
}

static uint64_t digest_of_records(const struct state *state)
{
    return digest_of(state->data + sizeof blank, state->length - sizeof blank);
}

static int lengthen(struct state *state, size_t size)
{
    if (ftruncate(state->fd, (off_t)size) < 0)
        return -errno;
    char *data = state->data ? mremap(state->data, state->size, size, MREMAP_MAYMOVE)
                             : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, state->fd, 0);
    if (data == MAP_FAILED)
        return -errno;
    size_t present = state->size;
    state->data = data;
    state->size = size;
    return pages_touch(data + present, size - present);
}

int state_create(struct state *ret)
{
    *ret = (struct state){.fd = memfd_create("hellod-state", 0)};
    if (ret->fd < 0)
        return -errno;
    int r = lengthen(ret, STRETCH);
    if (r == 0)
        state_put(ret, &blank, sizeof blank);
    else if (ret->data)
        state_close(ret);
    else
        close(ret->fd);
    return r;
}

void state_fail(struct state *state, int error)
{
    if (state->error == 0)
        state->error = error;
}

static bool make_room(struct state *state, size_t length)
{
    if (state->error < 0)
        return false;
    if (length <= state->size - state->length)
        return true;
    size_t more = state->size / 2 > STRETCH ? state->size / 2 : STRETCH;
    size_t stretches = ((length > more ? length : more) + STRETCH - 1) / STRETCH;
    int r = lengthen(state, state->size + stretches * STRETCH);
    if (r < 0)
        state_fail(state, r);
    return r == 0;
}

void state_put(struct state *state, const void *data, size_t length)
{
    if (length == 0 || !make_room(state, length))
        return;
    memcpy(state->data + state->length, data, length);
    state->length += length;
}

void state_amend(struct state *state, size_t at, const void *data, size_t length)
{
    if (state->error < 0)
        return;
    assert(at <= state->length && length <= state->length - at);
    memcpy(state->data + at, data, length);
}

void state_keep_fd(struct state *state, int fd)
{
    if (fcntl(fd, F_SETFD, 0) < 0)
        state_fail(state, -errno);
}

int state_finish(struct state *state, int *ret_fd)
{
    if (state->error < 0)
        return state->error;
    struct mark mark = blank;
    mark.digest = digest_of_records(state);
    memcpy(state->data, &mark, sizeof mark);
    if (ftruncate(state->fd, (off_t)state->length) < 0)
        return -errno;
    *ret_fd = state->fd;
    return 0;
}

static int map_whole(struct state *state, int fd)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size < (off_t)sizeof blank)
        return -EBADMSG;
    state->length = state->size = (size_t)st.st_size;
    char *data = mmap(NULL, state->size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (data == MAP_FAILED)
        return -errno;
    state->data = data;
    return 0;
}

int state_open(struct state *ret, int fd)
{
    struct mark found, wanted = blank;
    *ret = (struct state){.fd = -1};
    int r = map_whole(ret, fd);
    close(fd);
    if (r < 0)
        return r;
    wanted.digest = digest_of_records(ret);
    r = state_get(ret, &found, sizeof found);
    if (r == 0 && memcmp(&found, &wanted, sizeof wanted) != 0)
        r = -EBADMSG;
    if (r < 0)
        state_close(ret);
    return r;
}

int state_get(struct state *state, void *data, size_t length)
{
    if (length > state->length - state->at)
        return -EBADMSG;
    if (length > 0)
        memcpy(data, state->data + state->at, length);
    state->at += length;
    return 0;
}

void state_close(struct state *state)
{
    if (!state->data)
        return;
    (void)munmap(state->data, state->size);
    state->data = NULL;
    if (state->fd >= 0)
        close(state->fd);
}
