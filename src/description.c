/* From a resolution to the fields of a response; see description.h. */
#include "description.h"

#include "http/media_type.h"
#include "http/negotiation.h"

struct response description_of(unsigned status, const struct resolution *found)
{
    bool fresh = status == 200 || status == 206 || status == 304;
    return (struct response){
        .status = status,
        .vary = found->vary,
        .cache_control = fresh ? found->policy.cache_control : (struct str){NULL, 0},
        .fields = found->policy.fields,
        .field_count = found->policy.field_count,
    };
}

void description_of_content(const struct resolution *found, const struct validators *validators, bool known,
                            struct response *response)
{
    if (!known) {
        response->content_type = found->representation.media_type;
        response->charset_utf8 = media_type_is_text(response->content_type);
    }
    if (!known && found->coding != CODING_IDENTITY)
        response->content_coding = negotiation_coding_name(found->coding);
    response->has_last_modified = validators->settled && !known;
    response->last_modified = validators->modified;
    response->accept_ranges = true;
}
