#ifndef HELLOD_MISSED_H
#define HELLOD_MISSED_H

#include "ini_watch.h"
#include "units.h"

/*
 * A save that systemd does not see. A path unit watches its file only while the service that it starts is at
 * rest, and begins again some milliseconds after that has ended: what is saved between the last look of that
 * service and then would wait for the next save. So what was applied is noted, and another unit compares the
 * file with the note when the path unit watches again.
 */

/* By whoever applies, at the end: notes the state of the file that was applied, and has that other unit
 * started. What fails is logged. */
void missed_note(const struct units *units, const struct ini_watch *applied);

/*
 * In that other unit: waits until the file is watched, and has it applied where it is not as noted. Nothing
 * where it is not watched at all. An exit status of sysexits.h.
 */
int missed_look(const char *ini);

#endif
