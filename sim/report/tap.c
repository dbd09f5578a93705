/* TAP 13: one test per scenario, with a YAML block, without subtests. `prove` refuses version
 * 14, and meson's parser knows no subtests. Strings in the block are JSON strings, which are
 * valid YAML. */
#include "report-private.h"

void
sr_report_tap_begin(SrReport *report, GString *out)
{
    g_string_append_printf(out, "TAP version 13\n1..%u\n", report->options.n_cases);
}

/* An unescaped `#` starts a directive: `# TODO` in a file's name would turn a failure into a
 * success. */
static void
append_description(GString *out, const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    sr_text_plain(plain, text);
    for (const char *p = plain->str; *p != '\0'; p++) {
        if (*p == '#' || *p == '\\')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
}

static void
append_checks(GString *out, const char *key, uint32_t mask)
{
    if (mask == 0) {
        g_string_append_printf(out, "  %s: []\n", key);
        return;
    }
    g_string_append_printf(out, "  %s:\n    - ", key);
    sr_text_checks(out, mask, "\n    - ");
    g_string_append_c(out, '\n');
}

/* Appends the member @key of a YAML block. */
static void
append_member(GString *out, const char *key, const char *value)
{
    sr_put_json(out, "  %-s: %s\n", key, value);
}

static void
append_misses(GString *out, const SrReportCase *report_case)
{
    if (report_case->misses->len > 0)
        g_string_append(out, "  misses:\n");
    for (guint i = 0; i < report_case->misses->len; i++) {
        const SrMiss *miss = &g_array_index(report_case->misses, SrMiss, i);
        g_string_append(out, "    - ");
        if (miss->line != 0)
            g_string_append_printf(out, "line: %u\n      ", miss->line);
        sr_put_json(out, "message: %s\n", miss->message);
    }
}

static void
append_sufferers(GString *out, const SrReportCase *report_case)
{
    if (report_case->sufferers->len > 0)
        g_string_append(out, "  suffers:\n");
    for (guint i = 0; i < report_case->sufferers->len; i++) {
        const SrCaseClient *client = &g_array_index(report_case->sufferers, SrCaseClient, i);
        sr_put_json(out, "    - client: %s\n      outcome: %s\n", client->name,
                    client->outcome);
        if (client->at != SR_TIME_NEVER)
            sr_put_plain(out, "      at: \"%ju\"\n", client->at);
    }
    if (report_case->n_sufferers > report_case->sufferers->len)
        g_string_append_printf(out, "  suffers_more: %u\n",
                               report_case->n_sufferers - report_case->sufferers->len);
}

/* Appends the list @key, if it has any element. */
static void
append_list(GString *out, const char *key, const GPtrArray *lines)
{
    if (lines->len > 0)
        g_string_append_printf(out, "  %s:\n", key);
    for (guint i = 0; i < lines->len; i++)
        sr_put_json(out, "    - %s\n", (const char *) g_ptr_array_index(lines, i));
}

static void
append_block(GString *out, const SrReportCase *report_case)
{
    const SrRunResult *result = &report_case->result;
    g_autoptr(GString) note = g_string_new(NULL), limit = g_string_new(NULL);

    g_string_append(out, "  ---\n");
    if (report_case->title[0] != '\0')
        append_member(out, "title", report_case->title);
    if (report_case->error != NULL) {
        append_member(out, "error", report_case->error);
    } else {
        g_string_append_printf(out, "  seed: \"%" PRIu64 "\"\n", result->seed);
        append_member(out, "digest", result->digest);
        append_checks(out, "expected", report_case->expected);
        append_checks(out, "failed", result->failed);
        for (guint i = 0; i < report_case->failures->len; i++) {
            const SrCaseFailure *failure =
                &g_array_index(report_case->failures, SrCaseFailure, i);
            append_member(out, sr_check_name(failure->check), failure->detail);
        }
        append_misses(out, report_case);
        append_sufferers(out, report_case);
        for (guint i = 0; i < report_case->advice->len; i++)
            g_string_append_printf(note, "%s%s.", i > 0 ? " " : "",
                                   (const char *) g_ptr_array_index(report_case->advice, i));
        if (note->len > 0)
            append_member(out, "note", note->str);
        for (unsigned i = 0; i < SR_CASE_SAID_N; i++)
            append_list(out, sr_case_said_words[i].name, report_case->said[i]);
        append_list(out, "differs", report_case->differs);
        if (report_case->judged_by != NULL)
            append_member(out, "judged_by", report_case->judged_by);
        sr_text_limit(limit, result->t);
        if (result->at_limit)
            append_member(out, "limit", limit->str);
    }
    append_member(out, "replay", report_case->replay);
    g_string_append(out, "  ...\n");
}

void
sr_report_tap_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    g_string_append_printf(out, "%s %u - ", report_case->as_expected ? "ok" : "not ok",
                           report->counts.n_cases + report->n_skipped);
    append_description(out, report_case->file);
    if (report_case->error != NULL) {
        g_string_append_printf(out, " # %s", sr_text_no_outcome(report_case));
    } else {
        sr_put_plain(out, " # %ju, ", report_case->result.t);
        sr_text_outcome(out, report_case);
    }
    g_string_append_c(out, '\n');
    append_block(out, report_case);
}

void
sr_report_tap_skip(SrReport *report, const char *file, const char *why, GString *out)
{
    g_string_append_printf(out, "ok %u - ", report->counts.n_cases + report->n_skipped);
    append_description(out, file);
    g_string_append_printf(out, " # SKIP %s\n", why);
}

void
sr_report_tap_end(SrReport *report, bool stopped, GString *out)
{
    if (stopped)
        g_string_append_printf(out, "Bail out! Stopped after %u of %u scenarios\n",
                               report->counts.n_cases, report->options.n_cases);
}
