/* For the log of a GitHub runner: the report for people, and an annotation for each scenario
 * with an unexpected result. Only the annotations are commands; no text from a file can become
 * one. */
#include "report-private.h"

#include "base/escape.h"

/* Appends @text for a command, line by line, since a message may have several; control characters
 * within a line are escaped. */
static void
append_escaped(GString *out, const char *text, gboolean property)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (size_t i = 0; lines[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(plain, '\n');
        sr_text_plain(plain, lines[i]);
    }
    sr_escape_github(out, plain->str, plain->len, property);
}

void
sr_put_annotation(GString *out, const char *file, const char *place, const char *title,
                  const char *message)
{
    g_string_append(out, "::error file=");
    append_escaped(out, file, TRUE);
    g_string_append(out, place);
    if (title != NULL)
        append_escaped(out, title, TRUE);
    g_string_append(out, "::");
    append_escaped(out, message, FALSE);
    g_string_append_c(out, '\n');
}

/* Returns: the line for the annotation: that of the expectation that was not met, or the first
 * line if there is none */
static uint32_t
choose_line(const SrReportCase *report_case)
{
    if (report_case->result.failed == report_case->expected) {
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
        return sr_text_no_outcome(report_case);
    for (guint i = 0; i < report_case->failures->len; i++) {
        const SrCaseFailure *failure = &g_array_index(report_case->failures, SrCaseFailure, i);
        if (!failure->expected)
            return sr_check_name(failure->check);
    }
    return "expectation not met";
}

static void
tell(void *data, const char *before, const char *line)
{
    sr_put_plain(data, "\n%-s%s", before, line);
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
    for (guint i = 0; i < report_case->sufferers->len; i++)
        sr_put_plain(out, "%-s%s", i > 0 ? ", " : "\nwho suffers: ",
                     g_array_index(report_case->sufferers, SrCaseClient, i).name);
    if (report_case->n_sufferers > report_case->sufferers->len)
        g_string_append_printf(out, " … and %u more",
                               report_case->n_sufferers - report_case->sufferers->len);
    for (guint i = 0; i < report_case->advice->len; i++)
        g_string_append_printf(out, "\nnote: %s.",
                               (const char *) g_ptr_array_index(report_case->advice, i));
    sr_report_tell_provider(report_case, tell, out);
    if (report_case->result.at_limit) {
        g_string_append_c(out, '\n');
        sr_text_limit(out, report_case->result.t);
    }
    g_string_append_printf(out, "\nreplay: %s", report_case->replay);
}

void
sr_report_github_add(SrReport *report, const SrReportCase *report_case, GString *out)
{
    g_autoptr(GString) message = g_string_new(NULL);
    char place[32];

    sr_report_human_add(report, report_case, out);
    if (report_case->as_expected)
        return;
    append_message(message, report_case);
    g_snprintf(place, sizeof place, ",line=%u,title=", choose_line(report_case));
    sr_put_annotation(out, report_case->file, place, choose_title(report_case), message->str);
}
