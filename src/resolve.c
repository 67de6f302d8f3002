/*
 * The steps of resolve(), in their order: redirects; the file, or the folder's index; the list of the folder;
 * the fallback page; the file's precompressed sibling. A sibling is a representation as good as the file
 * itself while it is not older: then it was made of what the file holds now.
 */
#include "resolve.h"

#include "folder.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

size_t resolve_path(const struct target *target, char path[static PATH_MAX + 2])
{
    size_t length = target->path.length;
    if (length >= PATH_MAX)
        return 0;
    path[0] = '/';
    if (length > 0)
        memcpy(path + 1, target->path.data, length);
    if (target->folder && length > 0)
        path[++length] = '/';
    return length + 1;
}

static bool is_older(const struct version *version, const struct version *than)
{
    if (version->seconds != than->seconds)
        return version->seconds < than->seconds;
    return version->nanoseconds < than->nanoseconds;
}

/* Opens the file's sibling of that coding; false where there is none to be used. */
static bool open_sibling(const struct document_root *root, const char *file, enum coding coding,
                         const struct version *version, char path[static PATH_MAX],
                         struct representation *ret)
{
    int n = snprintf(path, PATH_MAX, "%s%s", file, siblings_suffix(coding).data);
    if (n < 0 || n >= PATH_MAX || resource_open_path(root, path, ret) != 200)
        return false;
    if (!is_older(&ret->version, version))
        return true;
    representation_close(ret);
    return false;
}

static bool is_wanted(enum coding coding, const struct coding_preference *preference)
{
    for (unsigned i = 0; i < preference->count; i++)
        if (preference->order[i] == coding)
            return true;
    return false;
}

/* The most welcome sibling takes the file's place. Where there are siblings at all, the answer varies. */
static void choose_sibling(const struct document_root *root, struct str accept_encoding,
                           struct resolution *ret)
{
    struct coding_preference preference = negotiation_codings(accept_encoding);
    struct representation sibling;
    char path[PATH_MAX];
    ret->coding = CODING_IDENTITY;
    for (unsigned i = 0; preference.order[i] != CODING_IDENTITY; i++) {
        if (!open_sibling(root, ret->file, preference.order[i], &ret->representation.version, path, &sibling))
            continue;
        sibling.media_type = ret->representation.media_type;
        representation_close(&ret->representation);
        ret->representation = sibling;
        ret->coding = preference.order[i];
        strcpy(ret->file, path);
        ret->vary = STR("Accept-Encoding");
        return;
    }
    for (enum coding coding = 0; coding < CODING_IDENTITY && ret->vary.length == 0; coding++) {
        if (is_wanted(coding, &preference) ||
            !open_sibling(root, ret->file, coding, &ret->representation.version, path, &sibling))
            continue;
        representation_close(&sibling);
        ret->vary = STR("Accept-Encoding");
    }
}

static void list_folder(const struct document_root *root, const char *folder, const struct wishes *wishes,
                        struct resolution *ret)
{
    ret->status = folder_list(root, folder, listing_form_for(wishes->accept), &ret->representation);
    ret->coding = CODING_IDENTITY;
    if (ret->status == 200)
        ret->vary = STR("Accept");
}

/* Whether a browser goes there, rather than fetches what a page is made of: no asset is to get a page. */
static bool is_navigation(const struct target *target, struct str accept)
{
    const char *slash = target->path.length > 0 ? memrchr(target->path.data, '/', target->path.length) : NULL;
    struct str last = slash ? str_after(target->path, (size_t)(slash - target->path.data) + 1) : target->path;
    bool has_extension = last.length > 0 && memchr(last.data, '.', last.length);
    return !has_extension && negotiation_names(accept, STR("text/html"));
}

static bool names_file(struct str path, const char *file)
{
    return str_equal(str_after(path, 1), str_of(file));
}

/* With ret->file found: what the rules say of that, where it has another path, and its sibling. */
static void settle_file(const struct document_root *root, const struct rules *rules, struct str path,
                        const struct wishes *wishes, struct siblings_look *look, struct resolution *ret)
{
    char file_path[PATH_MAX + 1];
    if (!names_file(path, ret->file)) {
        int n = snprintf(file_path, sizeof file_path, "/%s", ret->file);
        rules_find(rules, path, (struct str){file_path, (size_t)n}, &ret->policy);
    }
    ret->coding = CODING_IDENTITY;
    if (ret->policy.precompressed && !(look && siblings_are_absent(look, root, ret->file)))
        choose_sibling(root, wishes->accept_encoding, ret);
}

static void fall_back(const struct document_root *root, const struct rules *rules, struct str path,
                      const struct wishes *wishes, struct siblings_look *look, struct resolution *ret)
{
    snprintf(ret->file, sizeof ret->file, "%s", ret->policy.fallback);
    ret->status = resource_open_path(root, ret->file, &ret->representation);
    if (ret->status == 200)
        settle_file(root, rules, path, wishes, look, ret);
    else if (ret->status < 500)
        ret->status = 404;
    ret->vary = ret->vary.length > 0 ? STR("Accept, Accept-Encoding") : STR("Accept");
}

void resolve_absent(const struct rules *rules, struct str path, struct resolution *ret)
{
    ret->status = 404;
    ret->lasting = true;
    ret->representation = (struct representation){.fd = -1};
    ret->redirect = NULL;
    ret->vary = (struct str){NULL, 0};
    rules_find(rules, path, STR(""), &ret->policy);
}

void resolve(const struct document_root *root, const struct rules *rules, const struct target *target,
             const struct wishes *wishes, struct siblings_look *look, struct resolution *ret)
{
    struct str path = {ret->path, resolve_path(target, ret->path)};
    resolve_absent(rules, path, ret);
    ret->lasting = false;
    if (path.length == 0)
        return;
    ret->redirect = rules_redirect(rules, path, &ret->star);
    if (ret->redirect) {
        ret->status = ret->redirect->status;
        return;
    }
    ret->status = resource_open(root, target, ret->file, &ret->representation);
    if (ret->status == 200) {
        ret->lasting = true;
        settle_file(root, rules, path, wishes, look, ret);
        return;
    }
    ret->lasting = ret->status == 404 && !ret->policy.listing && !ret->policy.fallback;
    bool absent = ret->status == 404 && !target->hidden;
    if (absent && target->folder && ret->policy.listing)
        list_folder(root, ret->file, wishes, ret);
    if (absent && ret->status == 404 && ret->policy.fallback) {
        if (is_navigation(target, wishes->accept))
            fall_back(root, rules, path, wishes, look, ret);
        else
            ret->vary = STR("Accept");
    }
}
