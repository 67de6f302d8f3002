#ifndef HELLOD_CONFIG_CHANGES_H
#define HELLOD_CONFIG_CHANGES_H

/*
 * What of a configuration is another than before, from two texts that config_dump() has written, perhaps of
 * two versions of the program: an option that only one of them knows is no change.
 */

enum { CONFIG_CHANGES_TEXT_MAX = 1024, CONFIG_CHANGES_FIELDS_MAX = 2048 };

struct config_changes {
    unsigned count;
    /* "[server] pool_size 4 -> 8, listing off -> on; [log] level info -> debug", or "" */
    char text[CONFIG_CHANGES_TEXT_MAX];
    /* "CONFIG_CHANGED=server.pool_size\n", a line each, for the journal */
    char fields[CONFIG_CHANGES_FIELDS_MAX];
};

/* Long values are cut, and of very many changes the text tells only how many more there are. */
void config_changes_find(const char *before, const char *after, struct config_changes *ret);

#endif
