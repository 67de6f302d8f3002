/* The walk, reported. Names of files are foreign text: what could steer a terminal is escaped. */
#include "check_site.h"

#include "http/str.h"
#include "log.h"
#include "site_walk.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { PROGRESS_MSEC = 200, TEXT_MAX = 16384 };

static void show_progress(struct site_walk *walk, FILE *progress)
{
    struct site_counts counts = site_walk_counts(walk);
    fprintf(progress, "\r%llu files, %llu folders, %llu findings\x1b[K", counts.files, counts.folders,
            counts.findings);
    fflush(progress);
}

static void write_finding(const struct site_finding *finding, FILE *out)
{
    char path[TEXT_MAX], text[TEXT_MAX];
    str_escape(str_of(finding->path), path, sizeof path);
    str_escape(str_of(finding->text), text, sizeof text);
    fprintf(out, "%s: %s\n", path, text);
}

static void await(struct site_walk *walk, FILE *progress)
{
    while (!site_walk_wait(walk, PROGRESS_MSEC))
        if (progress)
            show_progress(walk, progress);
    if (progress)
        fputs("\r\x1b[K", progress);
}

int check_site(const struct config *config, const struct service_view *view, FILE *out, FILE *progress)
{
    struct site_walk *walk;
    const struct site_finding *findings;
    size_t count = 0;
    int r = site_walk_start(&walk, config, view);
    if (r == 0) {
        await(walk, progress);
        r = site_walk_findings(walk, &findings, &count);
        struct site_counts counts = site_walk_counts(walk);
        for (size_t i = 0; i < count; i++)
            write_finding(&findings[i], out);
        fprintf(out, "files: %llu, folders: %llu, findings: %llu\n", counts.files, counts.folders,
                counts.findings);
        site_walk_free(walk);
    }
    if (r < 0) {
        log_error("%s: can't be walked through: %s", config->document_root, strerror(-r));
        return EX_OSERR;
    }
    return count > 0 ? 1 : EXIT_SUCCESS;
}
