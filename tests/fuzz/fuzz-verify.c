/* Fuzzing the reader of logs, and what judges them: any bytes in; a fault with its place, or a
 * verdict that is told in each format.
 *
 * The first byte chooses how the log is judged. Only small logs are worth starting from: what they
 * have in common with traces of the program is quickly found. */
#include "fuzz.h"
#include "report/verified-report.h"
#include "session-race/verify.h"

/* A log that can be read in many ways costs as much as it is allowed to. */
#define TRIES 50u

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
    fuzz_check_told(human);
    sr_verified_json(&it, json);
    fuzz_check_told(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned choice = size > 0 ? data[0] : 0;
    const SrVerifyOptions options = { .partial = choice & 1,
                                      .unordered = choice & 2,
                                      .tries = TRIES };
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = NULL;
    g_autoptr(SrVerified) found = NULL;

    if (size == 0)
        return 0;
    trace = sr_trace_parse_log("log", (const char *) data + 1, size - 1, &fault);
    if (trace == NULL) {
        g_assert(fault.system || (fault.line > 0 && fault.column > 0));
        fuzz_check_visible(fault.message, strlen(fault.message));
        sr_trace_fault_clear(&fault);
        return 0;
    }
    /* Judged as if it were a trace of ours, too: those are read as strictly as they are judged. */
    trace->complete = choice & 4;
    found = sr_verify(trace, &options);
    g_assert(found->explained == (found->why == NULL));
    g_assert(found->n_explained <= found->n_records);
    tell(trace, found);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return fuzz_mutate(data, size, max_size, seed, NULL);
}
