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
is_same_record(const SrTrace *a, const SrTrace *b, size_t i, GString *left, GString *right)
{
    g_string_truncate(left, 0);
    g_string_truncate(right, 0);
    sr_record_format(&a->records[i], &a->names, left);
    sr_record_format(&b->records[i], &b->names, right);
    return strcmp(left->str, right->str) == 0 && g_strcmp0(a->details[i], b->details[i]) == 0;
}

SrTraceDiff
sr_trace_diff(const SrTrace *a, const SrTrace *b)
{
    g_autoptr(GString) left = g_string_new(NULL), right = g_string_new(NULL);
    SrTraceDiff diff = {
        .traces = { a, b },
        .same_header = g_strcmp0(a->version, b->version) == 0 &&
                       g_strcmp0(a->scenario, b->scenario) == 0 &&
                       g_strcmp0(a->source, b->source) == 0 && a->seed == b->seed,
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
    g_autofree char *its = sr_names_node(&diff->traces[0]->names, record->node);

    for (unsigned k = 0; k < 2; k++) {
        const SrTrace *trace = diff->traces[k];
        g_autofree char *name = NULL;

        if (diff->record >= trace->n_records)
            continue;
        name = sr_names_node(&trace->names, trace->records[diff->record].node);
        if (strcmp(name, its) == 0)
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

#define MEMBERS_N 4

/* What the first lines do not have in common. */
typedef struct {
    const char *name;
    const char *a, *b; /* (nullable) */
} Member;

/* @seeds: takes the text of the seeds. Returns: how many members differ; those are listed */
static size_t
list_members(const SrTraceDiff *diff, char seeds[2][24], Member members[MEMBERS_N])
{
    const SrTrace *a = diff->traces[0], *b = diff->traces[1];
    const Member all[MEMBERS_N] = { { "version", a->version, b->version },
                                    { "scenario", a->scenario, b->scenario },
                                    { "source", a->source, b->source },
                                    { "seed", seeds[0], seeds[1] } };
    size_t n = 0;

    g_snprintf(seeds[0], 24, "%" PRIu64, a->seed);
    g_snprintf(seeds[1], 24, "%" PRIu64, b->seed);
    for (size_t i = 0; i < MEMBERS_N; i++)
        if (g_strcmp0(all[i].a, all[i].b) != 0)
            members[n++] = all[i];
    return n;
}

static void
append_header(GString *out, const SrTraceDiff *diff)
{
    Member members[MEMBERS_N];
    char seeds[2][24];
    size_t n = list_members(diff, seeds, members);

    if (diff->same_header)
        return;
    g_string_append(out, "\nthe first lines differ:\n");
    for (const Member *member = members; member < members + n; member++) {
        g_string_append_printf(out, "  %-8s  a: ", member->name);
        sr_put_plain(out, "%s\n            b: %s\n", member->a != NULL ? member->a : "(none)",
                     member->b != NULL ? member->b : "(none)");
    }
}

static void
append_record(GString *out, const char *mark, const SrTrace *trace, size_t i,
              const SrStyle *style)
{
    gsize start = out->len;
    unsigned hang;
    const SrRecord *record = &trace->records[i];
    g_autofree char *node = sr_names_node(&trace->names, record->node);
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
    sr_put_plain(out, "%s  %s", node, what->str);
    sr_style_end_line(style, start, hang + 2, out);
}

static void
append_side(GString *out, const SrTraceDiff *diff, unsigned k, const SrStyle *style)
{
    const SrTrace *trace = diff->traces[k];
    const char *mark = k == 0 ? "a" : "b";
    g_autoptr(GString) text = g_string_new(NULL);

    if (diff->record < trace->n_records) {
        append_record(out, mark, trace, diff->record, style);
        sr_record_format(&trace->records[diff->record], &trace->names, text);
        sr_put_plain(out, "     %s\n", text->str);
        return;
    }
    g_string_append_printf(out, "  %s  ends here", mark);
    if (trace->complete)
        sr_put_plain(out, ", at %ju, verdict %-s", trace->end.t, trace->end.verdict);
    g_string_append_c(out, '\n');
}

void
sr_trace_diff_human(const SrTraceDiff *diff, unsigned context, const SrStyle *style,
                    GString *out)
{
    g_autoptr(GArray) common = NULL;
    g_autofree char *part = NULL;

    for (unsigned k = 0; k < 2; k++)
        sr_put_plain(out, "%-s: %s, %zu events\n", k == 0 ? "a" : "b",
                     sr_whole_file_name(diff->traces[k]->path), diff->traces[k]->n_records);
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
append_json_header(GString *out, const SrTraceDiff *diff)
{
    Member members[MEMBERS_N];
    char seeds[2][24];
    size_t n = list_members(diff, seeds, members);

    if (diff->same_header)
        return;
    sr_put_json(out, ", 'header': {");
    for (const Member *member = members; member < members + n; member++)
        sr_put_json(out, ", '%-s': [%s, %s]", member->name, member->a != NULL ? member->a : "",
                    member->b != NULL ? member->b : "");
    sr_put_json(out, "}");
}

static void
append_json_record(GString *out, const SrTrace *trace, size_t i)
{
    g_autoptr(GString) text = g_string_new(NULL);
    uint64_t line;

    sr_trace_place(trace, i, &line);
    sr_record_format(&trace->records[i], &trace->names, text);
    sr_put_json(out, ", 'line': %" PRIu64 ", 'what': %s", line, text->str);
}

void
sr_trace_diff_json(const SrTraceDiff *diff, unsigned context, const char *program, GString *out)
{
    g_autoptr(GArray) common = find_context(diff, diff->equal ? 0 : context);

    sr_put_json(out,
                "{'format': 'session-race-diff', 'version': 1, 'program': %s, 'equal': %-s",
                program, sr_text_bool(diff->equal));
    append_json_header(out, diff);
    if (!diff->equal) {
        sr_put_json(out, ", 'record': %zu, 'common': [", diff->record + 1);
        for (guint i = 0; i < common->len; i++) {
            sr_put_json(out, ", {");
            append_json_record(out, diff->traces[0], g_array_index(common, size_t, i));
            sr_put_json(out, "}");
        }
        sr_put_json(out, "]");
        for (unsigned k = 0; k < 2; k++) {
            const SrTrace *trace = diff->traces[k];

            sr_put_json(out, ", '%-s': {'file': %s, 'events': %zu", k == 0 ? "a" : "b",
                        trace->path, trace->n_records);
            if (diff->record < trace->n_records)
                append_json_record(out, trace, diff->record);
            sr_put_json(out, "}");
        }
    }
    sr_put_json(out, "}\n");
}
