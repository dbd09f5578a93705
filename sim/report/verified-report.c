/* What a verification found: text for people, and an object for programs.
 *
 * The object of one log; what does not apply is left out:
 *   files         as they were given
 *   as_expected   every line is explained, and exactly the expected checks fail
 *   own           it is a whole trace of this program
 *   records, nodes
 *   explained     {records, unexplained?: {file?, line?, node, what?, why, allowed, nodes}}: how many
 *                 records are explained before the first that is not; what that is, why it cannot
 *                 be, what could ([{node, what}]), and how many nodes have such a line
 *   expected      the checks that the scenario expects to fail
 *   checks        [{check, verdict, file?, line?, detail?, lacking?}] in the order of the table;
 *                 the verdict is "holds", "fails" or "not-judged"
 *   notes         sentences */
#include "report/verified-report.h"

#include <string.h>

#include "base/whole-file.h"
#include "report-private.h"

bool
sr_verified_as_expected(const SrVerifiedCase *verified_case)
{
    return verified_case->verified->explained &&
           sr_verified_failed(verified_case->verified) == verified_case->expected;
}

/* ---- pieces ---- */

/* Returns: (transfer full): @record in words, its node first */
static char *
sentence(const SrTrace *trace, const SrRecord *record)
{
    GString *text = g_string_new(NULL);

    sr_record_sentence(record, &trace->names, text);
    return g_string_free(text, FALSE);
}

/* Appends "line 62", or "alice.ndjson:62" if there are several files. */
static void
append_line(GString *out, const SrTrace *trace, uint32_t record)
{
    uint64_t line;
    const char *path = sr_trace_place(trace, record, &line);

    if (trace->n_paths > 1) {
        sr_put_plain(out, "%s:%" PRIu64, sr_whole_file_name(path), line);
    } else {
        sr_put_plain(out, "line %" PRIu64, line);
    }
}

static char *
finding_sentence(const SrTrace *trace, const SrVerifiedCheck *check)
{
    GString *text = g_string_new(NULL);

    sr_detail_format(&check->finding, &trace->names, text);
    return g_string_free(text, FALSE);
}

/* ---- for people ---- */

static void
append_count(GString *out, const char *separator, unsigned n, const char *one,
             const char *several)
{
    if (n > 0)
        g_string_append_printf(out, "%s%u check%s", separator, n, n == 1 ? one : several);
}

static void
append_summary(GString *out, const SrVerifiedCase *it)
{
    const SrVerified *found = it->verified;
    unsigned n[SR_JUDGEMENT_NONE + 1] = { 0 };

    for (unsigned i = 0; i < SR_CHECK_N; i++)
        n[found->checks[i].judgement]++;
    if (found->explained) {
        g_string_append_printf(out, "%u lines, all explained", found->n_records);
    } else if (found->record == SR_VERIFIED_END) {
        g_string_append(out, "the end is not explained");
    } else {
        append_line(out, it->trace, found->record);
        g_string_append(out, " is not explained");
    }
    append_count(out, "; ", n[SR_JUDGEMENT_FAILS], " fails", "s fail");
    append_count(out, "; ", n[SR_JUDGEMENT_HOLDS], " holds", "s hold");
    if (sr_verified_says_nothing(found))
        g_string_append(out, "; nothing to judge");
    else if (n[SR_JUDGEMENT_NOT_JUDGED] > 0)
        g_string_append_printf(out, "; %u not judged", n[SR_JUDGEMENT_NOT_JUDGED]);
    if (sr_verified_as_expected(it) && it->expected != 0)
        g_string_append(out, " (as the scenario expects)");
    g_string_append_c(out, '\n');
}

static void
append_record(GString *out, const SrTrace *trace, const SrRecord *record)
{
    g_autofree char *name = sr_names_node(&trace->names, record->node);
    g_autofree char *what = sentence(trace, record);

    sr_put_plain(out, "%s %s", name, what);
}

