#ifndef HELLOD_SERVICE_VIEW_H
#define HELLOD_SERVICE_VIEW_H

#include "units.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * The file system as a service sees it, judged from outside: which user and groups it has, and which folders
 * its sandbox hides. File modes are what counts; access control lists are not looked at.
 */

enum { SERVICE_VIEW_GROUPS_MAX = 32 };

struct service_view {
    char unit[UNIT_NAME_MAX]; /* "": not a service, this very process */
    bool sees_all;            /* modes don't bind it */
    uid_t user;               /* (uid_t)-1: one that owns no file */
    gid_t groups[SERVICE_VIEW_GROUPS_MAX];
    size_t n_groups;
    bool hides_home; /* /home, /root and /run/user, by ProtectHome= */
    bool hides_tmp;  /* /tmp and /var/tmp, by PrivateTmp= */
    char hides[512]; /* paths, with blanks between, by InaccessiblePaths= */
};

/* As systemd has the unit loaded; as it is shipped where systemd can't be asked. */
void service_view_of_unit(const char *unit, struct service_view *ret);

void service_view_of_process(struct service_view *ret);

/* Whether the modes of a file let it read (R_OK), or pass through a folder (X_OK). */
bool service_view_allows(const struct service_view *view, const struct stat *st, int mode);

/*
 * Whether it can get at what is in a folder, given by its absolute path. Where it can't, why, and what helps,
 * goes to `problem` as text for the middle of a line. 0, or -EACCES, or the errno of a folder that can't be
 * looked at.
 */
int service_view_check_folder(const struct service_view *view, const char *path, FILE *problem);

#endif
