/* The tables, and what is done with any of them. */
#include "config_word.h"

#include "access_mode.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <syslog.h>

const struct config_word config_levels[] = {
    {"error", LOG_ERR}, {"warning", LOG_WARNING}, {"notice", LOG_NOTICE},
    {"info", LOG_INFO}, {"debug", LOG_DEBUG},     {NULL, 0},
};

const struct config_word config_access_modes[] = {
    {"on", ACCESS_ON}, {"errors", ACCESS_ERRORS}, {"file", ACCESS_FILE}, {"off", ACCESS_OFF}, {NULL, 0},
};

const struct config_word config_access_formats[] = {
    {"combined", ACCESS_COMBINED},
    {"json", ACCESS_JSON},
    {NULL, 0},
};

int config_word_read(const struct config_word *words, const char *text, int *ret)
{
    for (; words->name; words++) {
        if (strcmp(text, words->name) == 0) {
            *ret = words->value;
            return 0;
        }
    }
    return -EINVAL;
}

const char *config_word_name(const struct config_word *words, int value)
{
    while (words->name && words->value != value)
        words++;
    assert(words->name);
    return words->name;
}

void config_word_list(const struct config_word *words, FILE *out)
{
    const char *separator = "";
    for (; words->name; words++) {
        fprintf(out, "%s%s", separator, words->name);
        separator = words[1].name && !words[2].name ? " or " : ", ";
    }
}