static void
append_unexplained(GString *out, const SrVerifiedCase *it, const SrStyle *style)
{
    static const char allowed[] = "        allowed:  ", or_else[] = "              or: ";
    const SrVerified *found = it->verified;
    gsize start;

    g_string_append_c(out, '\n');
    start = out->len;
    g_string_append(out, "      ");
    if (found->record == SR_VERIFIED_END) {
        g_string_append(out, "at the end");
    } else {
        append_line(out, it->trace, found->record);
        g_string_append(out, ": ");
        append_record(out, it->trace, &it->trace->records[found->record]);
    }
    sr_style_end_line(style, start, strlen("        "), out);
    sr_put_line(out, style, sizeof allowed - 1, "        why not:  %s", found->why);
    for (unsigned i = 0; i < found->n_allowed; i++) {
        start = out->len;
        g_string_append(out, i == 0 ? allowed : or_else);
        append_record(out, it->trace, &found->allowed[i]);
        sr_style_end_line(style, start, sizeof allowed - 1, out);
    }
    sr_put_plain(out, "        explained before it: %u of %u lines", found->n_explained,
                 found->n_records);
    if (found->n_nodes_unexplained > 1)
        sr_put_plain(out, "; %u nodes have lines that are not", found->n_nodes_unexplained);
    g_string_append_c(out, '\n');
}

#define CHECK_COLUMNS 26

/* Whether it is @found's lines of the encryption provider alone that do not show what @id looks
 * at. */
static bool
needs_others(const SrVerified *found, SrCheckId id)
{
    return found->only_provider && id != SR_CHECK_KEY_FOUND && id != SR_CHECK_HINT_STABLE &&
           id != SR_CHECK_PROVIDER_ANSWERS;
}

/* What is not judged since the log has lines of the encryption provider alone: one line for all. */
static void
append_others(GString *out, const SrVerified *found, const SrStyle *style)
{
    gsize start = out->len;
    unsigned n = 0;

    for (unsigned i = 0; i < SR_CHECK_N; i++)
        n += found->checks[i].judgement == SR_JUDGEMENT_NOT_JUDGED &&
             needs_others(found, (SrCheckId) i);
    if (n == 0)
        return;
    g_string_append_printf(out,
                           "      %-*s  not judged: the log has no lines of the server and "
                           "of clients",
                           CHECK_COLUMNS, "the others");
    sr_style_end_line(style, start, 6 + CHECK_COLUMNS + 2, out);
}

static void
append_check(GString *out, const SrVerifiedCase *it, SrCheckId id, const SrStyle *style)
{
    const SrVerifiedCheck *check = &it->verified->checks[id];
    gsize start = out->len;

    if (check->judgement == SR_JUDGEMENT_NONE ||
        (check->judgement == SR_JUDGEMENT_NOT_JUDGED && needs_others(it->verified, id)))
        return;
    g_string_append_printf(out, "      %-*s  ", CHECK_COLUMNS, sr_check_name(id));
    switch ((SrJudgement) check->judgement) {
    case SR_JUDGEMENT_NONE:
    case SR_JUDGEMENT_HOLDS:
        g_string_append(out, "holds");
        break;
    case SR_JUDGEMENT_NOT_JUDGED:
        g_string_append_printf(out, "not judged: the log has %s", check->lacking);
        break;
    case SR_JUDGEMENT_FAILS: {
        g_autofree char *detail = finding_sentence(it->trace, check);

        if (it->expected >> id & 1)
            sr_style_paint(style, SR_COLOUR_SOFT, "fails as expected", out);
        else
            sr_style_paint(style, SR_COLOUR_BAD, "FAILS", out);
        g_string_append(out, ", ");
        if (check->record == SR_VERIFIED_END)
            g_string_append(out, "at the end");
        else
            append_line(out, it->trace, check->record);
        sr_put_plain(out, ": %s", detail);
        break;
    }
    }
    sr_style_end_line(style, start, 6 + CHECK_COLUMNS + 2, out);
}

void
sr_verified_human(const SrVerifiedCase *it, bool quiet, const SrStyle *style, GString *out)
{
    bool good = sr_verified_as_expected(it),
         says_nothing = sr_verified_says_nothing(it->verified);

    if (good && quiet && !says_nothing)
        return;
    sr_style_paint(style,
                   says_nothing ? SR_COLOUR_SOFT
                   : good       ? SR_COLOUR_GOOD
                                : SR_COLOUR_BAD,
                   says_nothing ? "--    "
                   : good       ? "ok    "
                                : "FAIL  ",
                   out);
    sr_text_plain(out, sr_whole_file_name(it->files[0]));
    if (it->n_files > 1)
        sr_put_plain(out, " and %u more", it->n_files - 1);
    g_string_append(out, "  ");
    append_summary(out, it);
    for (guint i = 0; i < it->verified->notes->len; i++)
        sr_put_line(out, style, strlen("      note: "), "      note: %s",
                    (const char *) g_ptr_array_index(it->verified->notes, i));
    if (!it->verified->explained)
        append_unexplained(out, it, style);
    g_string_append_printf(out, "\n      %-*s  verdict\n", CHECK_COLUMNS, "check");
    for (unsigned i = 0; i < SR_CHECK_N; i++)
        append_check(out, it, (SrCheckId) i, style);
    append_others(out, it->verified, style);
}

