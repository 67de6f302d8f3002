#ifndef HELLOD_ACCESS_MODE_H
#define HELLOD_ACCESS_MODE_H

/* Which answers are logged. */
enum access_mode {
    ACCESS_OFF,
    ACCESS_ERRORS, /* those with a status from 400 on, and those that were cut short */
    ACCESS_ON,
};

#endif
