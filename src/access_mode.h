#ifndef HELLOD_ACCESS_MODE_H
#define HELLOD_ACCESS_MODE_H

/* Which answers are logged, and where. */
enum access_mode {
    ACCESS_OFF,
    ACCESS_ERRORS, /* those with a status from 400 on, and those that were cut short */
    ACCESS_ON,
    ACCESS_FILE, /* all, in a file */
};

/* What an entry is in a file. */
enum access_format {
    ACCESS_COMBINED, /* a line of the combined log format */
    ACCESS_JSON,     /* a line that is a JSON object */
};

#endif
