/*
 * Who the service is comes from systemd's properties of it; what it may do, from the modes of every folder on
 * the way, both as the path is written and as it is behind symbolic links.
 */
#include "service_view.h"

#include "cleanup.h"
#include "systemctl.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_group(struct service_view *view, gid_t group)
{
    if (view->n_groups < SERVICE_VIEW_GROUPS_MAX)
        view->groups[view->n_groups++] = group;
}

static void add_groups_by_name(struct service_view *view, char *names)
{
    for (char *name; (name = strsep(&names, " "));) {
        const struct group *group = *name ? getgrnam(name) : NULL;
        if (group)
            add_group(view, group->gr_gid);
    }
}

/* A dynamic user has no entry until it runs, and owns no file then either. */
static void set_user(struct service_view *view, const char *name)
{
    gid_t groups[SERVICE_VIEW_GROUPS_MAX];
    int n = SERVICE_VIEW_GROUPS_MAX;
    const struct passwd *user = *name ? getpwnam(name) : NULL;
    if (!user)
        return;
    view->user = user->pw_uid;
    if (getgrouplist(name, user->pw_gid, groups, &n) >= 0)
        for (int i = 0; i < n; i++)
            add_group(view, groups[i]);
}

static void read_properties(struct service_view *view, const char *shown)
{
    char value[512];
    if (systemctl_value(shown, "User", 0, value, sizeof value))
        set_user(view, value);
    if (systemctl_is(shown, "User", "root") ||
        (systemctl_is(shown, "User", "") && systemctl_is(shown, "DynamicUser", "no")))
        view->user = 0;
    if (systemctl_value(shown, "Group", 0, value, sizeof value))
        add_groups_by_name(view, value);
    if (systemctl_value(shown, "SupplementaryGroups", 0, value, sizeof value))
        add_groups_by_name(view, value);
    view->hides_home =
        systemctl_is(shown, "ProtectHome", "yes") || systemctl_is(shown, "ProtectHome", "tmpfs");
    view->hides_tmp = !systemctl_is(shown, "PrivateTmp", "no");
    (void)systemctl_value(shown, "InaccessiblePaths", 0, view->hides, sizeof view->hides);
}

void service_view_of_unit(const char *unit, struct service_view *ret)
{
    CLEANUP(free_memory) char *shown = NULL;
    *ret = (struct service_view){.user = (uid_t)-1, .hides_home = true, .hides_tmp = true};
    snprintf(ret->unit, sizeof ret->unit, "%s", unit);
    int r = systemctl_show(unit,
                           "LoadState,User,Group,SupplementaryGroups,DynamicUser,ProtectHome,PrivateTmp,"
                           "InaccessiblePaths",
                           &shown);
    if (r == 0 && systemctl_is(shown, "LoadState", "loaded"))
        read_properties(ret, shown);
}

void service_view_of_process(struct service_view *ret)
{
    *ret = (struct service_view){.user = geteuid(), .sees_all = geteuid() == 0};
    int n = getgroups(SERVICE_VIEW_GROUPS_MAX, ret->groups);
    ret->n_groups = n > 0 ? (size_t)n : 0;
    add_group(ret, getegid());
}

static bool has_group(const struct service_view *view, gid_t group)
{
    for (size_t i = 0; i < view->n_groups; i++)
        if (view->groups[i] == group)
            return true;
    return false;
}

bool service_view_allows(const struct service_view *view, const struct stat *st, int mode)
{
    /* The first that fits decides, path_resolution(7). */
    unsigned shift = view->user == st->st_uid ? 6 : has_group(view, st->st_gid) ? 3 : 0;
    unsigned bits = st->st_mode >> shift & 7;
    return view->sees_all || (bits & (unsigned)mode) == (unsigned)mode;
}

static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* The word of the list, each perhaps with the "-" and "+" of systemd.exec(5), that the path leads into. */
static bool find_part(const char *list, const char *path, char ret[static PATH_MAX])
{
    for (list += strspn(list, " -+"); *list; list += strspn(list, " -+")) {
        size_t length = strcspn(list, " ");
        snprintf(ret, PATH_MAX, "%.*s", (int)length, list);
        if (is_below(path, ret))
            return true;
        list += length;
    }
    return false;
}

/* The setting that hides a folder which the path leads into, with that folder; or NULL. */
static const char *hidden_part(const struct service_view *view, const char *path, char ret[static PATH_MAX])
{
    if (view->hides_home && find_part("/home /root /run/user", path, ret))
        return "ProtectHome=";
    if (view->hides_tmp && find_part("/tmp /var/tmp", path, ret))
        return "PrivateTmp=";
    return find_part(view->hides, path, ret) ? "InaccessiblePaths=" : NULL;
}

static int refuse_hidden(const struct service_view *view, const char *path, FILE *problem)
{
    char folder[PATH_MAX];
    const char *setting = hidden_part(view, path, folder);
    if (!setting)
        return 0;
    fprintf(problem,
            "%s does not see %s (%s); move the folder, to /srv for one, or bind it there with "
            "BindReadOnlyPaths=%s:/srv/site in `systemctl edit %s`",
            view->unit, folder, setting, path, view->unit);
    return -EACCES;
}

static int refuse_mode(const struct service_view *view, const char *folder, mode_t mode, FILE *problem)
{
    fprintf(problem, "%s may not enter %s, mode %04o; chmod o+x %s", view->unit[0] ? view->unit : "this user",
            folder, (unsigned)mode & 07777, folder);
    return -EACCES;
}

/* Each folder from the root to the last name must let it pass. */
static int check_way(const struct service_view *view, const char *path, FILE *problem)
{
    char part[PATH_MAX];
    size_t length = 0;
    do {
        struct stat st;
        length += strspn(path + length, "/");
        length += strcspn(path + length, "/");
        snprintf(part, sizeof part, "%.*s", (int)length, path);
        int r = stat(part, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
        if (r < 0) {
            fprintf(problem, "%s: %s", part, strerrordesc_np(-r));
            return r;
        }
        if (!service_view_allows(view, &st, X_OK))
            return refuse_mode(view, part, st.st_mode, problem);
    } while (path[length]);
    return 0;
}

int service_view_check_folder(const struct service_view *view, const char *path, FILE *problem)
{
    CLEANUP(free_memory) char *real = NULL;
    int r = refuse_hidden(view, path, problem);
    if (r == 0)
        r = check_way(view, path, problem);
    if (r < 0)
        return r;
    real = realpath(path, NULL);
    if (!real) {
        r = -errno;
        fprintf(problem, "%s: %s", path, strerrordesc_np(-r));
        return r;
    }
    r = refuse_hidden(view, real, problem);
    return r < 0 ? r : check_way(view, real, problem);
}
