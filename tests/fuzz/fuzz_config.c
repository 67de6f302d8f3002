/*
 * INI files: whatever is in one, it is read or refused with a line for each mistake, and what was read is,
 * written down, read back to the same.
 */
#include "fuzz.h"

#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a reading said and what came of it, as text. */
struct reading {
    int result;
    char *errors, *dump;
    size_t errors_length, dump_length;
};

static void read_text(struct str text, struct reading *ret)
{
    struct config config;
    char path[64];
    int fd = memfd_create("ini", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, text.data, text.length) == (ssize_t)text.length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    FILE *errors = open_memstream(&ret->errors, &ret->errors_length);
    FILE *dump = open_memstream(&ret->dump, &ret->dump_length);
    assert(errors && dump);
    ret->result = config_read(path, errors, &config);
    if (ret->result == 0) {
        config_dump(&config, dump);
        config_free(&config);
    }
    fclose(errors);
    fclose(dump);
    close(fd);
}

static void drop(struct reading *reading)
{
    free(reading->errors);
    free(reading->dump);
}

/* "/proc/self/fd/3:12: words", one line each, which a terminal is safe from. */
static void check_errors(const struct reading *reading)
{
    struct str rest = {reading->errors, reading->errors_length}, line;
    assert(reading->errors_length > 0 && reading->errors[reading->errors_length - 1] == '\n');
    while (str_next(&rest, '\n', &line)) {
        assert(str_starts_with(line, STR("/proc/self/fd/")) && line.length > 20);
        for (size_t i = 0; i < line.length; i++)
            assert((unsigned char)line.data[i] >= ' ' || line.data[i] == '\t');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading reading, again;
    read_text((struct str){(const char *)data, size}, &reading);
    if (reading.result == 0) {
        assert(reading.errors_length == 0);
        read_text((struct str){reading.dump, reading.dump_length}, &again);
        assert(again.result == 0 && again.dump_length == reading.dump_length);
        assert(memcmp(again.dump, reading.dump, again.dump_length) == 0);
        drop(&again);
    } else {
        assert(reading.result == -EINVAL);
        check_errors(&reading);
    }
    drop(&reading);
    return 0;
}
