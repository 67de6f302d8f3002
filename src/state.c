/* A sequence of records in a memfd, behind a mark that says what it is and that it is whole; see state.h. */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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
    uint64_t digest = length;
    for (size_t i = 0; i < length; i += sizeof digest) {
        uint64_t word = 0;
        memcpy(&word, data + i, length - i < sizeof word ? length - i : sizeof word);
        digest = (digest ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        digest ^= digest >> 32;
    }
    return digest;
}

/* The digest of the records in the file. 0, or a negative errno. */
static int digest_file(int fd, uint64_t *ret)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size < (off_t)sizeof blank)
        return -EBADMSG;
    size_t size = (size_t)st.st_size;
    char *data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED)
        return -errno;
    *ret = digest_of(data + sizeof blank, size - sizeof blank);
    (void)munmap(data, size);
    return 0;
}

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
    state_put(ret, &blank, sizeof blank);
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
    int fd = fileno(state->file);
    struct mark mark = blank;
    if (fflush(state->file) != 0)
        return -errno;
    int r = digest_file(fd, &mark.digest);
    if (r < 0)
        return r;
    if (pwrite(fd, &mark, sizeof mark, 0) != sizeof mark || lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

int state_open(struct state *ret, int fd)
{
    struct mark found, wanted = blank;
    *ret = (struct state){.file = fdopen(fd, "r")};
    if (!ret->file)
        return -errno;
    int r = digest_file(fd, &wanted.digest);
    if (r == 0)
        r = state_get(ret, &found, sizeof found);
    if (r == 0 && memcmp(&found, &wanted, sizeof wanted) != 0)
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
