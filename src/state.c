/* A sequence of records in a memfd, behind a mark and a version; see state.h. */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct mark {
    char magic[8];
    uint32_t version;
    uint32_t reserved;
};

static const struct mark mark = {.magic = "hellod-s", .version = STATE_VERSION};

int state_create(struct state *ret)
{
    int fd = memfd_create("hellod-state", 0);
    if (fd < 0)
        return -errno;
    *ret = (struct state){.file = fdopen(fd, "w+")};
    if (!ret->file) {
        int r = -errno;
        close(fd);
        return r;
    }
    state_put(ret, &mark, sizeof mark);
    return 0;
}

void state_put(struct state *state, const void *data, size_t length)
{
    if (fwrite(data, 1, length, state->file) != length && state->error == 0)
        state->error = -errno;
}

void state_keep_fd(struct state *state, int fd)
{
    if (fcntl(fd, F_SETFD, 0) < 0 && state->error == 0)
        state->error = -errno;
}

int state_finish(struct state *state, int *ret_fd)
{
    if (state->error < 0)
        return state->error;
    if (fflush(state->file) != 0 || lseek(fileno(state->file), 0, SEEK_SET) < 0)
        return -errno;
    *ret_fd = fileno(state->file);
    return 0;
}

int state_open(struct state *ret, int fd)
{
    struct mark found;
    *ret = (struct state){.file = fdopen(fd, "r")};
    if (!ret->file)
        return -errno;
    int r = state_get(ret, &found, sizeof found);
    if (r == 0 && memcmp(&found, &mark, sizeof mark) != 0)
        r = -EBADMSG;
    if (r < 0)
        state_close(ret);
    return r;
}

int state_get(struct state *state, void *data, size_t length)
{
    return fread(data, 1, length, state->file) == length ? 0 : -EBADMSG;
}

void state_close(struct state *state)
{
    if (state->file)
        fclose(state->file);
    state->file = NULL;
}
