/* Where two traces part: the first record that is not the same in both, what the nodes concerned
 * did before, and what the first lines say that may be the reason.
 *
 * Records are compared as they are written, since names have other numbers in another trace.
 *
 * The JSON: one object; what does not apply is left out.
 *   format    "session-race-diff"
 *   version   1
 *   program   "session-race VERSION"
 *   equal     whether all records and the last lines are the same
 *   header    {version?, scenario?, source?, seed?}: [a, b] of what the first lines do not have in
 *             common
 *   record    the number of the first record that is not the same, from 1
 *   common    [{line, what}]: what led to it, the last of the nodes concerned; `what` is the record
 *   a, b      {file, events, line?, what?}: that record in each trace; without one it ends there */
#include "report/trace-diff.h"

#include <string.h>

#include "base/whole-file.h"
#include "report-private.h"
#include "session-race/trace-writer.h"

static bool
is_same_text(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static bool
is_same_record(const SrTrace *a, const SrTrace *b, size_t i, GString *left, GString *right)
{
    g_string_truncate(left, 0);
    g_string_truncate(right, 0);
    sr_record_format(&a->records[i], &a->names, left);
    sr_record_format(&b->records[i], &b->names, right);
    return strcmp(left->str, right->str) == 0 && is_same_text(a->details[i], b->details[i]);
}

SrTraceDiff
sr_trace_diff(const SrTrace *a, const SrTrace *b)
{
    g_autoptr(GString) left = g_string_new(NULL), right = g_string_new(NULL);
    SrTraceDiff diff = {
        .traces = { a, b },
        .same_header = is_same_text(a->version, b->version) &&
                       is_same_text(a->scenario, b->scenario) &&
                       is_same_text(a->source, b->source) && a->seed == b->seed,
    };
    size_t n = MIN(a->n_records, b->n_records);

    /* Equal digests say that all lines are the same. */
    if (a->complete && b->complete && a->n_records == b->n_records &&
        strcmp(a->digest, b->digest) == 0)
        diff.record = n;
    while (diff.record < n && is_same_record(a, b, diff.record, left, right))
        diff.record++;
    diff.equal = diff.record == a->n_records && diff.record == b->n_records &&
                 a->end.t == b->end.t && a->end.failed == b->end.failed;
    return diff;
}

/* ---- what led to it ---- */

/* Returns: whether @record, of trace @a, concerns a node at which the traces differ */
static bool
concerns(const SrTraceDiff *diff, const SrRecord *record)
{
    for (unsigned k = 0; k < 2; k++) {
        const SrTrace *trace = diff->traces[k];
        char name[SR_NODE_NAME_MAX], other[SR_NODE_NAME_MAX];
        size_t length, its;

        if (diff->record >= trace->n_records)
            continue;
        length = trace->names.node(trace->names.data, trace->records[diff->record].node, name);
        its = diff->traces[0]->names.node(diff->traces[0]->names.data, record->node, other);
        if (length == its && memcmp(name, other, length) == 0)
            return true;
    }
    return false;
}

/* Returns: (element-type size_t): the last @n common records of the nodes concerned */
static GArray *
find_context(const SrTraceDiff *diff, unsigned n)
{
    GArray *backwards = g_array_new(FALSE, FALSE, sizeof(size_t));

    for (size_t i = diff->record; i-- > 0 && backwards->len < n;)
        if (concerns(diff, &diff->traces[0]->records[i]))
            g_array_prepend_val(backwards, i);
    return backwards;
}

/* ---- for people ---- */

static void
append_member(GString *out, const char *name, const char *a, const char *b)
{
    if (is_same_text(a, b))
        return;
    g_string_append_printf(out, "  %-8s  a: ", name);
    sr_text_plain(out, a != NULL ? a : "(none)");
    g_string_append(out, "\n            b: ");
    sr_text_plain(out, b != NULL ? b : "(none)");
    g_string_append_c(out, '\n');
}

static void
append_header(GString *out, const SrTraceDiff *diff)
{
    const SrTrace *a = diff->traces[0], *b = diff->traces[1];
    char seeds[2][24];

    if (diff->same_header)
        return;
    g_snprintf(seeds[0], sizeof seeds[0], "%" PRIu64, a->seed);
    g_snprintf(seeds[1], sizeof seeds[1], "%" PRIu64, b->seed);
    g_string_append(out, "\nthe first lines differ:\n");
    append_member(out, "version", a->version, b->version);
    append_member(out, "scenario", a->scenario, b->scenario);
    append_member(out, "source", a->source, b->source);
    append_member(out, "seed", seeds[0], seeds[1]);
}

static void
append_record(GString *out, const char *mark, const SrTrace *trace, size_t i,
              const SrStyle *style)
{
    gsize start = out->len;
    unsigned hang;
    const SrRecord *record = &trace->records[i];
    char name[SR_NODE_NAME_MAX];
    g_autofree char *node =
        g_strndup(name, trace->names.node(trace->names.data, record->node, name));
    g_autoptr(GString) what = g_string_new(NULL);
    uint64_t line;

    sr_trace_place(trace, i, &line);
    sr_record_sentence(record, &trace->names, what);
    g_string_append_printf(out, "  %s  line %-5" PRIu64 "  ", mark, line);
    if (trace->complete) {
        g_autoptr(GString) t = g_string_new(NULL);

        sr_span_show(t, record->t);
        g_string_append_printf(out, "%10s  ", t->str);
    }
    hang = (unsigned) (out->len - start);
    sr_text_plain(out, node);
    g_string_append(out, "  ");
    sr_text_plain(out, what->str);
    sr_style_end_line(style, start, hang + 2, out);
}

static void
append_side(GString *out, const SrTraceDiff *diff, unsigned k, const SrStyle *style)
{
    const SrTrace *trace = diff->traces[k];
    const char *mark = k == 0 ? "a" : "b";
    g_autoptr(GString) text = g_string_new(NULL), t = g_string_new(NULL);

    if (diff->record < trace->n_records) {
        append_record(out, mark, trace, diff->record, style);
        sr_record_format(&trace->records[diff->record], &trace->names, text);
        g_string_append(out, "     ");
        sr_text_plain(out, text->str);
        g_string_append_c(out, '\n');
        return;
    }
    sr_span_show(t, trace->end.t);
    g_string_append_printf(out, "  %s  ends here", mark);
    if (trace->complete)
        g_string_append_printf(out, ", at %s, verdict %s", t->str, trace->end.verdict);
    g_string_append_c(out, '\n');
}

void
sr_trace_diff_human(const SrTraceDiff *diff, unsigned context, const SrStyle *style,
                    GString *out)
{
    g_autoptr(GArray) common = NULL;
    g_autofree char *part = NULL;

    for (unsigned k = 0; k < 2; k++) {
        g_string_append_printf(out, "%s: ", k == 0 ? "a" : "b");
        sr_text_plain(out, sr_whole_file_name(diff->traces[k]->path));
        g_string_append_printf(out, ", %zu events\n", diff->traces[k]->n_records);
    }
    if (diff->equal) {
        g_string_append_c(out, '\n');
        sr_style_paint(style, SR_COLOUR_GOOD, "the traces are equal", out);
        g_string_append_c(out, '\n');
        append_header(out, diff);
        return;
    }
    append_header(out, diff);
    if (context > 0 && diff->record > 0) {
        common = find_context(diff, context);
        g_string_append(out, "\nthe last that they have in common there:\n");
        for (guint i = 0; i < common->len; i++)
            append_record(out, " ", diff->traces[0], g_array_index(common, size_t, i), style);
    }
    g_string_append_c(out, '\n');
    part = g_strdup_printf("they part at event %zu:", diff->record + 1);
    sr_style_paint(style, SR_COLOUR_BAD, part, out);
    g_string_append_c(out, '\n');
    append_side(out, diff, 0, style);
    append_side(out, diff, 1, style);
}

/* ---- for programs ---- */

static void
append_pair(GString *out, bool *first, const char *name, const char *a, const char *b)
{
    if (is_same_text(a, b))
        return;
    g_string_append_printf(out, "%s\"%s\": [", *first ? "" : ", ", name);
    sr_text_json(out, a != NULL ? a : "");
    g_string_append(out, ", ");
    sr_text_json(out, b != NULL ? b : "");
    g_string_append_c(out, ']');
    *first = false;
}

static void
append_json_header(GString *out, const SrTraceDiff *diff)
{
    const SrTrace *a = diff->traces[0], *b = diff->traces[1];
    char seeds[2][24];
    bool first = true;

    if (diff->same_header)
        return;
    g_snprintf(seeds[0], sizeof seeds[0], "%" PRIu64, a->seed);
    g_snprintf(seeds[1], sizeof seeds[1], "%" PRIu64, b->seed);
    g_string_append(out, ", \"header\": {");
    append_pair(out, &first, "version", a->version, b->version);
    append_pair(out, &first, "scenario", a->scenario, b->scenario);
    append_pair(out, &first, "source", a->source, b->source);
    append_pair(out, &first, "seed", seeds[0], seeds[1]);
    g_string_append_c(out, '}');
}

static void
append_json_record(GString *out, const SrTrace *trace, size_t i)
{
    g_autoptr(GString) text = g_string_new(NULL);
    uint64_t line;

    sr_trace_place(trace, i, &line);
    sr_record_format(&trace->records[i], &trace->names, text);
    g_string_append_printf(out, "\"line\": %" PRIu64 ", \"what\": ", line);
    sr_text_json(out, text->str);
}

static void
append_json_side(GString *out, const SrTraceDiff *diff, unsigned k)
{
    const SrTrace *trace = diff->traces[k];

    g_string_append_printf(out, ", \"%s\": {\"file\": ", k == 0 ? "a" : "b");
    sr_text_json(out, trace->path);
    g_string_append_printf(out, ", \"events\": %zu", trace->n_records);
    if (diff->record < trace->n_records) {
        g_string_append(out, ", ");
        append_json_record(out, trace, diff->record);
    }
    g_string_append_c(out, '}');
}

void
sr_trace_diff_json(const SrTraceDiff *diff, unsigned context, const char *program, GString *out)
{
    g_string_append_printf(out,
                           "{\"format\": \"session-race-diff\", \"version\": 1, \"program\": ");
    sr_text_json(out, program);
    g_string_append_printf(out, ", \"equal\": %s", diff->equal ? "true" : "false");
    append_json_header(out, diff);
    if (!diff->equal) {
        g_autoptr(GArray) common = find_context(diff, context);

        g_string_append_printf(out, ", \"record\": %zu, \"common\": [", diff->record + 1);
        for (guint i = 0; i < common->len; i++) {
            g_string_append(out, i == 0 ? "{" : ", {");
            append_json_record(out, diff->traces[0], g_array_index(common, size_t, i));
            g_string_append_c(out, '}');
        }
        g_string_append_c(out, ']');
        append_json_side(out, diff, 0);
        append_json_side(out, diff, 1);
    }
    g_string_append(out, "}\n");
}
