/* Fuzzing the reader of logs, and what judges them: any bytes in; a fault with its place, or a
 * verdict that is told in each format.
 *
 * The first byte chooses how the log is judged. Only the traces of tests/golden and the small
 * logs of corpus-log are worth starting from: what they have in common is quickly found. */
#include <string.h>

#include "report/verified-report.h"
#include "session-race/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing that is printed controls a terminal. */
static void
check_visible(const char *text)
{
    g_assert(g_utf8_validate(text, -1, NULL));
    for (const char *p = text; *p != '\0'; p++)
        g_assert((unsigned char) *p >= 0x20 || *p == '\n');
}

static void
tell(const SrTrace *trace, const SrVerified *found)
{
    static const char *const files[] = { "log" };
    const SrVerifiedCase it = {
        .files = files, .n_files = 1, .trace = trace, .verified = found
    };
    const SrStyle style = { .columns = SR_STYLE_COLUMNS };
    g_autoptr(GString) human = g_string_new(NULL), json = g_string_new(NULL);

    sr_verified_human(&it, false, &style, human);
    check_visible(human->str);
    sr_verified_json(&it, json);
    check_visible(json->str);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned choice = size > 0 ? data[0] : 0;
    const SrVerifyOptions options = { .partial = choice & 1, .unordered = choice & 2 };
    SrTraceFault fault;
    SrTrace *trace;

    if (size == 0)
        return 0;
    trace = sr_trace_parse_log("log", (const char *) data + 1, size - 1, &fault);
    if (trace == NULL) {
        g_assert(fault.system || (fault.line > 0 && fault.column > 0));
        check_visible(fault.message);
        sr_trace_fault_clear(&fault);
        return 0;
    }
    /* Judged as if it were a trace of ours, too: those are read as strictly as they are judged. */
    trace->complete = choice & 4;
    g_autoptr(SrVerified) found = sr_verify(trace, &options);
    g_assert(found->explained == (found->why == NULL));
    g_assert(found->n_explained <= found->n_records);
    tell(trace, found);
    sr_trace_free(trace);
    return 0;
}
