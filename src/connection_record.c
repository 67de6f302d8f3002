/* Why connections end, in one word and for people. */
#include "connection_record.h"

static const struct {
    const char *word, *text;
} reasons[REASON_COUNT] = {
    [REASON_NONE] = {"none", "open"},
    [REASON_CLIENT] = {"client", "closed by the client"},
    [REASON_REFUSED] = {"refused", "closed after a refused request"},
    [REASON_DRAIN] = {"drain", "closed by the drain"},
    [REASON_HEAD_TIMEOUT] = {"head_timeout", "no whole request in time"},
    [REASON_BODY_TIMEOUT] = {"body_timeout", "no whole body in time"},
    [REASON_IDLE_TIMEOUT] = {"idle_timeout", "idle for too long"},
    [REASON_SEND_TIMEOUT] = {"send_timeout", "took too little in time"},
    [REASON_LINGER_TIMEOUT] = {"linger_timeout", "did not close in time"},
    [REASON_BROKEN] = {"broken", "broken"},
    [REASON_FILE] = {"file", "a file changed while it was sent"},
    [REASON_MEMORY] = {"memory", "out of memory"},
    [REASON_CUT] = {"cut", "cut short by the end of the drain"},
    [REASON_ADDRESS] = {"address", "one too many of its address"},
};

const char *connection_reason_word(enum connection_reason reason)
{
    return reasons[reason].word;
}

const char *connection_reason_text(enum connection_reason reason)
{
    return reasons[reason].text;
}
