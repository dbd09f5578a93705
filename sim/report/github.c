/* For the log of a GitHub runner: the report for people, and an annotation for each scenario
 * with an unexpected result. Only the annotations are commands; no text from a file can become
 * one. */
#include "report-private.h"

#include <string.h>

#include "base/escape.h"

static void
append_escaped(GString *out, const char *text, gboolean property)
{
    g_autoptr(GString) plain = g_string_new(NULL);

    /* Line by line, since a message may have several; control characters within a line are
     * escaped. */
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(plain, '\n');
        sr_text_plain(plain, lines[i]);
    }
    sr_escape_github(out, plain->str, plain->len, property);
}

/* Returns: the line for the annotation: that of the expectation that was not met, or the first
 * line if there is none */
static uint32_t
choose_line(const SrReportCase *report_case)
{
    if (report_case->failed == report_case->expected) {
        for (guint i = 0; i < report_case->misses->len; i++) {
            uint32_t missed = g_array_index(report_case->misses, SrMiss, i).line;
            if (missed != 0)
                return missed;
        }
    }
    return MAX(report_case->expect_line, 1);
}

static const char *
choose_title(const SrReportCase *report_case)
{
    if (report_case->error != NULL)
        return "could not be run";
    for (guint i = 0; i < report_case->failures->len; i++) {
        const SrCaseFailure *failure = &g_array_index(report_case->failures, SrCaseFailure, i);
        if (!failure->expected)
            return sr_check_name(failure->check);
    }
    return "expectation not met";
}

/* Writes everything that a person needs who sees only the annotation. */
static void
append_message(GString *out, const SrReportCase *report_case)
{
    sr_text_unexpected(out, report_case);
    for (guint i = 0; i < report_case->failures->len; i++) {
        const SrCaseFailure *failure = &g_array_index(report_case->failures, SrCaseFailure, i);
        if (!failure->expected)
            g_string_append_printf(out, "\n%s: %s", sr_check_name(failure->check),
                                   failure->detail);
    }
    if (report_case->n_sufferers > 0) {
        g_string_append(out, "\nwho suffers: ");
        sr_text_sufferers(out, report_case);
    }
    for (guint i = 0; i < report_case->advice->len; i++)
        g_string_append_printf(out, "\nnote: %s.",
                               (const char *) g_ptr_array_index(report_case->advice, i));
    if (report_case->at_limit) {
        g_string_append_c(out, '\n');
        sr_text_limit(out, report_case->t);
    }
    g_string_append_printf(out, "\nreplay: %s", report_case->replay);
}

static void
append_command(GString *out, const SrReportCase *report_case)
{
    g_autoptr(GString) message = g_string_new(NULL);

    g_string_append(out, "::error file=");
    append_escaped(out, report_case->file, TRUE);
    g_string_append_printf(out, ",line=%u,title=", choose_line(report_case));
    append_escaped(out, choose_title(report_case), TRUE);
    g_string_append(out, "::");
    append_message(message, report_case);
    append_escaped(out, message->str, FALSE);
    g_string_append_c(out, '\n');
}

void
sr_report_github_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    sr_report_human_add(report, report_case, out);
    if (!report_case->as_expected)
        append_command(out, report_case);
}
