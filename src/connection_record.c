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
        [REASON_SEND_TIMEOUT] = "took no byte in time",
        [REASON_LINGER_TIMEOUT] = "did not close in time",
        [REASON_BROKEN] = "broken",
        [REASON_FILE] = "a file changed while it was sent",
        [REASON_MEMORY] = "out of memory",
        [REASON_CUT] = "cut short by the end of the drain",
        [REASON_ADDRESS] = "one too many of its address",
    };
    return text[reason];
}
