/* Why connections end, for people. */
#include "connection_record.h"

const char *connection_reason_text(enum connection_reason reason)
{
    static const char *const text[REASON_COUNT] = {
        [REASON_NONE] = "open",
        [REASON_CLIENT] = "closed by the client",
        [REASON_REFUSED] = "closed after a refused request",
        [REASON_DRAIN] = "closed by the drain",
        [REASON_HEAD_TIMEOUT] = "no whole request in time",
        [REASON_BODY_TIMEOUT] = "no whole body in time",
        [REASON_IDLE_TIMEOUT] = "idle for too long",
        [REASON_SEND_TIMEOUT] = "took too little in time",
        [REASON_LINGER_TIMEOUT] = "did not close in time",
        [REASON_BROKEN] = "broken",
        [REASON_FILE] = "a file changed while it was sent",
        [REASON_MEMORY] = "out of memory",
        [REASON_CUT] = "cut short by the end of the drain",
        [REASON_ADDRESS] = "one too many of its address",
    };
    return text[reason];
}

const char *connection_reason_word(enum connection_reason reason)
{
    static const char *const word[REASON_COUNT] = {
        [REASON_NONE] = "none",
        [REASON_CLIENT] = "client",
        [REASON_REFUSED] = "refused",
        [REASON_DRAIN] = "drain",
        [REASON_HEAD_TIMEOUT] = "head_timeout",
        [REASON_BODY_TIMEOUT] = "body_timeout",
        [REASON_IDLE_TIMEOUT] = "idle_timeout",
        [REASON_SEND_TIMEOUT] = "send_timeout",
        [REASON_LINGER_TIMEOUT] = "linger_timeout",
        [REASON_BROKEN] = "broken",
        [REASON_FILE] = "file",
        [REASON_MEMORY] = "memory",
        [REASON_CUT] = "cut",
        [REASON_ADDRESS] = "address",
    };
    return word[reason];
}
