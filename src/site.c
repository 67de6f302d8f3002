/* From the configuration's words to what exchanges are told. */
#include "site.h"

#include "event.h"
#include "log.h"
#include "media_types_state.h"

#include <errno.h>
#include <string.h>

static int open_root(struct document_root *ret, const struct config *config, int types_fd)
{
    struct media_types types;
    bool read = types_fd >= 0 && media_types_take(types_fd, &types) == 0;
    int r = document_root_open(config->document_root, (const char *const *)config->index,
                               read ? NULL : MEDIA_TYPES_FILE, ret);
    if (read)
        ret->types = types;
    if (r < 0)
        log_event(EVENT_ROOT, LOG_ERR, "Can't open the document root %s: %s", config->document_root,
                  strerror(-r));
    else if (ret->types.count == 0)
        log_notice("There is no " MEDIA_TYPES_FILE ": only the web's own media types are known");
    return r;
}

int site_open(struct site *ret, const struct config *config, int types_fd)
{
    *ret = (struct site){
        .rules = config->rules,
        .sleep_usec = config->sleep_usec,
        .health = config->health,
        .limits = {.request_line = config->request_line_bytes,
                   .head = config->head_bytes,
                   .fields = config->fields,
                   .body = config->body_bytes},
    };
    int r = open_root(&ret->root, config, types_fd);
    if (r < 0)
        return r;
    r = cache_new(&ret->cache, (size_t)config->cache_bytes);
    if (r < 0)
        log_error("Can't start serving: %s", strerror(-r));
    return r;
}

void site_close(struct site *site)
{
    cache_free(site->cache);
    document_root_close(&site->root);
}
