/* A value, read or refused with what would have been right. */
#include "config_entry.h"

#include "cleanup.h"

#include <errno.h>

static void refuse(struct config_file *file, const struct config_entry *entry,
                   const struct config_domain *domain)
{
    CLEANUP(free_memory) char *expected = NULL;
    size_t length;
    FILE *stream = open_memstream(&expected, &length);
    if (stream)
        config_value_describe(domain, stream);
    if (!stream || fclose(stream) != 0) {
        file->error = -ENOMEM;
        return;
    }
    config_file_refuse(file, entry, "not %s", expected);
}

void config_entry_read(struct config_file *file, const struct config_entry *entry,
                       const struct config_domain *domain, void *field)
{
    if (entry->value[0] == '"' || entry->value[0] == '\'') {
        config_file_refuse(file, entry, "write it without quotes");
        return;
    }
    int r = config_value_read(domain, entry->value, field);
    if (r == -ENOMEM)
        file->error = r;
    else if (r < 0)
        refuse(file, entry, domain);
}