/* ---- for programs ---- */

static void
append_place(GString *out, const SrTrace *trace, uint32_t record)
{
    uint64_t line;
    const char *path = sr_trace_place(trace, record, &line);

    sr_put_json(out, ", 'file': %s, 'line': %" PRIu64, path, line);
}

static void
append_what(GString *out, const SrTrace *trace, const SrRecord *record)
{
    g_autofree char *name = sr_names_node(&trace->names, record->node);
    g_autofree char *what = sentence(trace, record);

    sr_put_json(out, ", 'node': %s, 'what': %s", name, what);
}

static void
append_explained(GString *out, const SrVerifiedCase *it)
{
    const SrVerified *found = it->verified;

    sr_put_json(out, ", 'explained': {'records': %u", found->n_explained);
    if (!found->explained) {
        sr_put_json(out, ", 'unexplained': {");
        if (found->record == SR_VERIFIED_END) {
            g_autofree char *name = sr_names_node(&it->trace->names, found->node);

            sr_put_json(out, "'node': %s", name);
        } else {
            append_place(out, it->trace, found->record);
            append_what(out, it->trace, &it->trace->records[found->record]);
        }
        sr_put_json(out, ", 'why': %s, 'allowed': [", found->why);
        for (unsigned i = 0; i < found->n_allowed; i++) {
            sr_put_json(out, ", {");
            append_what(out, it->trace, &found->allowed[i]);
            sr_put_json(out, "}");
        }
        sr_put_json(out, "], 'nodes': %u}", found->n_nodes_unexplained);
    }
    sr_put_json(out, "}");
}

static void
append_json_checks(GString *out, const SrVerifiedCase *it)
{
    static const char *const verdicts[] = { "holds", "fails", "not-judged" };

    sr_put_json(out, ", 'checks': [");
    for (unsigned i = 0; i < SR_CHECK_N; i++) {
        const SrVerifiedCheck *check = &it->verified->checks[i];

        if (check->judgement == SR_JUDGEMENT_NONE)
            continue;
        sr_put_json(out, ", {'check': %s, 'verdict': %s", sr_check_name((SrCheckId) i),
                    verdicts[check->judgement]);
        if (check->judgement == SR_JUDGEMENT_FAILS) {
            g_autofree char *detail = finding_sentence(it->trace, check);

            if (check->record != SR_VERIFIED_END)
                append_place(out, it->trace, check->record);
            sr_put_json(out, ", 'detail': %s", detail);
        } else if (check->judgement == SR_JUDGEMENT_NOT_JUDGED) {
            sr_put_json(out, ", 'lacking': %s", check->lacking);
        }
        sr_put_json(out, "}");
    }
    sr_put_json(out, "]");
}

void
sr_verified_json(const SrVerifiedCase *it, GString *out)
{
    const SrVerified *found = it->verified;

    sr_put_json(out, "{'files': [");
    for (unsigned i = 0; i < it->n_files; i++)
        sr_put_json(out, ", %s", it->files[i]);
    sr_put_json(out, "], 'as_expected': %-s, 'own': %-s, 'records': %u, 'nodes': %u",
                sr_text_bool(sr_verified_as_expected(it)), sr_text_bool(it->trace->complete),
                found->n_records, it->trace->names.n_nodes);
    append_explained(out, it);
    if (it->has_expected)
        sr_put_json_checks(out, "expected", it->expected);
    append_json_checks(out, it);
    sr_put_json(out, ", 'notes': [");
    for (guint i = 0; i < found->notes->len; i++)
        sr_put_json(out, ", %s", (const char *) g_ptr_array_index(found->notes, i));
    sr_put_json(out, "]}");
}
