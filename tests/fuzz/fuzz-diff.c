/* Fuzzing `diff`: two logs in one input, the second from the second line of the type trace on. Their
 * first difference is told in both formats; each is equal to itself. */
#include "fuzz.h"
#include "report/trace-diff.h"

static void
tell(const SrTraceDiff *found, unsigned choice)
{
    const SrStyle style = { .columns = choice & 1 ? SR_STYLE_COLUMNS : 0 };
    unsigned context = choice >> 1 & 7;
    g_autoptr(GString) human = g_string_new(NULL), json = g_string_new(NULL);

    sr_trace_diff_human(found, context, &style, human);
    fuzz_check_told(human);
    sr_trace_diff_json(found, context, "session-race", json);
    fuzz_check_told(json);
}

/* Returns: (transfer full) (nullable) */
static SrTrace *
parse(const char *path, const char *text, size_t length)
{
    SrTraceFault fault;
    SrTrace *trace = sr_trace_parse_log(path, text, length, &fault);

    if (trace == NULL)
        sr_trace_fault_clear(&fault);
    return trace;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char begin[] = "\n{\"type\":\"trace\"";
    const char *text = (const char *) data;
    const char *second = size == 0 ? NULL : memmem(text, size, begin, strlen(begin));
    size_t length = second == NULL ? size : (size_t) (second - text) + 1;
    g_autoptr(SrTrace) a = parse("a", text, length);
    g_autoptr(SrTrace) b = a == NULL ? NULL : parse("b", text + length, size - length);
    unsigned choice = fuzz_choice(data, size);
    SrTraceDiff found;

    if (a == NULL)
        return 0;
    found = sr_trace_diff(a, a);
    g_assert(found.equal && found.same_header);
    if (b == NULL) {
        tell(&found, choice);
        return 0;
    }
    found = sr_trace_diff(a, b);
    g_assert(sr_trace_diff(b, a).equal == found.equal);
    g_assert(found.equal || found.record <= MIN(a->n_records, b->n_records));
    tell(&found, choice);
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return fuzz_mutate(data, size, max_size, seed, NULL);
}
