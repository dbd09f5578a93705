/* Fuzzing the reader of traces, and what is drawn from them: any bytes in; a fault with its
 * place, or a trace that is written the same again and drawn in some format.
 *
 * Mutations keep the numbers of events and the digest right: else a few of a thousand would be
 * traces. */
#include "fuzz.h"
#include "report/diagram.h"

static GString *
write_trace(const SrTrace *trace)
{
    const SrTraceHeader header = { trace->version,      trace->scenario,     trace->source,
                                   trace->seed,         trace->own_provider, trace->own_signer,
                                   trace->server_ahead, trace->signer_ahead };
    GString *out = g_string_new(NULL);
    g_autoptr(SrTraceWriter) writer = sr_trace_writer_new(&trace->names, fuzz_append, out);
    char digest[33];

    sr_trace_writer_begin(writer, &header);
    for (size_t i = 0; i < trace->n_records; i++)
        sr_trace_writer_record(writer, &trace->records[i]);
    g_assert(sr_trace_writer_end(writer, &trace->end, digest, NULL));
    return out;
}

static void
draw(const SrTrace *trace, unsigned choice)
{
    const uint32_t nodes[] = { (choice >> 8) % trace->names.n_nodes };
    const SrDiagramOptions options = {
        .format = (SrDiagramFormat) ((choice >> 5) % SR_DIAGRAM_FORMAT_N),
        .dark = choice & 1,
        .from = choice & 2 ? trace->end.t / 2 : 0,
        .to = choice & 4 ? trace->end.t : 0,
        .nodes = nodes,
        .n_nodes = choice & 8 ? 1 : 0,
        .steps = choice & 16 ? choice >> 8 & 0xff : 0,
    };
    g_autoptr(GString) out = g_string_new(NULL);

    sr_diagram_write(trace, &options, out);
    fuzz_check_told(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SrTraceFault fault;
    g_autoptr(SrTrace) trace = sr_trace_parse("trace", (const char *) data, size, &fault);

    if (trace == NULL) {
        fuzz_check_visible(fault.message, strlen(fault.message));
        g_assert(fault.system || (fault.line > 0 && fault.column > 0));
        sr_trace_fault_clear(&fault);
        return 0;
    }

    g_autoptr(GString) once = write_trace(trace);
    g_autoptr(SrTrace) again = sr_trace_parse("trace", once->str, once->len, &fault);
    g_assert(again != NULL);
    g_autoptr(GString) twice = write_trace(again);
    g_assert(strcmp(once->str, twice->str) == 0);
    if (!sr_trace_keeps_verdict(trace, &fault))
        sr_trace_fault_clear(&fault);
    draw(trace, fuzz_choice(data, size));
    return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return fuzz_mutate(data, size, max_size, seed, fuzz_fit_trace);
}
