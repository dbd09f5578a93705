/* Fuzzes the reader of what a provider of somebody else's says: any bytes are a reply in the
 * documented shape, or refused with a sentence. What is read keeps its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "exec/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_answer(const SrExecAnswer *answer)
{
    if ((answer->key.text != NULL) + (answer->token.text != NULL) +
            (answer->error.text != NULL) !=
        1)
        abort();
    if (answer->id < 1 || answer->id > UINT32_MAX)
        abort();
    if (answer->key.text != NULL && strnlen(answer->key.text, answer->key.length + 1) >
                                        answer->key.length)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static SrExecReply reply; /* kept, as in a run */
    g_autoptr(GString) why = g_string_new(NULL);

    if (!sr_exec_reply_read(&reply, (const char *) data, size, why)) {
        if (why->len == 0 || !g_utf8_validate(why->str, (gssize) why->len, NULL))
            abort();
        return 0;
    }
    for (guint i = 0; i < reply.answers->len; i++)
        check_answer(&g_array_index(reply.answers, SrExecAnswer, i));
    for (guint i = 0; i < reply.waits->len; i++)
        if (g_array_index(reply.waits, SrExecWait, i).ns > SR_SPAN_MAX + 1)
            abort();
    return 0;
}
