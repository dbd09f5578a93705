/* Fuzzing the reader of traces, and what is drawn from them: any bytes in; a fault with its
 * place, or a trace that is written the same again and drawn in each format.
 *
 * The digest of an input is made to fit, since no mutation would ever guess it. The traces of
 * tests/golden are a corpus to start from. */
#include "report/diagram.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean
append(void *data, const char *bytes, size_t n, GError **error)
{
    (void) error;
    g_string_append_len(data, bytes, (gssize) n);
    return TRUE;
}

static GString *
write_trace(const SrTrace *trace)
{
    const SrTraceHeader header = { trace->version, trace->scenario,     trace->source,
                                   trace->seed,    trace->own_provider, trace->own_signer };
    GString *out = g_string_new(NULL);
    g_autoptr(SrTraceWriter) writer = sr_trace_writer_new(&trace->names, append, out);
    char digest[33];

    sr_trace_writer_begin(writer, &header);
    for (size_t i = 0; i < trace->n_records; i++)
        sr_trace_writer_record(writer, &trace->records[i]);
    g_assert(sr_trace_writer_end(writer, &trace->end, digest, NULL));
    return out;
}

/* Nothing that is drawn controls a terminal or a reader. */
static void
check_visible(const GString *out)
{
    g_assert(g_utf8_validate(out->str, (gssize) out->len, NULL));
    for (const char *p = out->str; *p != '\0'; p++)
        g_assert((unsigned char) *p >= 0x20 || *p == '\n');
}

static void
draw(const SrTrace *trace, unsigned choice)
{
    const uint32_t nodes[] = { choice % trace->names.n_nodes };

    for (unsigned format = 0; format < SR_DIAGRAM_FORMAT_N; format++) {
        const SrDiagramOptions options = {
            .format = (SrDiagramFormat) format,
            .dark = choice & 1,
            .from = choice & 2 ? trace->end.t / 2 : 0,
            .to = choice & 4 ? trace->end.t : 0,
            .nodes = nodes,
            .n_nodes = choice & 8 ? 1 : 0,
            .steps = choice & 16 ? choice & 0xff : 0,
        };
        g_autoptr(GString) out = g_string_new(NULL);

        sr_diagram_write(trace, &options, out);
        check_visible(out);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char wrong[] = "the digest of the lines above is ";
    g_autofree char *text = g_malloc(size + 1);
    SrTraceFault fault;
    SrTrace *trace;

    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    trace = sr_trace_parse("trace", text, size, &fault);
    if (trace == NULL && g_str_has_prefix(fault.message, wrong)) {
        char *digest = g_strrstr(text, "\"digest\":\"");

        if (digest == NULL || memchr(text, '\0', size) != NULL) {
            sr_trace_fault_clear(&fault);
            return 0;
        }
        memcpy(digest + strlen("\"digest\":\""), fault.message + strlen(wrong), 32);
        sr_trace_fault_clear(&fault);
        trace = sr_trace_parse("trace", text, size, &fault);
    }
    if (trace == NULL) {
        g_autoptr(GString) message = g_string_new(fault.message);

        check_visible(message);
        g_assert(fault.system || (fault.line > 0 && fault.column > 0));
        sr_trace_fault_clear(&fault);
        return 0;
    }

    g_autoptr(GString) once = write_trace(trace);
    g_autoptr(SrTrace) again = sr_trace_parse("trace", once->str, once->len, &fault);
    g_assert(again != NULL);
    g_autoptr(GString) twice = write_trace(again);
    g_assert(strcmp(once->str, twice->str) == 0);
    draw(trace, (unsigned) size);
    sr_trace_free(trace);
    return 0;
}
